"""The notary command line: its own repositories, keys held by the owner or the server, rotation, witness, deletion."""

import base64
import re
import shutil

import pytest

from interop.conftest import require
from interop.inkan_server import PASSWORD
from interop.processes import run

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]
PASSPHRASES = {
    f"NOTARY_{role}_PASSPHRASE": "passphrase-1234"
    for role in ("ROOT", "TARGETS", "SNAPSHOT", "DELEGATION")
}


@pytest.fixture
def gun(server, request):
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return f"{server.host}/team/{name}"


@pytest.fixture
def notary(server, tmp_path):
    require(shutil.which("notary"), "notary is not installed")
    auth = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()

    def call(*words, folder="owner", check=True, stdin=b""):
        command = (
            "notary",
            "-s",
            server.trust_url,
            "--tlscacert",
            server.ca,
            "-d",
            tmp_path / folder,
        )
        env = {"NOTARY_AUTH": auth, **PASSPHRASES}
        return run(*command, *words, env=env, check=check, stdin=stdin)

    return call


@pytest.fixture
def published(notary, gun, tmp_path):
    """A repository whose snapshot key its owner holds, with one target."""
    (tmp_path / "file").write_text("content")
    notary("init", gun)
    notary("add", gun, "v1", tmp_path / "file")
    notary("publish", gun)
    return gun


def targets(notary, gun, folder="reader"):
    listed = notary("list", gun, folder=folder).out
    return {line.split()[0]: line.split()[-1] for line in listed.splitlines()[2:] if line.strip()}


def test_a_repository_with_its_snapshot_key_at_home(notary, published):
    assert targets(notary, published) == {"v1": "targets"}


def test_the_snapshot_key_goes_to_the_server_and_comes_back(notary, published, tmp_path):
    notary("key", "rotate", published, "snapshot", "-r")
    notary("add", published, "v2", tmp_path / "file")
    notary("publish", published)
    assert set(targets(notary, published)) == {"v1", "v2"}
    notary("key", "rotate", published, "snapshot")
    notary("add", published, "v3", tmp_path / "file")
    notary("publish", published)
    assert set(targets(notary, published)) == {"v1", "v2", "v3"}


@pytest.mark.parametrize("role", ["targets", "timestamp", "root"])
def test_every_key_can_be_rotated(notary, published, tmp_path, role):
    before = targets(notary, published)
    options = ("-r",) if role == "timestamp" else ()
    notary("key", "rotate", published, role, *options, stdin=b"yes\n")
    # a reader that knew the old root, and one that knows none
    assert targets(notary, published) == before
    assert targets(notary, published, folder="newcomer") == before
    notary("add", published, "v2", tmp_path / "file")
    notary("publish", published)
    assert set(targets(notary, published)) == {"v1", "v2"}


def test_a_reader_two_roots_behind_follows_the_chain(notary, published):
    before = targets(notary, published)
    for _ in range(3):
        notary("key", "rotate", published, "root", stdin=b"yes\n")
    assert targets(notary, published) == before


def certificate(folder, name):
    key, pem = folder / f"{name}.key", folder / f"{name}.crt"
    words = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    run(*words, "-nodes", "-keyout", key, "-out", pem, "-days", "30", "-subj", f"/CN={name}")
    return key, pem


def test_delegations_with_paths_of_their_own(notary, published, tmp_path):
    notary("key", "rotate", published, "snapshot", "-r")
    key, pem = certificate(tmp_path, "dev")
    notary("delegation", "add", published, "targets/dev", pem, "--paths", "dev-")
    notary("publish", published)
    notary("key", "import", key, "--role", "dev", folder="dev")
    notary("add", published, "dev-1", tmp_path / "file", "-r", "targets/dev", folder="dev")
    notary("publish", published, folder="dev")
    assert targets(notary, published) == {"v1": "targets", "dev-1": "targets/dev"}
    assert "targets/dev" in notary("delegation", "list", published).out
    notary("delegation", "remove", "-y", published, "targets/dev")
    notary("publish", published)
    assert targets(notary, published) == {"v1": "targets"}


def test_witness_signs_a_role_anew(notary, published):
    notary("witness", published, "targets", "-p")
    assert targets(notary, published) == {"v1": "targets"}


def test_a_deleted_repository_is_gone_and_its_neighbour_is_not(notary, published, gun, tmp_path):
    neighbour = f"{gun}-too"
    notary("init", neighbour)
    notary("add", neighbour, "n1", tmp_path / "file")
    notary("publish", neighbour)
    notary("delete", published, "--remote")
    gone = notary("list", published, folder="newcomer", check=False)
    assert gone.code == 1
    assert "does not have trust data" in gone.text
    assert targets(notary, neighbour) == {"n1": "targets"}
    # and it can be begun again
    notary("init", published)
    notary("add", published, "again", tmp_path / "file")
    notary("publish", published)
    assert targets(notary, published, folder="another") == {"again": "targets"}
