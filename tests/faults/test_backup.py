"""A server is backed up while it runs and people push, restored elsewhere, and every image and signature of the backup is there."""

import shutil
import threading

import pytest

from inkan.testing.images import make_image
from interop.inkan_server import InkanServer

PASSPHRASES = {
    "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": "root-pass-1234",
    "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": "repo-pass-1234",
}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def server(tmp_path):
    server = InkanServer(tmp_path / "one").start
    (tmp_path / "one").mkdir()
    running = server().log_in()
    running.inkan("namespace-add", "team")
    yield running
    running.stop()


def push(server, number):
    image = server.folder / f"image{number}"
    make_image(image, b"layer %d" % number * 500)
    server.inkan("push", "--from", image, f"{server.host}/team/app:v{number}", env=PASSPHRASES)


def test_STO_041_a_backup_of_a_running_server_is_restored_and_pulled_from(server, tmp_path):
    push(server, 0)
    stop, pushed = threading.Event(), []

    def go_on():
        while not stop.is_set():
            push(server, len(pushed) + 1)
            pushed.append(len(pushed) + 1)

    pusher = threading.Thread(target=go_on)
    pusher.start()
    for _ in range(3):
        before = len(pushed)
        server.inkan("backup", tmp_path / "backup", "--data", server.data)
    stop.set()
    pusher.join()
    assert (tmp_path / "backup" / "key-encryption-key").stat().st_mode & 0o077 == 0
    again = server.inkan("backup", tmp_path / "backup", "--data", server.data).out
    assert "0 bytes of them new" in server.inkan("backup", tmp_path / "backup", "--data", server.data).out  # fmt: skip
    assert "blobs are backed up" in again
    # all is lost
    server.stop()
    shutil.rmtree(server.data)
    server.inkan("restore", tmp_path / "backup", "--data", server.data)
    refused = server.inkan("restore", tmp_path / "backup", "--data", server.data, check=False)
    assert (refused.code, "not empty" in refused.err) == (4, True)
    assert server.inkan("fsck", "--data", server.data).code == 0
    server.start()
    assert before <= len(pushed)
    for number in range(len(pushed) + 1):
        server.inkan(
            "pull", "--to", tmp_path / f"back{number}", f"{server.host}/team/app:v{number}"
        )
    # it goes on as if nothing had happened, with the same keys
    push(server, 900)
    server.inkan("trust", "verify", f"{server.host}/team/app:v900")


def test_a_backup_of_damaged_bytes_is_none(server, tmp_path):
    push(server, 0)
    (blob,) = [
        path
        for path in (server.data / "blobs").rglob("*")
        if path.is_file() and path.stat().st_size == 3500
    ]
    blob.write_bytes(b"x" * 3500)
    refused = server.inkan("backup", tmp_path / "backup", "--data", server.data, check=False)
    assert refused.code == 8
    itself = server.inkan("backup", server.data, "--data", server.data, check=False)
    assert (itself.code, "the data folder itself" in itself.err) == (4, True)
    (tmp_path / "two").mkdir()
    with InkanServer(tmp_path / "two") as other:
        busy = server.inkan("backup", other.data, "--data", server.data, check=False)
        assert (busy.code, "another server is using" in busy.err) == (7, True)
    nothing = server.inkan("backup", tmp_path / "b", "--data", tmp_path / "none", check=False)
    assert nothing.code == 7
