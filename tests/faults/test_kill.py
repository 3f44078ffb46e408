"""What was acknowledged survives kill -9: blobs, tags, metadata versions; and the collection still verifies."""

import random
import threading
import time
from hashlib import sha256

import pytest

from faults.collection_owner import CUT, Owner
from faults.wire import Server, Wire
from inkan.tuf.metadata import parse_timestamp

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
WANTED, KILLS = 100, 100


class Pusher:
    """Pushes images until the server dies; new tags, and one tag that moves."""

    def __init__(self, number: int):
        self.repository = f"team/pusher{number}"
        self.random = random.Random(number)
        self.blobs, self.tags, self.maybe_moved = {}, {}, set()
        self.count = 0

    def work(self, port: int):
        with Wire(port) as wire:
            self.push(wire)

    def push(self, wire: Wire):
        try:
            while True:
                self.count += 1
                content = self.random.randbytes(self.random.choice([10, 5_000, 300_000]))
                for tag in (f"t{self.count}", "moving"):
                    # whatever is on its way may or may not be there afterwards
                    self.maybe_moved.add(sha256(content).hexdigest())
                    blob, manifest = wire.push_image(self.repository, tag, content)
                    self.blobs[blob], self.tags[tag] = content, manifest
                    self.maybe_moved.clear()
        except CUT:
            return

    def check(self, wire: Wire):
        for blob, content in self.blobs.items():
            assert (
                wire.call("GET", f"/v2/{self.repository}/blobs/{blob}", expect=200).body == content
            )
        for tag, manifest in self.tags.items():
            answer = wire.call("GET", f"/v2/{self.repository}/manifests/{tag}", expect=200)
            assert (
                f"sha256:{sha256(answer.body).hexdigest()}"
                == answer.headers["docker-content-digest"]
            )
            if tag != "moving" or not self.maybe_moved:
                assert answer.headers["docker-content-digest"] == manifest


class Reader:
    """Reads the timestamp of a collection that nobody publishes to, so that the server renews it again and again."""

    def __init__(self, port: int):
        self.owner = Owner(port, "renewed")
        self.newest = 0

    def work(self, port: int):
        with Wire(port) as wire:
            try:
                while True:
                    found = parse_timestamp(wire.metadata(self.owner.gun, "timestamp")).version
                    assert found >= self.newest
                    self.newest = found
            except CUT:
                return

    def check(self, wire: Wire):
        assert parse_timestamp(wire.metadata(self.owner.gun, "timestamp")).version >= self.newest
        self.owner.check(wire)


def test_STO_001_002_kill_9_loses_nothing_acknowledged(tmp_path):
    # every read of a timestamp that is half a second old renews it
    quick = {"INKAN_TIMESTAMP_LIFETIME": "1s"}
    server = Server(tmp_path / "data", environment=quick).start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
    pushers, owner, reader = [Pusher(1), Pusher(2)], Owner(server.port), Reader(server.port)
    chance = random.Random(5000)
    kills = 0
    while (
        kills < KILLS
        or sum(len(p.tags) for p in pushers) < WANTED
        or len(owner.acknowledged) < WANTED
    ):
        workers = [
            threading.Thread(target=w.work, args=(server.port,)) for w in (*pushers, owner, reader)
        ]
        for worker in workers:
            worker.start()
        time.sleep(chance.uniform(0.05, 0.5))
        server.kill()
        for worker in workers:
            worker.join(timeout=30)
            assert not worker.is_alive()
        kills += 1
        server.start()
        with Wire(server.port) as wire:
            for witness in (*pushers, owner, reader):
                witness.check(wire)
    assert server.stop() == 0
    print(
        f"{kills} kills, {sum(len(p.tags) for p in pushers)} pushes, {len(owner.acknowledged)} publishes, "
        f"{reader.newest} renewals"
    )
