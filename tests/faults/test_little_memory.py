"""A server that has 256 MiB, under requests that ask for all there is: it is not ended for want of memory, and serves who asks for little."""

import contextlib
import http.client
import json
import os
import random
import resource
import socket
import threading
import time
from pathlib import Path

import pytest

from faults.wire import MANIFEST, Server, Wire

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
MIB = 1024 * 1024
LIMIT, SECONDS, ATTACKERS = 256 * MIB, 25, 8
CUT = (OSError, http.client.HTTPException)
TRUST = "/v2/localhost:5000/team/app/_trust/tuf/"


@contextlib.contextmanager
def little_memory(server):
    """Let a server have no more than the limit: by a control group, where this machine lets us make one, else by its own limit."""
    group = Path("/sys/fs/cgroup/memory") / f"inkan-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(LIMIT))
        (group / "cgroup.procs").write_text(str(server.process.pid))
    except OSError:
        with contextlib.suppress(OSError):
            group.rmdir()
        resource.prlimit(server.process.pid, resource.RLIMIT_DATA, (LIMIT, LIMIT))
        yield "its own limit"
        return
    try:
        yield "a control group"
    finally:
        assert "oom_kill 0" in (group / "memory.oom_control").read_text()
        server.kill()
        group.rmdir()


class Attacker(threading.Thread):
    """Sends what costs most, one thing after another."""

    def __init__(self, number, port, until):
        super().__init__(daemon=True)
        self.dice, self.port, self.until = random.Random(number), port, until
        self.statuses = []

    def run(self):
        acts = (self.manifest, self.deep, self.upload, self.parts, self.log_in, self.noise, self.head, self.pull)  # fmt: skip
        while time.monotonic() < self.until:
            with contextlib.suppress(*CUT), Wire(self.port) as wire:
                wire.connection.timeout = 20
                for _ in range(5):
                    self.dice.choice(acts)(wire)

    def send(self, wire, *words):
        self.statuses.append(wire.call(*words).status)

    def put(self, wire, raw):
        self.send(wire, "PUT", f"/v2/team/app/manifests/t{self.dice.randrange(9)}", raw, {"Content-Type": MANIFEST})  # fmt: skip

    def manifest(self, wire):
        layer = {"mediaType": "l", "digest": "sha256:" + "a" * 64, "size": 1}
        tree = {"schemaVersion": 2, "mediaType": MANIFEST, "config": layer, "layers": [layer] * 30_000}  # fmt: skip
        self.put(wire, json.dumps(tree).encode()[: self.dice.choice([4 * MIB, 3 * MIB])])

    def deep(self, wire):
        self.put(wire, self.dice.choice([b"[", b'{"a":', b'["a",']) * 600_000)

    def upload(self, wire):
        begun = wire.call("POST", "/v2/team/app/blobs/uploads/", expect=202)
        size = self.dice.choice([MIB, 16 * MIB])
        self.send(wire, "PATCH", begun.headers["location"], b"x" * size)
        self.send(wire, "DELETE", begun.headers["location"])

    def parts(self, wire):
        part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="targets"\r\n\r\n'
        body = part + os.urandom(MIB) * self.dice.choice([1, 19, 60]) + b"\r\n--b--\r\n"
        self.send(wire, "POST", TRUST, body, {"Content-Type": "multipart/form-data; boundary=b"})

    def log_in(self, wire):
        self.send(wire, "GET", "/v2/", b"", {"Authorization": f"Basic YWRtaW46{self.dice.randrange(10**6):06d}"})  # fmt: skip

    def noise(self, _wire):
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as raw:
            raw.sendall(self.dice.randbytes(self.dice.choice([10, 5_000, 300_000])))
            raw.recv(1000)

    def head(self, wire):
        self.send(wire, "GET", "/v2/", b"", {f"X-{n}": "y" * 900 for n in range(60)})

    def pull(self, wire):
        self.send(wire, "GET", "/v2/team/app/manifests/good")


def test_NET_015_256_MiB_are_enough_under_whatever_is_sent(tmp_path):
    server = Server(tmp_path / "data").start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
        wire.push_image("team/app", "good", b"x" * MIB)
    with little_memory(server) as how:
        until = time.monotonic() + SECONDS
        attackers = [Attacker(number, server.port, until) for number in range(ATTACKERS)]
        for one in attackers:
            one.start()
        for one in attackers:
            one.join(SECONDS + 60)
        statuses = [status for one in attackers for status in one.statuses]
        counts = {status: statuses.count(status) for status in sorted(set(statuses))}
        print(f"{how}: peak {server.peak_kib() // 1024} MiB, {len(statuses)} answers: {counts}")
        assert server.process.poll() is None
        # also what it had before it was put there
        assert server.peak_kib() * 1024 < LIMIT
        assert len(statuses) > 100
        assert not {status for status in counts if status >= 500 and status != 503}
        with Wire(server.port) as wire:
            wire.call("GET", "/health/ready", expect=200)
            wire.push_image("team/app", "after", b"after")
            wire.call("GET", "/v2/team/app/manifests/good", expect=200)
