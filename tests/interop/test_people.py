"""People, signers and robots with stock clients: each logs in with what they have, and may what their role says."""

import base64
import json
import shutil

import pytest

from interop.conftest import require
from interop.docker_client import DockerClient
from interop.processes import run

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


@pytest.fixture
def people(server, cli, engine, tmp_path, repository):
    """Makes accounts with a role in `team`, each with a docker of their own that is logged in."""

    def make(name, role, namespace="team"):
        unique = f"{name}-{repository.rpartition('/')[2]}"
        password = f"{unique}-password"
        server.inkan("user-add", unique, "--password-stdin", stdin=password.encode())
        server.inkan("policy-add", role, unique, "--namespace", namespace)
        client = DockerClient(cli, tmp_path / unique, engine)
        client.name, client.password = unique, password
        words = ("login", server.host, "-u", unique, "--password-stdin")
        client(*words, stdin=password.encode())
        return client

    return make


@pytest.fixture
def robot(server, repository):
    """A service id that may push and pull, and its key."""
    name = f"robot-{repository.rpartition('/')[2]}"
    server.inkan("service-id-add", name)
    server.inkan("policy-add", "pusher", name, "--namespace", "team")
    made = json.loads(server.inkan("api-key-create", "ci", "--for", name, "-o", "json").out)
    return name, made["id"], made["api_key"]


def test_docker_keeps_no_password_and_a_signer_signs_what_another_pushed(
    server, people, repository, owner
):
    """Signer without push right: the builder pushes, the signer signs, neither can do what the other does."""
    builder, signer = people("builder", "pusher"), people("signer", "signer")
    kept = json.loads((signer.home / "config.json").read_text())["auths"][server.host]
    assert kept["identitytoken"].startswith("ir_")
    assert signer.password not in base64.b64decode(kept["auth"]).decode()
    builder.make_image(f"{repository}:1.0", b"built")
    builder("push", f"{repository}:1.0")
    refused = builder("trust", "sign", f"{repository}:1.0", check=False)
    assert refused.code != 0
    builder("rmi", f"{repository}:1.0")
    owner("pull", f"{repository}:1.0")
    for person, name in ((owner, "owner"), (signer, "sig")):
        person("trust", "key", "generate", name, "--dir", person.home)
        key = person.home / f"{name}.pub"
        owner("trust", "signer", "add", "--key", key, name, repository)
    # docker pushes what nobody has signed yet; once somebody has, the next signer only signs
    owner("trust", "sign", f"{repository}:1.0")
    signer("trust", "sign", f"{repository}:1.0")
    signers = [sorted(row["Signers"]) for row in owner.signatures(repository)["SignedTags"]]
    assert signers == [["owner", "sig"]]
    revoked = signer("trust", "revoke", "--yes", f"{repository}:1.0", check=False)
    assert revoked.code != 0, "taking signatures back needs the right to delete"
    signer.make_image(f"{repository}:2.0", b"sneaked in")
    refused = signer("push", f"{repository}:2.0", check=False)
    assert "no right to push" in refused.text or "denied" in refused.text


def test_S8_a_second_team_may_not_touch_the_first_teams_namespace(server, people, repository):
    writer = people("writer", "writer")
    writer.make_image(f"{repository}:1.0")
    writer("push", f"{repository}:1.0")
    server.inkan("namespace-add", "second", check=False)
    stranger = people("stranger", "writer", namespace="second")
    for words in (("push", f"{repository}:1.0"), ("pull", f"{repository}:1.0")):
        refused = stranger(*words, check=False)
        assert refused.code != 0
        assert "no right to" in refused.text or "denied" in refused.text


def test_a_robot_logs_in_by_its_key_with_docker_until_it_is_revoked(
    server, robot, cli, engine, tmp_path, repository
):
    _, key_id, key = robot
    client = DockerClient(cli, tmp_path / "robot", engine)
    client("login", server.host, "-u", "iamapikey", "--password-stdin", stdin=key.encode())
    client.make_image(f"{repository}:1.0", b"by a robot")
    client("push", f"{repository}:1.0")
    client("rmi", f"{repository}:1.0")
    client("pull", f"{repository}:1.0")
    listed = server.inkan("api-key-list", "--all").out
    assert next(line for line in listed.splitlines() if key_id in line).endswith("good")
    server.inkan("api-key-rm", key_id)
    client("rmi", f"{repository}:1.0")
    assert client("pull", f"{repository}:1.0", check=False).code != 0


def test_after_docker_logout_nothing_is_pulled(people, server, repository):
    writer = people("writer", "writer")
    writer.make_image(f"{repository}:1.0")
    writer("push", f"{repository}:1.0")
    writer("rmi", f"{repository}:1.0")
    writer("logout", server.host)
    assert writer("pull", f"{repository}:1.0", check=False).code != 0


def test_a_changed_password_ends_what_docker_has_kept(people, server, repository):
    writer = people("writer", "writer")
    writer.make_image(f"{repository}:1.0")
    writer("push", f"{repository}:1.0")
    server.inkan("user-passwd", writer.name, "--password-stdin", stdin=b"a new password")
    assert writer("push", f"{repository}:1.0", check=False).code != 0


def credentials_of(server, people, robot):
    """Yield each kind of credential as a user name and a password."""
    client = people("writer", "writer")
    yield client.name, client.password
    yield "iamapikey", robot[2]
    kept = json.loads((client.home / "config.json").read_text())["auths"][server.host]
    yield "iamrefresh", kept["identitytoken"]
    pair = base64.b64encode(f"{client.name}:{client.password}".encode()).decode()
    said = run(
        "curl", "-sS", "--cacert", server.ca, "-H", "@-", f"https://{server.host}/token?service=inkan",
        stdin=f"Authorization: Basic {pair}".encode(),
    )  # fmt: skip
    yield "iambearer", json.loads(said.out)["token"]


def test_podman_skopeo_and_notary_log_in_with_each_kind_of_credential(
    server, people, robot, repository, tmp_path, owner
):
    for program in ("podman", "skopeo", "notary"):
        require(shutil.which(program), f"{program} is not installed")
    owner.make_image(f"{repository}:1.0")
    owner("push", f"{repository}:1.0", trust=True)
    certificates = tmp_path / "certs"
    certificates.mkdir()
    shutil.copy(server.ca, certificates / "ca.crt")
    for number, (name, secret) in enumerate(credentials_of(server, people, robot)):
        for program in ("podman", "skopeo"):
            file = tmp_path / f"{program}{number}.json"
            run(
                program, "login", "--authfile", file, "--cert-dir", certificates,
                "-u", name, "--password-stdin", server.host, stdin=secret.encode(),
            )  # fmt: skip
            run(
                "skopeo", "inspect", "--authfile", file, "--cert-dir", certificates,
                f"docker://{repository}:1.0",
            )  # fmt: skip
        auth = base64.b64encode(f"{name}:{secret}".encode()).decode()
        notary = ("notary", "-s", server.trust_url, "--tlscacert", server.ca, "-d", tmp_path / f"n{number}")  # fmt: skip
        assert "1.0" in run(*notary, "list", repository, env={"NOTARY_AUTH": auth}).out


def test_anybody_pulls_from_a_public_namespace_and_nobody_else_pushes(
    server, owner, cli, engine, tmp_path, repository
):
    public = f"open-{repository.rpartition('/')[2]}"
    server.inkan("namespace-add", public, "--public")
    image = f"{server.host}/{public}/app:1.0"
    owner.make_image(image, b"for all")
    owner("push", image, trust=True)
    owner("rmi", image)
    nobody = DockerClient(cli, tmp_path / "nobody", engine)
    nobody("pull", image)
    nobody("tag", image, f"{server.host}/{public}/other:1.0")
    assert nobody("push", f"{server.host}/{public}/other:1.0", check=False).code != 0


def test_every_account_command_says_what_it_did(server, tmp_path):
    """The commands about people, one after the other, as an administrator types them."""

    def lines(*words):
        return server.inkan(*words).out.splitlines()

    made = server.inkan("user", "add", "carol", "--generate", "--email", "c@x.test")
    password = made.out.strip()
    assert len(password) >= 20
    assert password not in made.err
    assert any(one.startswith("carol ") and "enabled" in one for one in lines("users"))
    server.inkan("service-id-add", "deployer", "--description", "puts images out")
    assert any("puts images out" in one for one in lines("service-ids"))
    server.inkan("group-add", "crew")
    server.inkan("group-member-add", "crew", "carol", "deployer")
    assert lines("groups")[-1].split(maxsplit=1) == ["crew", "carol, deployer"]
    server.inkan("policy-add", "signer", "crew", "--group", "--namespace", "team")
    assert ["team", "signer", "group", "crew"] in [one.split() for one in lines("policies")]
    key = tmp_path / "ci.key"
    words = ("--for", "deployer", "--expires", "90d", "--role", "signer", "--namespace", "team")
    said = server.inkan("api-key-create", "ci", *words, "--file", key)
    assert oct(key.stat().st_mode & 0o777) == "0o600"
    assert key.read_text().strip() not in said.text
    assert server.inkan("api-key-create", "ci", "--file", key, check=False).code == 2
    env = {"INKAN_USERNAME": "iamapikey", "INKAN_PASSWORD": key.read_text().strip()}
    assert server.inkan("namespace-list", env=env).out.split()[-1] == "team"
    refused = server.inkan("namespace-add", "mine", env=env, check=False)
    assert refused.code == 5
    assert "no right to manage" in refused.text
    server.inkan("namespace-visibility", "team", "public")
    server.inkan("namespace-visibility", "team", "private")
    server.inkan("user-disable", "deployer")
    assert server.inkan("namespace-list", env=env, check=False).code == 5
    server.inkan("user-enable", "deployer")
    log = json.loads(server.inkan("audit-log", "--limit", "1000", "-o", "json").out)["events"]
    acts = {one["act"] for one in log}
    assert acts >= {"account-add", "account-disable", "api-key-create", "group-member-add", "policy-add-here", "namespace-visibility"}  # fmt: skip
    assert any(one["act"] == "namespace-add" and one["outcome"] == "denied" for one in log)
    assert password not in json.dumps(log)
    server.inkan("policy-rm", "signer", "crew", "--group", "--namespace", "team")
    server.inkan("group-member-rm", "crew", "carol")
    server.inkan("group-rm", "crew", "--force")
    server.inkan("service-id-rm", "deployer", "--force")
    server.inkan("user-rm", "carol", "--force")
    assert server.inkan("user-rm", "admin", "--force", check=False).code == 4
    everything = server.log()
    assert password not in everything
    assert env["INKAN_PASSWORD"] not in everything
