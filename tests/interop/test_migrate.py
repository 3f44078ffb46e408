"""An embedded installation is moved to PostgreSQL and a bucket, and nothing is lost on the way."""

import json
import os
import random
import sqlite3
from base64 import b64encode

import pytest

from faults.test_kill import Owner
from faults.wire import Server, Wire
from inkan.store.layout import DataFolder
from interop.inkan_server import inkan_program
from interop.postgresql_server import PASSWORD as DATABASE_PASSWORD
from interop.processes import run

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]
LARGE = random.Random(6).randbytes(9_000_000)


class Embedded:
    """A server that people have worked with, and that is stopped."""

    def __init__(self, folder):
        inherited = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
        self.folder = folder
        self.server = Server(folder / "data", environment=inherited).start()
        with Wire(self.server.port) as wire:
            wire.make_namespace("team")
            self.tags = {
                f"t{number}": wire.push_image("team/app", f"t{number}", content)
                for number, content in enumerate((b"", b"small", LARGE))
            }
            wire.push_blob("team/other", b"small")
            self.owner = Owner(self.server.port)
            self.owner.publisher.targets_version = 2
            files = self.owner.publisher.push("t3", b"3" * 32)
            wire.publish(self.owner.gun, files)
            # an upload that is on its way stays behind
            wire.call("POST", "/v2/team/app/blobs/uploads/", expect=202)
        assert self.server.stop() == 0
        self.data = DataFolder(folder / "data")
        self.key = b64encode(self.data.key_encryption_key.read_bytes()).decode()

    def inkan(self, ceph, *words, check=True):
        environment = {**ceph.environment, "PGPASSWORD": DATABASE_PASSWORD}
        return run(inkan_program(), *words, env=environment, check=check)

    def check(self, wire: Wire):
        for number, (tag, (blob, manifest)) in enumerate(self.tags.items()):
            answer = wire.call("GET", f"/v2/team/app/manifests/{tag}", expect=200)
            assert answer.headers["docker-content-digest"] == manifest
            content = (b"", b"small", LARGE)[number]
            assert wire.call("GET", f"/v2/team/app/blobs/{blob}", expect=200).body == content
        self.owner.check(wire)


@pytest.fixture
def embedded(tmp_path):
    return Embedded(tmp_path)


def test_everything_is_moved_and_works_as_before(embedded, postgresql, ceph, tmp_path):
    database, blobs = postgresql.new_database("moved"), "s3://inkan-moved/a"
    checks = json.loads(embedded.inkan(ceph, "storage-check", "--database", postgresql.new_database("probed"), "--blobs", blobs, "-o", "json", check=False).out)["checks"]  # fmt: skip
    verdicts = {one["what"]: one["verdict"] for one in checks}
    # the cluster of the tests has fsync off, and is told so
    assert verdicts.pop("durable commits") == "bad"
    assert verdicts.pop("conditional writes") == "not relied on"
    assert set(verdicts.values()) == {"good"}, checks
    assert len(verdicts) == 11
    words = ("migrate", "--data", embedded.data.root, "--to", database, "--to", blobs)
    moved = json.loads(embedded.inkan(ceph, *words, "-o", "json").out)
    assert moved["blobs"] == 3
    assert moved["copied_bytes"] == len(LARGE) + 5
    assert moved["rows"]["tags"] == 3
    assert "uploads" not in moved["rows"]
    # once more is refused, as there is something there
    again = embedded.inkan(ceph, *words, check=False)
    assert again.code != 0
    assert "not empty" in again.err
    (tmp_path / "new").mkdir()
    shared = {
        **ceph.environment,
        "PGPASSWORD": DATABASE_PASSWORD,
        "INKAN_DATABASE": database,
        "INKAN_BLOBS": blobs,
        "INKAN_KEY_ENCRYPTION_KEY": embedded.key,
        "INKAN_HOST": f"localhost:{embedded.server.port}",
        **embedded.server.environment,
    }
    server = Server(tmp_path / "new" / "data", environment=shared).start()
    with Wire(server.port) as wire:
        embedded.check(wire)
        # and life goes on: numbers that the engine gives go on after the highest
        wire.push_image("team/app", "t9", b"new")
        wire.publish(embedded.owner.gun, embedded.owner.publisher.push("t4", b"4" * 32))
    assert server.stop() == 0
    # the old one is as it was
    server = embedded.server.start()
    with Wire(server.port) as wire:
        embedded.check(wire)
    assert server.stop() == 0


def test_a_damaged_blob_stops_the_move_before_any_fact_is_written(embedded, postgresql, ceph):
    database = postgresql.new_database("damaged")
    with sqlite3.connect(embedded.data.database) as facts:
        (key,) = facts.execute(
            "SELECT storage_key FROM blobs WHERE size_bytes = 9000000"
        ).fetchone()
    facts.close()
    path = embedded.data.blob(key)
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(8_500_000)
        file.write(b"damage")
    words = (
        "migrate",
        "--data",
        embedded.data.root,
        "--to",
        database,
        "--to",
        "s3://inkan-moved/b",
    )
    ended = embedded.inkan(ceph, *words, check=False)
    assert ended.code != 0
    assert postgresql.sql("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'", "damaged") == "0"  # fmt: skip


def test_blobs_alone_may_go(embedded, ceph):
    embedded.inkan(ceph, "migrate", "--data", embedded.data.root, "--to", "s3://inkan-moved/c")
    embedded.server.environment = {**embedded.server.environment, **ceph.environment, "INKAN_BLOBS": "s3://inkan-moved/c"}  # fmt: skip
    server = embedded.server.start()
    with Wire(server.port) as wire:
        embedded.check(wire)
        wire.push_image("team/app", "t9", b"new")
    assert server.stop() == 0


def test_a_running_server_and_a_target_that_is_none_are_refused(embedded, postgresql, ceph):
    server = embedded.server.start()
    ended = embedded.inkan(ceph, "migrate", "--data", embedded.data.root, "--to", "s3://inkan-moved/d", check=False)  # fmt: skip
    assert ended.code != 0
    assert "another server is using" in ended.err
    server.stop()
    ended = embedded.inkan(ceph, "migrate", "--data", embedded.data.root, "--to", "mysql://x/y", check=False)  # fmt: skip
    assert ended.code != 0
    assert "postgresql://" in ended.err
