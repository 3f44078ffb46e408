"""`inkan` and the stock clients on one trust folder: each goes on from what the other did."""

import io
import json
import os
import shutil
import subprocess
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from inkan.testing.images import make_image, make_index
from interop.conftest import require
from interop.docker_client import PASSPHRASES, DockerClient
from interop.inkan_server import inkan_program
from interop.processes import run
from interop.reference_servers import ReferenceServers

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


class Inkan:
    """`inkan` of the person whose docker this is: the same folder, the same log-in."""

    def __init__(self, client, server):
        self.environment = {
            **client.environment,
            "INKAN_CA": str(server.ca),
            "INKAN_CONFIG": str(client.home / "inkan.json"),
            "DOCKER_CONTENT_TRUST_SERVER": "",
        }

    def __call__(self, *words, check=True, env=None, stdin=b""):
        return run(
            inkan_program(),
            *words,
            env={**self.environment, **(env or {})},
            check=check,
            stdin=stdin,
        )


@pytest.fixture
def mine(owner, server):
    return Inkan(owner, server)


@pytest.fixture
def signed(owner, repository):
    owner.make_image(f"{repository}:1.0", b"by docker")
    owner("push", f"{repository}:1.0", trust=True)
    return repository


def test_what_docker_signed_inkan_verifies_and_shows_as_docker_does(owner, mine, signed):
    shown = owner("trust", "inspect", signed)
    assert mine("trust", "inspect", signed).out == shown.out
    pretty = owner("trust", "inspect", "--pretty", signed).out
    assert mine("trust", "inspect", "--pretty", signed).out == pretty
    digest = owner.signatures(signed)["SignedTags"][0]["Digest"]
    assert mine("trust", "verify", f"{signed}:1.0").out == f"sha256:{digest}\n"
    refused = mine("trust", "verify", f"{signed}:none", check=False)
    assert (refused.code, refused.out) == (6, "")


def test_inkan_goes_on_from_docker_and_docker_from_inkan(owner, mine, signed, person):
    owner.make_image(f"{signed}:2.0", b"pushed only")
    owner("push", f"{signed}:2.0")
    assert f"Successfully signed {signed}:2.0" in mine("trust", "sign", f"{signed}:2.0").out
    assert {row["SignedTag"] for row in owner.signatures(signed)["SignedTags"]} == {"1.0", "2.0"}
    owner.make_image(f"{signed}:3.0", b"docker again")
    owner("push", f"{signed}:3.0", trust=True)
    mine("trust", "revoke", f"{signed}:1.0")
    consumer = person("consumer")
    consumer("rmi", "-f", f"{signed}:2.0", check=False)
    consumer("pull", f"{signed}:2.0", trust=True)
    refused = consumer("pull", f"{signed}:1.0", trust=True, check=False)
    assert "No valid trust data for 1.0" in refused.text
    shown = owner("trust", "inspect", "--pretty", signed).out
    assert mine("trust", "inspect", "--pretty", signed).out == shown


def test_a_repository_that_inkan_begins_docker_goes_on_with(
    owner, mine, repository, person, tmp_path
):
    digest = make_image(tmp_path / "image", b"layer" * 100)
    said = mine("push", "--from", tmp_path / "image", f"{repository}:1.0")
    assert f"Successfully signed {repository}:1.0" in said.out
    assert f'Finished initializing "{repository}"' in said.err
    assert owner.signatures(repository)["SignedTags"] == [
        {"SignedTag": "1.0", "Digest": digest.removeprefix("sha256:"), "Signers": ["Repo Admin"]}
    ]
    # docker opens the keys that inkan made
    owner.make_image(f"{repository}:2.0", b"by docker")
    owner("push", f"{repository}:2.0", trust=True)
    mine("trust", "verify", f"{repository}:2.0")
    mine("pull", "--to", tmp_path / "back", f"{repository}:1.0")
    assert (tmp_path / "back" / "blobs" / "sha256" / digest[7:]).read_bytes()
    headers = [
        path.read_text().split("-----")[2]
        for path in (owner.home / "trust" / "private").glob("*.key")
    ]
    assert sorted("gun" in text for text in headers) == [False, True]


def test_signers_of_both_kinds_sign_side_by_side(owner, mine, signed, person, server):
    alice, bob = person("alice"), person("bob")
    inkan_bob = Inkan(bob, server)
    alice("trust", "key", "generate", "alice", "--dir", alice.home)
    inkan_bob("trust", "key", "generate", "bob", "--dir", bob.home)
    mine("trust", "signer", "add", "--key", alice.home / "alice.pub", "alice", signed)
    owner("trust", "signer", "add", "--key", bob.home / "bob.pub", "bob", signed)
    alice.make_image(f"{signed}:4.0", b"by alice")
    alice("trust", "sign", f"{signed}:4.0")
    inkan_bob("trust", "sign", f"{signed}:4.0")
    rows = {row["SignedTag"]: row["Signers"] for row in owner.signatures(signed)["SignedTags"]}
    assert rows["4.0"] == ["alice", "bob"]
    for shown in ((), ("--pretty",)):
        theirs = owner("trust", "inspect", *shown, signed).out
        assert mine("trust", "inspect", *shown, signed).out == theirs
    # bob signed last: without him the tag would be nobody's, as far as keys here can mend it
    refused = mine("trust", "signer", "remove", "bob", signed, check=False)
    assert refused.code == 4
    mine("trust", "signer", "remove", "--force", "bob", signed)
    stuck = mine("trust", "verify", f"{signed}:4.0", check=False)
    assert stuck.code == 6
    assert "inkan trust repair" in stuck.err
    unasked = Inkan(alice, server)("trust", "repair", signed, check=False)
    assert unasked.code == 2
    assert "targets/releases: 4.0 is sha256:" in unasked.err
    Inkan(alice, server)("trust", "repair", "--yes", signed)
    mine("trust", "verify", f"{signed}:4.0")
    consumer = person("consumer")
    consumer("pull", f"{signed}:4.0", trust=True)


def test_keys_rotate_and_notary_follows(owner, mine, signed, server, tmp_path):
    require(shutil.which("notary"), "notary is not installed")
    mine("trust", "verify", f"{signed}:1.0")
    for words in (("targets",), ("snapshot", "-r"), ("timestamp", "-r"), ("root",)):
        mine("trust", "key", "rotate", signed, *words)
        mine("trust", "verify", f"{signed}:1.0")
    assert owner.signatures(signed)["SignedTags"][0]["SignedTag"] == "1.0"
    owner.make_image(f"{signed}:2.0", b"after")
    owner("push", f"{signed}:2.0", trust=True)
    env = {
        "NOTARY_AUTH": "YWRtaW46Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5",
        "NOTARY_TARGETS_PASSPHRASE": PASSPHRASES["DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE"],
    }
    command = (
        "notary",
        "-s",
        server.trust_url,
        "--tlscacert",
        server.ca,
        "-d",
        owner.home / "trust",
    )
    (tmp_path / "file").write_text("content")
    run(*command, "add", "-p", signed, "by-notary", tmp_path / "file", env=env)
    mine("trust", "verify", f"{signed}:by-notary")
    assert "2.0" in run(*command, "list", signed, env=env).out


def test_a_repository_whose_snapshot_key_is_at_home(owner, mine, signed):
    mine("trust", "key", "rotate", signed, "snapshot")
    for words in (
        ("trust", "sign", f"{signed}:1.0"),
        ("trust", "key", "rotate", signed, "root"),
        ("trust", "key", "rotate", signed, "targets"),
    ):
        mine(*words)
        mine("trust", "verify", f"{signed}:1.0")
    owner.make_image(f"{signed}:2.0", b"docker signs the snapshot too")
    owner("push", f"{signed}:2.0", trust=True)
    mine("trust", "key", "rotate", "-r", signed, "snapshot")
    mine("trust", "verify", f"{signed}:2.0")


def test_KEY_024_keys_are_backed_up_lost_and_restored(owner, mine, signed, tmp_path):
    (tmp_path / "pass").write_text("a long backup passphrase\n")
    env = {"INKAN_BACKUP_PASSPHRASE_FILE": str(tmp_path / "pass")}
    archive = tmp_path / "keys.inkan"
    assert "2 keys are backed up" in mine("keys", "backup", archive, env=env).out
    assert oct(archive.stat().st_mode & 0o777) == "0o600"
    assert "good" in mine("keys", "check", archive, env=env).out
    shutil.rmtree(owner.home / "trust")
    failed = mine("trust", "sign", f"{signed}:1.0", check=False)
    assert failed.code == 3
    assert "could not find necessary signing keys" in failed.err
    (tmp_path / "wrong").write_text("another")
    wrong = {"INKAN_BACKUP_PASSPHRASE_FILE": str(tmp_path / "wrong")}
    assert mine("keys", "restore", archive, env=wrong, check=False).code == 5
    mine("keys", "restore", archive, env=env)
    mine("trust", "sign", f"{signed}:1.0")
    owner.make_image(f"{signed}:2.0", b"docker has them too")
    owner("push", f"{signed}:2.0", trust=True)


def test_pins_decide_whom_to_believe_first(owner, mine, signed, server, tmp_path):
    elsewhere = {**mine.environment, "DOCKER_CONFIG": str(tmp_path / "other"), "INKAN_CONFIG": str(tmp_path / "other.json"),
                 "INKAN_USERNAME": "admin", "INKAN_PASSWORD": "correct-horse-battery"}  # fmt: skip
    (tmp_path / "pins.json").write_text(json.dumps({"trust_on_first_use": False}))
    refused = run(inkan_program(), "trust", "verify", f"{signed}:1.0", env=elsewhere, check=False)
    assert refused.code == 6
    assert "first use is not trusted" in refused.err
    mine("trust", "pin", signed)
    # docker's own cache has the root now: its first pull here is no trust on first use any more
    assert (owner.home / "trust" / "tuf" / signed / "metadata" / "root.json").exists()
    shutil.copy(owner.home / "pins.json", tmp_path / "pins.json")
    run(inkan_program(), "trust", "verify", f"{signed}:1.0", env=elsewhere)
    (tmp_path / "pins.json").write_text(json.dumps({"pins": {signed: {"keys": ["0" * 64]}}}))
    assert (
        run(inkan_program(), "trust", "verify", f"{signed}:1.0", env=elsewhere, check=False).code
        == 6
    )
    (tmp_path / "pins.json").write_text("")
    assert (
        run(inkan_program(), "trust", "verify", f"{signed}:1.0", env=elsewhere, check=False).code
        == 2
    )
    assert os.environ.get("INKAN_CONFIG") is None


def test_a_server_that_is_away_is_not_a_server_that_agrees(owner, mine, signed):
    mine("trust", "verify", f"{signed}:1.0")
    away = {"DOCKER_CONTENT_TRUST_SERVER": "https://localhost:1"}
    gone = mine("trust", "verify", f"{signed}:1.0", env=away, check=False)
    assert (gone.code, gone.out) == (9, "")
    offline = mine("trust", "verify", "--offline", f"{signed}:1.0", env=away)
    assert offline.out.startswith("sha256:")
    assert "Not asked" in offline.err


def test_docker_has_its_trust_back_as_a_plugin(owner, mine, signed):
    files = mine("plugin", "install").out
    assert "docker-trust" in files
    shown = owner("trust", "inspect", "--pretty", signed).out
    env = {name: mine.environment[name] for name in ("INKAN_CA", "INKAN_CONFIG")}
    assert owner("inkan", "trust", "inspect", "--pretty", signed, env=env).out == shown
    # Docker 29 calls it like this
    program = owner.home / "cli-plugins" / "docker-trust"
    metadata = json.loads(run(program, "docker-cli-plugin-metadata").out)
    assert metadata["SchemaVersion"] == "0.1.0"
    said = run(program, "--debug", "trust", "inspect", "--pretty", signed, env=mine.environment)
    assert said.out == shown


def test_variables_are_printed_for_every_shell(mine, server):
    mine("login", server.host, "-u", "admin", "--password-stdin", stdin=b"correct-horse-battery")
    assert f"export DOCKER_CONTENT_TRUST_SERVER={server.trust_url}" in mine("env").out
    assert "$Env:DOCKER_CONTENT_TRUST" in mine("env", "--shell", "powershell").out


def test_what_one_takes_back_the_other_takes_no_more(owner, mine, signed, person, server):
    owner.make_image(f"{signed}:2.0", b"two")
    owner("push", f"{signed}:2.0", trust=True)
    owner("trust", "revoke", f"{signed}:2.0")
    assert mine("trust", "verify", f"{signed}:2.0", check=False).code == 6
    alice = person("alice")
    mine("trust", "key", "generate", "alice", "--dir", alice.home)
    mine("trust", "signer", "add", "--key", alice.home / "alice.pub", "alice", signed)
    # docker does not remove who has signed nothing yet
    refused = owner("trust", "signer", "remove", "alice", signed, stdin=b"y\n", check=False)
    assert "signed tags are currently revoked" in refused.text
    mine("trust", "signer", "remove", "alice", signed)
    assert "alice" not in owner("trust", "inspect", "--pretty", signed).out
    assert mine("trust", "revoke", signed, check=False, stdin=b"y\n").code == 2
    mine("trust", "revoke", "--yes", signed)
    shown = owner("trust", "inspect", "--pretty", signed).out
    assert shown.startswith(f"\nNo signatures for {signed}\n")
    assert mine("trust", "inspect", "--pretty", signed).out == shown
    consumer = person("consumer")
    assert consumer("pull", f"{signed}:1.0", trust=True, check=False).code != 0
    assert mine("pull", "--to", consumer.home / "none", f"{signed}:1.0", check=False).code == 6
    assert not (consumer.home / "none").exists()


def test_S33_S64_who_may_not_sign_is_told_which_key_is_missing_and_how_it_comes(
    owner, mine, signed, person, server, tmp_path
):
    second = Inkan(person("second"), server)
    refused = second("trust", "sign", f"{signed}:1.0", check=False)
    key = next(one for one in json.loads(mine("trust", "key", "list", "-o", "json").out)["keys"] if one["role"] == "targets")  # fmt: skip
    assert (refused.code, key["id"] in refused.err) == (3, True)
    assert "inkan trust key import" in refused.err
    mine("trust", "key", "export", tmp_path / "keys.pem", key["id"])
    second("trust", "key", "import", tmp_path / "keys.pem")
    second("trust", "sign", f"{signed}:1.0")
    bob = person("bob")
    Inkan(bob, server)("trust", "key", "generate", "bob", "--dir", bob.home)
    mine("trust", "signer", "add", "--key", bob.home / "bob.pub", "bob", signed)
    owners = mine("trust", "sign", f"{signed}:1.0", check=False)
    assert (owners.code, "inkan trust signer add" in owners.err) == (3, True)


def test_commands_at_once_on_one_folder_lose_nothing(owner, mine, signed):
    for number in range(8):
        owner("tag", f"{signed}:1.0", f"{signed}:t{number}")
        owner("push", f"{signed}:t{number}")
    with ThreadPoolExecutor(8) as pool:
        ended = list(
            pool.map(lambda n: mine("trust", "sign", f"{signed}:t{n}", check=False), range(8))
        )
    assert [one.code for one in ended] == [0] * 8, [one.text for one in ended]
    shown = {row["SignedTag"] for row in owner.signatures(signed)["SignedTags"]}
    assert shown == {"1.0", *(f"t{number}" for number in range(8))}


def test_images_go_from_the_engine_and_back(owner, mine, repository, person, tmp_path):
    image = owner.make_image(f"{repository}:1.0", b"in the engine")
    said = mine("push", f"{repository}:1.0")
    assert f"Successfully signed {repository}:1.0" in said.out
    again = mine("push", f"{repository}:1.0")
    assert said.out.splitlines()[0] == again.out.splitlines()[0]
    owner("rmi", "-f", image)
    assert not owner.has_image(f"{repository}:1.0")
    mine("pull", f"{repository}:1.0")
    assert owner.image_id(f"{repository}:1.0") == image
    # the same, by docker with content trust
    consumer = person("consumer")
    consumer("rmi", "-f", image)
    consumer("pull", f"{repository}:1.0", trust=True)
    assert consumer.image_id(f"{repository}:1.0") == image
    owner("save", "-o", tmp_path / "saved.tar", f"{repository}:1.0")
    owner("tag", f"{repository}:1.0", f"{repository}:2.0")
    mine("push", "--from", tmp_path / "saved.tar", f"{repository}:2.0")
    mine("trust", "verify", f"{repository}:2.0")
    missing = mine("push", f"{repository}:none", check=False)
    assert missing.code == 3
    assert "No such image" in missing.err
    nowhere = mine(
        "push", f"{repository}:1.0", env={"DOCKER_HOST": "unix:///nonexistent"}, check=False
    )
    assert (nowhere.code, "--from or --to" in nowhere.err) == (7, True)


def a_tar(content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo("file")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def test_an_index_is_signed_whole_and_pulled_whole_or_for_one_platform(
    owner, mine, repository, person, tmp_path
):
    layers = {"linux/amd64": [a_tar(b"amd64")], "linux/arm64": [a_tar(b"arm64")]}
    digest = make_index(tmp_path / "image", layers)
    name = f"{repository}:1.0"
    mine("push", "--from", tmp_path / "image", name)
    assert mine("trust", "verify", name).out == f"{digest}\n"
    assert f"Digest: {digest}" in mine("pull", "--to", tmp_path / "whole", name).out
    arm = mine("pull", "--to", tmp_path / "arm", "--platform", "linux/arm64", name)
    assert f"Digest: {digest}" not in arm.out
    assert len(list((tmp_path / "arm" / "blobs" / "sha256").glob("[0-9a-f]*"))) == 3
    missing = mine(
        "pull", "--to", tmp_path / "none", "--platform", "windows/amd64", name, check=False
    )
    assert (missing.code, "it has linux/amd64, linux/arm64" in missing.err) == (3, True)
    # the engine takes the image for itself, and docker too finds the signed index
    mine("pull", name)
    mine_id = owner.image_id(name)
    owner("rmi", "-f", mine_id)
    consumer = person("consumer")
    consumer("pull", name, trust=True)
    assert consumer.image_id(name) == mine_id
    alone = f"{repository}:arm"
    mine("push", "--from", tmp_path / "image", "--platform", "linux/arm64", alone)
    assert mine("trust", "verify", alone).out.strip() in arm.out


def test_images_go_to_and_from_files_that_other_programs_read(owner, mine, repository, tmp_path):
    require(shutil.which("skopeo"), "skopeo is not installed")
    digest = make_image(tmp_path / "image", a_tar(b"one"), a_tar(b"two"))
    name = f"{repository}:1.0"
    mine("push", "--from", tmp_path / "image", name)
    mine("pull", "--to", tmp_path / "image.tar", name)
    shown = run("skopeo", "inspect", f"oci-archive:{tmp_path / 'image.tar'}", env={})
    assert json.loads(shown.out)["Digest"] == digest
    mine("copy", name, f"docker-archive:{tmp_path / 'saved.tar'}")
    assert name in owner("load", "-i", tmp_path / "saved.tar").out
    run("skopeo", "copy", "--preserve-digests", f"oci-archive:{tmp_path / 'image.tar'}", f"oci-archive:{tmp_path / 'theirs.tar'}:2.0", env={})  # fmt: skip
    said = mine("push", "--from", tmp_path / "theirs.tar", f"{repository}:2.0")
    assert digest in said.out
    mine("copy", f"docker-archive:{tmp_path / 'saved.tar'}", f"{repository}:3.0")
    owner("pull", f"{repository}:3.0", trust=True)


def test_a_signed_image_is_copied_and_signed_there(owner, mine, signed, person, tmp_path):
    there = f"{signed}-copy"
    said = mine("copy", f"{signed}:1.0", f"{there}:2.0")
    assert "mounted" in said.err
    person("consumer")("pull", f"{there}:2.0", trust=True)
    owner.make_image(f"{signed}:dev", b"nobody signed it")
    owner("push", f"{signed}:dev")
    refused = mine("copy", f"{signed}:dev", f"{there}:dev", check=False)
    assert refused.code == 6
    assert mine("pull", "--disable-content-trust", f"{there}:dev", check=False).code == 3
    reference = ReferenceServers(tmp_path).start()
    try:
        elsewhere = f"{reference.host}/team/app"
        digest = mine("trust", "verify", f"{signed}:1.0").out.strip()
        out = mine("copy", "--disable-content-trust", f"{signed}:1.0", f"{elsewhere}:1.0")
        assert "copied" in out.err
        assert digest in out.out
        mine("copy", f"{elsewhere}@{digest}", f"{there}:3.0")
        assert mine("trust", "verify", f"{there}:3.0").out.strip() == digest
    finally:
        reference.stop()


def test_S46_to_S49_a_repository_is_signed_anew_under_another_name(
    owner, mine, signed, person, server
):
    owner.make_image(f"{signed}:2.0", b"two")
    owner("push", f"{signed}:2.0", trust=True)
    owner.make_image(f"{signed}:2.0", b"moved, unsigned")
    owner("push", f"{signed}:2.0")
    wanted = {row["SignedTag"]: row["Digest"] for row in owner.signatures(signed)["SignedTags"]}
    renamed = f"{signed}-renamed"
    assert "2 tags" in mine("resign", "--all", signed, renamed).out
    assert {
        row["SignedTag"]: row["Digest"] for row in owner.signatures(renamed)["SignedTags"]
    } == wanted
    consumer = person("consumer")
    consumer("pull", f"{renamed}:2.0", trust=True)
    assert mine("resign", signed, renamed, check=False).code == 2
    assert mine("resign", f"{signed}:none", renamed, check=False).code == 6


def test_against_notary_server_it_is_all_the_same(cli, engine, tmp_path):
    for program in ("notary-server", "docker-registry"):
        require(shutil.which(program), f"{program} is not installed")
    reference = ReferenceServers(tmp_path).start()
    owner = DockerClient(cli, tmp_path / "owner", engine)
    trust, name = {"server": reference.trust_url}, f"{reference.host}/team/app"
    for tag in ("1.0", "2.0"):
        owner.make_image(f"{name}:{tag}", tag.encode())
        owner("push", f"{name}:{tag}", trust=True, **trust)
    mine = Inkan(owner, reference)
    env = {"DOCKER_CONTENT_TRUST_SERVER": reference.trust_url}
    for shown in ((), ("--pretty",)):
        theirs = owner("trust", "inspect", *shown, name, **trust).out
        assert mine("trust", "inspect", *shown, name, env=env).out == theirs
    mine("trust", "revoke", f"{name}:1.0", env=env)
    mine("trust", "key", "rotate", name, "targets", env=env)
    mine("trust", "key", "generate", "alice", "--dir", owner.home)
    mine("trust", "signer", "add", "--key", owner.home / "alice.pub", "alice", name, env=env)
    owner("trust", "sign", f"{name}:2.0", **trust)
    shown = owner("trust", "inspect", "--pretty", name, **trust).out
    assert mine("trust", "inspect", "--pretty", name, env=env).out == shown
    assert "alice" in shown
    assert "1.0 " not in shown
    # pushed, signed, copied and pulled where nobody has heard of Inkan
    other = f"{reference.host}/team/other"
    digest = make_image(tmp_path / "image", a_tar(b"one"))
    mine("push", "--from", tmp_path / "image", f"{other}:1.0", env=env)
    owner("pull", f"{other}:1.0", trust=True, **trust)
    mine("copy", f"{other}:1.0", f"{other}:2.0", env=env)
    owner("pull", f"{other}:2.0", trust=True, **trust)
    owner("tag", f"{other}:2.0", f"{other}:3.0")
    owner("push", f"{other}:3.0", **trust)
    mine("trust", "sign", f"{other}:3.0", env=env)
    owner("pull", f"{other}:3.0", trust=True, **trust)
    said = mine("pull", "--to", tmp_path / "back", f"{other}:2.0", env=env)
    assert f"Digest: {digest}" in said.out
    mine("trust", "key", "rotate", other, "root", env=env)
    mine("trust", "signer", "remove", "--force", "alice", name, env=env)
    owner("pull", f"{other}:1.0", trust=True, **trust)
    reference.stop()


def test_KEY_013_keys_are_exported_and_imported_both_ways(
    owner, mine, signed, server, person, tmp_path
):
    require(shutil.which("notary"), "notary is not installed")
    repository = dict.fromkeys(("NOTARY_TARGETS_PASSPHRASE", "NOTARY_SNAPSHOT_PASSPHRASE", "NOTARY_DELEGATION_PASSPHRASE"), PASSPHRASES["DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE"])  # fmt: skip
    env = {
        **repository,
        "NOTARY_ROOT_PASSPHRASE": PASSPHRASES["DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE"],
    }
    theirs = person("theirs")
    assert "exported 2 keys" in mine("trust", "key", "export", tmp_path / "keys.pem").out
    run("notary", "-d", theirs.home / "trust", "key", "import", tmp_path / "keys.pem", env=env)
    listed = run("notary", "-d", theirs.home / "trust", "key", "list", env=env).out
    ids = {path.stem for path in (owner.home / "trust" / "private").glob("*.key")}
    assert {path.stem for path in (theirs.home / "trust" / "private").glob("*.key")} == ids
    assert "root" in listed
    theirs("trust", "sign", f"{signed}:1.0")
    run(
        "notary", "-d", theirs.home / "trust", "key", "export", "-o", tmp_path / "back.pem", env=env
    )
    shutil.rmtree(owner.home / "trust" / "private")
    kept = mine("trust", "key", "import", tmp_path / "back.pem")
    assert {line.split()[0] for line in kept.out.splitlines()} == ids
    mine("trust", "key", "rotate", signed, "root")
    # the root key is kept elsewhere from now on: tags are signed all the same, and roots are not
    mine("trust", "key", "export", tmp_path / "root.pem", "root")
    for path in (owner.home / "trust" / "private").glob("*.key"):
        if "role: root" in path.read_text():
            path.unlink()
    mine("trust", "sign", f"{signed}:1.0")
    assert mine("trust", "key", "rotate", signed, "targets", check=False).code == 3
    mine("trust", "key", "import", tmp_path / "root.pem")
    mine("trust", "key", "rotate", signed, "targets")


def test_a_passphrase_comes_by_a_descriptor(owner, mine, signed, tmp_path):
    (tmp_path / "pass").write_text(PASSPHRASES["DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE"])
    script = f"exec 7<{tmp_path / 'pass'}; exec {inkan_program()} trust sign {signed}:1.0"
    env = {**mine.environment, "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": "", "INKAN_REPOSITORY_PASSPHRASE_FD": "7"}  # fmt: skip
    assert "Successfully signed" in run("sh", "-c", script, env=env).out


def test_inspect_says_more_when_it_is_asked_for_more(owner, mine, signed):
    told = json.loads(
        mine("trust", "inspect", "-o", "json", signed, f"{signed}-none", check=False).out
    )
    assert told[0]["Files"]["timestamp"]["Version"] >= 1
    assert {one["Role"] for one in told[0]["KeyFiles"]} == {"root", "targets"}
    assert told[1]["Error"] == "RepositoryUnknownError"
    shown = mine("trust", "inspect", "--format", "{{range .SignedTags}}{{.SignedTag}} {{json .Signers}}{{end}}", signed)  # fmt: skip
    assert shown.out == '1.0 ["Repo Admin"]\n'
    assert mine("trust", "inspect", "--format", "{{.Nothing}}", signed, check=False).code == 2


def test_CLI_017_a_command_that_is_killed_is_said_again(owner, mine, signed):
    for number in range(8):
        tag = f"{signed}:t{number}"
        owner("tag", f"{signed}:1.0", tag)
        owner("push", tag)
        env = {**os.environ, **mine.environment}
        command = subprocess.Popen([str(inkan_program()), "trust", "sign", tag], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        time.sleep(0.15 + 0.07 * number)
        command.kill()
        command.wait()
        mine("trust", "sign", tag)
        mine("trust", "verify", tag)
    rows = {row["SignedTag"] for row in owner.signatures(signed)["SignedTags"]}
    assert rows == {"1.0", *(f"t{number}" for number in range(8))}


def test_content_trust_is_on_unless_somebody_says_off(mine, repository, tmp_path):
    make_image(tmp_path / "image", b"unsigned")
    off = {"DOCKER_CONTENT_TRUST": "0"}
    assert (
        "signed" not in mine("push", "--from", tmp_path / "image", f"{repository}:1.0", env=off).out
    )
    refused = mine("pull", "--to", tmp_path / "back", f"{repository}:1.0", check=False)
    assert refused.code == 3
    assert not (tmp_path / "back").exists()
    said = mine("pull", "--to", tmp_path / "back", f"{repository}:1.0", env=off)
    assert "not verified" in said.err
