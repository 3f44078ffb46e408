"""One story, told to the reference and to us in the same run: what docker and notary print is the same, word for word.

Each step is a command of a person. Its exit code and both its outputs are compared, with only names of hosts, keys, digests, times and progress left
out. There are no differences.
"""

import base64
import re
import shutil

import pytest

from interop.conftest import require
from interop.docker_client import DockerClient
from interop.inkan_server import PASSWORD
from interop.processes import run
from interop.reference_servers import ReferenceServers

pytestmark = [pytest.mark.interop, pytest.mark.timeout(600)]
WRONG = {"DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": "another-pass-1"}
NOTARY_PASSPHRASES = {
    f"NOTARY_{role}_PASSPHRASE": "passphrase-1234"
    for role in ("ROOT", "TARGETS", "SNAPSHOT", "DELEGATION")
}


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    for program in ("notary-server", "docker-registry"):
        require(shutil.which(program), f"{program} is not installed")
    servers = ReferenceServers(tmp_path_factory.mktemp("reference")).start()
    yield servers
    servers.stop()


@pytest.fixture
def sides(reference, server):
    """The reference and ours."""
    return reference, server


def plain(text: str, server) -> list[str]:
    """Return what a program printed, without what differs from run to run."""
    text = text.replace(server.trust_url.removeprefix("https://"), "TRUST").replace(
        server.host, "HOST"
    )
    # the default trust server is the registry itself
    text = text.replace("TRUST does not have", "HOST does not have")
    # notary compares the two hashes in any order
    text = re.sub(r"sha\d+ (checksum for \S+ did not match).*", r"\1", text)
    text = re.sub(r"[0-9a-f]{64}", "H64", text)
    text = re.sub(r"\b[0-9a-f]{12}\b", "H12", text)
    text = re.sub(r"\b[0-9a-f]{7}\b", "H7", text)
    text = re.sub(r"/\S*/(?:owner|alice|bob|consumer|notary\w*|no\.key)\b", "HOME", text)
    text = re.sub(r"\.\.\.\S*/private", "PRIVATE", text)
    text = re.sub(r'time="[^"]*" ', "", text)
    lines = [line.rstrip() for line in text.splitlines()]
    # the engine's progress comes in any order
    kept = [
        line
        for line in lines
        if not re.match(r"(?:H12|latest|[\w.]+): (?:Pr|Pu|La|Wa|Do|Ve|Ex|Al|Mo|Layer)", line)
    ]
    return [line for line in kept if line]


class Story:
    """A server under test, with people, and a protocol of what they were told."""

    def __init__(self, server, cli, engine, folder, trust_server, *, logs_in):
        self.server, self.folder = server, folder
        self.cli, self.engine = cli, engine
        self.trust_server = trust_server
        self.logs_in = logs_in
        self.protocol = []
        self.people = {}
        folder.mkdir(parents=True, exist_ok=True)
        self.no_key = folder / "no.key"
        self.no_key.write_text("this is no key")

    def person(self, name) -> DockerClient:
        if name not in self.people:
            self.people[name] = DockerClient(self.cli, self.folder / name, self.engine)
            if self.logs_in:
                self.people[name].log_in(self.server.host)
        return self.people[name]

    def told(self, step, result):
        self.protocol.append(
            (
                step,
                result.code,
                plain(result.out, self.server),
                sorted(plain(result.err, self.server)),
            )
        )
        return result

    def docker(self, step, name, *words, trust=True, env=None, stdin=b""):
        result = self.person(name)(
            *words, trust=trust, server=self.trust_server, check=False, env=env, stdin=stdin
        )
        return self.told(step, result)

    def notary(self, step, name, *words, stdin=b""):
        home = self.folder / name
        command = ("notary", "-s", self.server.trust_url, "--tlscacert", self.server.ca, "-d", home)
        env = dict(NOTARY_PASSPHRASES)
        if self.logs_in:
            env["NOTARY_AUTH"] = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
        return self.told(step, run(*command, *words, env=env, check=False, stdin=stdin))


def sign_and_pull(story, app):
    owner, consumer = story.person("owner"), story.person("consumer")
    owner.make_image(f"{app}:1.0", b"one")
    story.docker("inspect before anything", "owner", "trust", "inspect", app)
    story.docker("pull of what was never signed", "consumer", "pull", f"{app}:1.0")
    story.docker("unsigned push", "owner", "push", f"{app}:0.9", trust=False)
    story.docker("first signed push", "owner", "push", f"{app}:1.0")
    story.docker("inspect", "owner", "trust", "inspect", "--pretty", app)
    owner.make_image(f"{app}:2.0", b"two")
    story.docker("second signed push", "owner", "push", f"{app}:2.0")
    story.docker("the same again", "owner", "push", f"{app}:2.0")
    story.docker("push with a wrong passphrase", "owner", "push", f"{app}:2.0", env=WRONG)
    story.docker("push of all tags signs nothing", "owner", "push", "-a", app)
    owner.make_image(f"{app}:3.0", b"three")
    story.docker("unsigned push beside", "owner", "push", f"{app}:3.0", trust=False)
    consumer("rmi", "-f", f"{app}:1.0", f"{app}:2.0", f"{app}:3.0", check=False)
    story.docker("pull of an unsigned tag", "consumer", "pull", f"{app}:3.0")
    story.docker("signed pull", "consumer", "pull", f"{app}:1.0")
    story.docker("pull of no tag at all", "consumer", "pull", f"{app}:none")
    story.docker("signed pull again", "consumer", "pull", f"{app}:1.0")
    story.docker(
        "inspect of an unsigned tag", "consumer", "trust", "inspect", "--pretty", f"{app}:3.0"
    )
    owner.make_image(f"{app}:2.0", b"moved")
    story.docker("a tag moves without a signature", "owner", "push", f"{app}:2.0", trust=False)
    consumer("rmi", "-f", f"{app}:2.0", check=False)
    story.docker("what was signed is pulled", "consumer", "pull", f"{app}:2.0")


def signers(story, app):
    owner, alice, bob = (story.person(name) for name in ("owner", "alice", "bob"))
    for name, client in (("alice", alice), ("bob", bob)):
        story.docker(
            f"{name} makes a key", name, "trust", "key", "generate", name, "--dir", client.home
        )
        key = client.home / f"{name}.pub"
        story.docker(f"{name} is added", "owner", "trust", "signer", "add", "--key", key, name, app)
    owner.make_image(f"{app}:4.0", b"four")
    story.docker("the owner is no signer", "owner", "push", f"{app}:4.0")
    story.docker("alice signs", "alice", "trust", "sign", f"{app}:4.0")
    story.docker("bob signs too", "bob", "trust", "sign", f"{app}:4.0")
    story.docker("who signed", "owner", "trust", "inspect", "--pretty", app)
    story.docker("a stranger signs", "consumer", "trust", "sign", f"{app}:4.0")
    story.docker("a signed pull", "consumer", "pull", f"{app}:4.0")
    story.docker("bob revokes", "bob", "trust", "revoke", f"{app}:4.0")
    story.docker("the pull is refused", "consumer", "pull", f"{app}:4.0")
    story.docker("revoking what is not signed", "bob", "trust", "revoke", f"{app}:9.9")
    story.docker("bob signs again", "bob", "trust", "sign", f"{app}:4.0")
    story.docker(
        "alice is removed", "owner", "trust", "signer", "remove", "alice", app, stdin=b"y\n"
    )
    story.docker("bob is removed by force", "owner", "trust", "signer", "remove", "-f", "bob", app)
    story.docker("who is left", "owner", "trust", "inspect", "--pretty", app)
    story.docker("a key that is none", "owner", "trust", "key", "load", story.no_key)
    story.docker(
        "a role that is none",
        "owner",
        "trust",
        "signer",
        "add",
        "--key",
        alice.home / "alice.pub",
        "A_B",
        app,
    )


@pytest.mark.parametrize("mode", ["default trust server", "separate port"])
def test_docker_is_told_the_same(sides, cli, engine, tmp_path, mode, repository):
    name = repository.partition("/")[2]
    protocols = []
    for side, trust_server in (
        (sides[0], sides[0].trust_url),
        (sides[1], "" if mode.startswith("default") else sides[1].trust_url),
    ):
        folder = tmp_path / ("reference" if side is sides[0] else "inkan")
        story = Story(side, cli, engine, folder, trust_server, logs_in=side is sides[1])
        sign_and_pull(story, f"{side.host}/{name}-{folder.name[0]}")
        signers(story, f"{side.host}/{name}-{folder.name[0]}")
        protocols.append(story.protocol)
    compare(*protocols)


def notary_story(story, gun, folder):
    for number in (1, 2):
        (folder / f"file{number}").write_text(f"content {number}")
    keys = [folder / f"k{number}.crt" for number in (1, 2)]
    for step, *words in (
        ("init", "init", gun),
        ("status before", "status", gun),
        ("add", "add", gun, "v1", folder / "file1"),
        ("status", "status", gun),
        ("publish", "publish", gun),
        ("list", "list", gun),
        ("lookup", "lookup", gun, "v1"),
        ("lookup of nothing", "lookup", gun, "v9"),
        ("verify", "verify", gun, "v1", "-i", folder / "file1"),
        ("verify another file", "verify", gun, "v1", "-i", folder / "file2"),
        ("a timestamp key at home", "key", "rotate", gun, "timestamp"),
        ("snapshot to the server", "key", "rotate", gun, "snapshot", "-r"),
        ("timestamp anew", "key", "rotate", gun, "timestamp", "-r"),
        ("targets anew", "key", "rotate", gun, "targets"),
        ("a role that is none", "key", "rotate", gun, "nonsense"),
        ("delegate", "delegation", "add", "-p", gun, "targets/releases", keys[0], "--all-paths"),
        ("delegate some", "delegation", "add", "-p", gun, "targets/qa", keys[1], "--paths", "dev"),
        ("delegations", "delegation", "list", gun),
        ("a delegation that is none", "delegation", "add", "-p", gun, "qa", keys[1], "--all-paths"),
        ("add more", "add", "-p", gun, "v2", folder / "file2"),
        ("remove", "remove", "-p", gun, "v1"),
        ("list after", "list", gun),
        ("witness", "witness", "-p", gun, "targets/qa"),
        ("reset", "reset", gun, "--all"),
        ("remove paths", "delegation", "remove", "-p", gun, "targets/qa", "--paths", "dev"),
        ("remove role", "delegation", "remove", "-p", "-y", gun, "targets/qa"),
        ("delegations after", "delegation", "list", gun),
    ):
        story.notary(step, "notary", *words)
    story.notary("root anew", "notary", "key", "rotate", gun, "root", stdin=b"yes\n")
    story.notary("a fresh reader", "notary2", "list", gun)
    story.notary("delete at home", "notary2", "delete", gun)
    story.notary("delete", "notary", "delete", "--remote", gun)
    story.notary("list of nothing", "notary3", "list", gun)
    story.notary("delete of nothing", "notary3", "delete", "--remote", gun)


def test_notary_is_told_the_same(sides, tmp_path, repository):
    require(shutil.which("notary"), "notary is not installed")
    name = repository.partition("/")[2]
    for number in (1, 2):
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "300", "-subj", f"/CN=k{number}",
            "-keyout", tmp_path / f"k{number}.key", "-out", tmp_path / f"k{number}.crt")  # fmt: skip
    protocols = []
    for side in sides:
        folder = tmp_path / ("reference" if side is sides[0] else "inkan")
        story = Story(side, None, None, folder, "", logs_in=side is sides[1])
        notary_story(story, f"{side.host}/{name}-{folder.name[0]}", tmp_path)
        protocols.append(story.protocol)
    compare(*protocols)


def compare(theirs, ours):
    differing = [
        f"{one[0]}\n  theirs {one[1:]}\n  ours   {other[1:]}"
        for one, other in zip(theirs, ours, strict=True)
        if without_side(one) != without_side(other)
    ]
    assert not differing, "\n".join(differing)


def without_side(entry):
    return re.sub(r"(app\d+)-[ri]\b", r"\1", repr(entry))
