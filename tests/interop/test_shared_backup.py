"""What several servers share is backed up while people push, and restored into an embedded server and into another database and bucket: every image and signature is there."""

import base64
import json
import os
import threading

import pytest

from inkan.testing.images import make_image
from interop.inkan_server import InkanServer
from interop.postgresql_server import PASSWORD as DATABASE_PASSWORD

PASSPHRASES = {
    "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": "root-pass-1234",
    "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": "repo-pass-1234",
}
KEY = "17" * 32

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


class Shared(InkanServer):
    """A server on PostgreSQL and a bucket."""

    def __init__(self, folder, postgresql, ceph, name):
        folder.mkdir()
        super().__init__(folder)
        self.shared = {
            **ceph.environment,
            "PGPASSWORD": DATABASE_PASSWORD,
            "INKAN_DATABASE": postgresql.new_database(name),
            "INKAN_BLOBS": f"s3://inkan-backup/{name}",
            "INKAN_KEY_ENCRYPTION_KEY": KEY,
        }
        self.environment |= self.shared


@pytest.fixture
def server(postgresql, ceph, tmp_path):
    server = Shared(tmp_path / "one", postgresql, ceph, "backed-up").start().log_in()
    server.inkan("namespace-add", "team")
    yield server
    server.daemon.end()


def push(server, number):
    image = server.folder / f"image{number}"
    make_image(image, b"layer %d" % number * 500)
    server.inkan("push", "--from", image, f"{server.host}/team/app:v{number}", env=PASSPHRASES)


def check(server, count, folder):
    """Every image is pulled by its signature."""
    for number in range(count):
        server.inkan("pull", "--to", folder / f"back{number}", f"{server.host}/team/app:v{number}")


def test_STO_041_what_servers_share_is_backed_up_and_restored_into_either_kind(server, postgresql, ceph, tmp_path):  # fmt: skip
    push(server, 0)
    backup = tmp_path / "backup"
    stop, pushed = threading.Event(), [0]

    def go_on():
        while not stop.is_set():
            push(server, len(pushed))
            pushed.append(len(pushed))

    pusher = threading.Thread(target=go_on)
    pusher.start()
    try:
        for _ in range(3):
            before = len(pushed)
            server.inkan("backup", backup)
    finally:
        stop.set()
        pusher.join()
    assert before >= 1
    assert (backup / "key-encryption-key").read_bytes() == bytes.fromhex(KEY)
    assert (backup / "key-encryption-key").stat().st_mode & 0o077 == 0
    last = json.loads(server.inkan("backup", backup, "-o", "json").out)
    assert last["skipped"] == []
    assert json.loads(server.inkan("backup", backup, "-o", "json").out)["copied_bytes"] == 0
    assert server.stop() == 0
    # into an embedded server under the same name, so that its clients go on
    shared, server.environment = server.environment, {k: v for k, v in server.environment.items() if k not in server.shared}  # fmt: skip
    server.data = tmp_path / "embedded"
    server.command[server.command.index("--data") + 1] = server.data
    server.inkan("restore", backup, "--data", server.data)
    assert server.inkan("fsck", "--data", server.data).code == 0
    server.start()
    server.environment["INKAN_CONFIG"] = str(tmp_path / "embedded.json")
    server.log_in()
    check(server, len(pushed), tmp_path / "from-embedded")
    assert server.stop() == 0
    # and into another database and another bucket
    server.environment = {
        **shared,
        "INKAN_CONFIG": str(tmp_path / "again.json"),
        "INKAN_DATABASE": postgresql.new_database("restored"),
        "INKAN_BLOBS": "s3://inkan-backup/restored",
    }
    other_key = {"INKAN_KEY_ENCRYPTION_KEY": "18" * 32}
    refused = server.inkan("restore", backup, env=other_key, check=False)
    assert "INKAN_KEY_ENCRYPTION_KEY" in refused.err
    restored = json.loads(server.inkan("restore", backup, "-o", "json").out)
    assert restored["blobs"] == last["blobs"]
    assert "not empty" in server.inkan("restore", backup, check=False).err
    assert json.loads(server.inkan("fsck", "-o", "json").out)["damage"] == []
    server.data = tmp_path / "restored"
    server.command[server.command.index("--data") + 1] = server.data
    server.start().log_in()
    check(server, len(pushed), tmp_path / "from-shared")
    # and life goes on, with the same keys
    push(server, 900)
    server.inkan("trust", "verify", f"{server.host}/team/app:v900")


def test_a_damaged_object_stops_a_backup_and_leaves_the_one_before(server, postgresql, ceph, tmp_path):  # fmt: skip
    from obstore.store import S3Store

    from interop.ceph_server import ACCESS_KEY, SECRET_KEY

    push(server, 0)
    backup = tmp_path / "backup"
    server.inkan("backup", backup)
    before = (backup / "inkan.db").read_bytes()
    push(server, 1)
    rows = postgresql.sql("SELECT storage_key, size_bytes FROM blobs ORDER BY size_bytes DESC", "backed-up")  # fmt: skip
    known = {path.name for path in (backup / "blobs").rglob("*") if path.is_file()}
    new = [row.split("|") for row in rows.splitlines() if not any(row.split("|")[0].split("/")[1][:8] in name for name in known)]  # fmt: skip
    store = S3Store("inkan-backup", prefix="backed-up", config={"endpoint": ceph.endpoint, "access_key_id": ACCESS_KEY, "secret_access_key": SECRET_KEY, "region": "us-east-1"}, client_options={"allow_http": True})  # fmt: skip
    key, size = new[0]
    store.put(f"blobs/{key}", b"?" * int(size))
    refused = server.inkan("backup", backup, check=False)
    assert refused.code == 8, refused.text
    assert (backup / "inkan.db").read_bytes() == before
    assert not list((backup / "blobs").rglob("*.partial"))


def test_a_backup_is_refused_where_it_would_be_none(server, tmp_path):
    assert "the data folder itself" in server.inkan("backup", server.data, "--data", server.data, check=False).err  # fmt: skip
    half = {**os.environ, "INKAN_BLOBS": ""}
    server.inkan("backup", tmp_path / "backup")
    assert "give both or neither" in server.inkan("restore", tmp_path / "backup", env={"INKAN_BLOBS": half["INKAN_BLOBS"]}, check=False).err  # fmt: skip
    assert base64.b64encode(bytes.fromhex(KEY)).decode() not in server.log()
