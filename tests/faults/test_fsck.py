"""What is damaged is found, put aside, never served as good, and healed by the next push."""

import json
import sqlite3

import pytest

from inkan.testing.images import make_image
from interop.inkan_server import InkanServer

LAYER = b"a layer" * 1000

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def server(tmp_path):
    server = InkanServer(tmp_path).start().log_in()
    server.inkan("namespace-add", "team")
    yield server
    server.stop()


@pytest.fixture
def pushed(server, tmp_path):
    make_image(tmp_path / "image", LAYER)
    push(server, "app")
    push(server, "other")
    return tmp_path / "image"


def push(server, name, check=True):
    words = ("push", "--disable-content-trust", "--from", server.folder / "image")
    return server.inkan(*words, f"{server.host}/team/{name}:1.0", check=check)


def pull(server, name):
    words = ("pull", "--disable-content-trust", "--to", server.folder / f"pulled-{name}")
    return server.inkan(*words, f"{server.host}/team/{name}:1.0", check=False)


def fsck(server, *words):
    ended = server.inkan("fsck", "--data", server.data, "-o", "json", *words, check=False)
    return ended.code, json.loads(ended.out)["damage"]


def blob_file(server, content):
    (found,) = [
        path
        for path in (server.data / "blobs").rglob("*")
        if path.is_file() and path.stat().st_size == len(content)
    ]
    return found


def test_all_is_well_and_a_running_server_is_left_alone(server, pushed):
    held = server.inkan("fsck", "--data", server.data, check=False)
    assert (held.code, "another server is using" in held.err) == (7, True)
    server.stop()
    assert fsck(server) == (0, [])
    nothing = server.inkan("fsck", "--data", server.folder / "none", check=False)
    assert (nothing.code, "no data folder" in nothing.err) == (7, True)
    server.start()


@pytest.mark.parametrize("damage", ["others", "fewer", "gone"])
def test_STO_013_016_a_damaged_blob_is_found_quarantined_and_healed_by_a_push(
    server, pushed, damage
):
    path = blob_file(server, LAYER)
    server.stop()
    if damage == "others":
        path.write_bytes(b"A" + LAYER[1:])
    elif damage == "fewer":
        path.write_bytes(LAYER[:-1])
    else:
        path.unlink()
    code, (found,) = fsck(server)
    assert (code, found["kind"]) == (8, "blob")
    assert "team/app, team/other" in found["detail"]
    code, _ = fsck(server, "--repair")
    assert code == 8
    assert not path.exists()
    assert len(list((server.data / "quarantine").glob("*"))) == (0 if damage == "gone" else 1)
    server.start()
    refused = pull(server, "app")
    assert refused.code != 0
    # one push heals it for both repositories
    assert "pushed" in push(server, "app").err
    for name in ("app", "other"):
        assert pull(server, name).code == 0
    server.stop()
    assert fsck(server) == (0, [])
    server.start()


def test_damaged_documents_and_what_a_crash_has_left_are_found(server, pushed):
    path = blob_file(server, LAYER)
    server.stop()
    orphan = path.with_name(path.name[:-8] + "00000000")
    orphan.write_bytes(b"brought, and never linked")
    upload = server.data / "uploads" / ("0" * 32)
    upload.write_bytes(b"begun, and never noted")
    with sqlite3.connect(server.data / "inkan.db") as database:
        database.execute("UPDATE manifests SET payload = X'7B7D' WHERE repository = 'team/app'")
    database.close()
    code, found = fsck(server)
    assert (code, [one["kind"] for one in found]) == (8, ["manifest", "orphan", "orphan"])
    fsck(server, "--repair")
    assert not orphan.exists()
    assert not upload.exists()
    server.start()
    assert pull(server, "app").code != 0
    push(server, "app")
    assert pull(server, "app").code == 0
    server.stop()
    assert fsck(server) == (0, [])
    server.start()
