"""A full disk: nothing is promised that cannot be kept, reading goes on, and room is all it takes to go on writing."""

import contextlib
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from faults.wire import Server, Wire

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
MIB = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("a small disk of one's own needs root to mount it")
    folder = tmp_path / "disk"
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a tmpfs")
    yield folder
    # at once, whoever a test that failed has left on it
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_STO_006_007_008_a_full_disk_is_said_and_survived(small_disk):
    server = Server(small_disk / "data").start()
    kept, refusals = [], []
    with Wire(server.port) as wire:
        wire.make_namespace("team")
        wire.push_image("team/app", "v1", b"first")
        for _ in range(12):
            content = os.urandom(2 * MIB)
            try:
                kept.append((wire.push_blob("team/app", content), content))
            except AssertionError as refused:
                refusals.append(str(refused))
        assert 3 <= len(kept) < 12
        for refused in refusals:
            assert "503" in refused
            assert "the storage is full" in refused
            assert str(small_disk) not in refused
        # what was acknowledged is there, and what was not has left the room it took
        for digest, content in kept:
            assert wire.call("GET", f"/v2/team/app/blobs/{digest}", expect=200).body == content
        wire.call("GET", "/v2/team/app/manifests/v1", expect=200)
        left = sum(path.stat().st_size for path in (small_disk / "data" / "uploads").iterdir())
        assert left < MIB
        subprocess.run(["mount", "-o", "remount,size=32m", str(small_disk)], check=True)
        wire.push_image("team/app", "v2", os.urandom(MIB))
    assert server.stop() == 0


def ready(wire):
    return json.loads(wire.call("GET", "/health/ready", expect=200).body)["status"]


def push_until_full(wire, size):
    """Push blobs that nothing names until one is refused; return how many were not."""
    for number in itertools.count():
        try:
            wire.push_blob("team/app", os.urandom(size))
        except AssertionError as refused:
            assert "the storage is full" in str(refused)  # noqa: PT017 - what the answer says
            return number
    raise AssertionError


def fill(folder):
    """Take all room that there is, as whatever else writes to the disk may."""
    with (folder / "others").open("wb", buffering=0) as file:
        for size in (MIB, 4096, 512, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
    return folder / "others"


def test_STO_009_on_a_disk_full_of_blobs_garbage_goes_and_acts_are_noted(small_disk):
    server = Server(small_disk / "data")
    launcher = str(Path(__file__).with_name("dying_server.py"))
    # a collector that waits for nobody, and a server that does not die
    server.program = [sys.executable, launcher, str(server.data), str(small_disk / "no"), "greedy"]
    server.start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
        wire.push_image("team/app", "v1", b"first")
        assert ready(wire) == "ok"
        unneeded = push_until_full(wire, MIB) + push_until_full(wire, 64 * 1024)
        assert unneeded >= 3
        assert ready(wire) == "reading only"
        # who acts is noted before it hears of it; a tag can be moved, an image be deleted
        first = wire.call("GET", "/v2/team/app/manifests/v1", expect=200)
        kind = {"Content-Type": first.headers["content-type"]}
        wire.call("PUT", "/v2/team/app/manifests/v2", first.body, kind, 201)
        wire.call("DELETE", "/v2/team/app/manifests/v2", expect=202)
        events = wire.call("GET", "/api/v1/audit-log?limit=50", expect=200).body
        assert events.count(b"/v2/team/app/manifests/v2") == 2
        for _ in range(2):
            swept = json.loads(wire.call("POST", "/api/v1/garbage", expect=200).body)
        assert swept["keys"] == unneeded
        began = time.monotonic()
        wire.push_image("team/app", "v3", os.urandom(MIB))
        assert time.monotonic() - began < 1
        assert ready(wire) == "ok"
    assert server.stop() == 0


def test_STO_009_on_a_disk_without_a_byte_left_no_log_stops_a_reader(small_disk):
    # its log is on the same disk, and every request is a line of it
    server = Server(small_disk / "data", "--log-level", "info").start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
        blob, manifest = wire.push_image("team/app", "v1", b"first")
        others = fill(small_disk)
        for _ in range(300):
            wire.call("GET", f"/v2/team/app/manifests/{manifest}", expect=200)
            assert wire.call("GET", f"/v2/team/app/blobs/{blob}", expect=200).body == b"first"
            # a log-in is noted when there is room again, a refusal too
            wire.call("GET", "/token?service=inkan&scope=repository:team/app:pull", expect=200)
            refused = wire.call("GET", "/v2/", headers={"Authorization": "Basic YTpi"})
            assert refused.status in (401, 429)
        assert ready(wire) == "reading only"
        refused = wire.call("POST", "/v2/team/app/blobs/uploads/")
        assert refused.status in (202, 503)
        with pytest.raises(AssertionError, match="the storage is full"):
            wire.push_blob("team/app", b"another")
        others.unlink()
        began = time.monotonic()
        wire.push_image("team/app", "v2", b"second")
        assert time.monotonic() - began < 1
        assert ready(wire) == "ok"
    assert server.stop() == 0
