"""A full disk: nothing is promised that cannot be kept, reading goes on, and room is all it takes to go on writing."""

import os
import shutil
import subprocess

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
    subprocess.run(["umount", str(folder)], check=True)


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
