"""The owner of a trust collection, who publishes one version after another and checks that none is lost."""

import http.client

from faults.wire import Wire
from inkan.clock import SystemClock
from inkan.strict_json import parse
from inkan.testing.publisher import Publisher
from inkan.tuf.keys import PublicKey
from inkan.tuf.metadata import parse_root, parse_snapshot, parse_targets, parse_timestamp
from inkan.tuf.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from inkan.tuf.verify import require_threshold

CUT = (OSError, http.client.HTTPException)


class Owner:
    """Publishes until the server dies."""

    def __init__(self, port: int, name="signed"):
        self.gun = f"localhost:{port}/team/{name}"
        self.acknowledged = {}
        with Wire(port) as wire:
            keys = {
                role: PublicKey.from_json(self.key(wire, role)) for role in (SNAPSHOT, TIMESTAMP)
            }
            self.publisher = Publisher(self.gun, keys, now=SystemClock().now())
            files = self.publisher.first_push("t0", b"0" * 32)
            wire.publish(self.gun, files)
        self.acknowledged[2] = files[TARGETS]

    def key(self, wire, role):
        answer = wire.call("GET", f"/v2/{self.gun}/_trust/tuf/{role}.key", expect=200)
        return parse(answer.body, limit_bytes=10_000)

    def work(self, port: int):
        with Wire(port) as wire:
            self.publish(wire)

    def publish(self, wire: Wire):
        try:
            # what was on its way when the server died may have been kept: go on from what is there
            held = parse_targets(wire.metadata(self.gun, "targets"))
            self.publisher.targets_version = held.version
            while True:
                self.publish_next(wire)
        except CUT:
            return

    def publish_next(self, wire: Wire):
        version = self.publisher.targets_version + 1
        files = self.publisher.push(f"t{version % 200}", version.to_bytes(32))
        wire.publish(self.gun, files)
        self.acknowledged[version] = files[TARGETS]

    def check(self, wire: Wire):
        root = parse_root(wire.metadata(self.gun, "root"))
        timestamp = parse_timestamp(wire.metadata(self.gun, "timestamp"))
        require_threshold(root.role_keys(TIMESTAMP), timestamp.signatures, timestamp.message)
        name = timestamp.meta[SNAPSHOT].hashes["sha256"].hex()
        snapshot = parse_snapshot(wire.metadata(self.gun, f"snapshot.{name}"))
        timestamp.meta[SNAPSHOT].require_match(SNAPSHOT, snapshot.raw)
        require_threshold(root.role_keys(SNAPSHOT), snapshot.signatures, snapshot.message)
        snapshot.meta[ROOT].require_match(ROOT, root.raw)
        targets = parse_targets(
            wire.metadata(self.gun, f"targets.{snapshot.meta[TARGETS].hashes['sha256'].hex()}")
        )
        require_threshold(root.role_keys(TARGETS), targets.signatures, targets.message)
        assert targets.version >= max(self.acknowledged)
        for version, raw in self.acknowledged.items():
            assert wire.metadata(self.gun, f"{version}.targets") == raw
