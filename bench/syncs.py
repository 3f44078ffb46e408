"""How often a server asks the disk to sync for a push of two layers: counted by strace. `python bench/syncs.py [--write]`."""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import page
from peers import Peer
from servers import docker_registry, inkan

CALLS = "fsync,fdatasync,sync_file_range,syncfs,sync"
MOST, PUSHES = 10, 3


def counted(peer: Peer, folder: Path) -> Counter:
    """Return which calls the server makes while an image of two layers is pushed."""
    kept = folder / f"{peer.name}.strace"
    command = ["strace", "-f", "-e", f"trace={CALLS}", "-o", kept, "-p", str(peer.process.pid)]
    watcher = subprocess.Popen(list(map(str, command)), stderr=subprocess.DEVNULL)
    tracer = Path(f"/proc/{peer.process.pid}/status")
    while f"TracerPid:\t{watcher.pid}" not in tracer.read_text():
        time.sleep(0.05)
    time.sleep(0.5)
    peer.push_image("two-layers", os.urandom(65_536), os.urandom(65_536))
    time.sleep(0.5)
    watcher.send_signal(signal.SIGINT)
    watcher.wait()
    return Counter(re.findall(r"^\d+ +([a-z_]+)\(", kept.read_text(), re.MULTILINE))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into bench/README.md")
    options = parser.parse_args()
    if not shutil.which("strace"):
        sys.exit("bench: apt-get install strace first")
    lines = ["| server | syncs | of which | goal |", "|---|---|---|---|"]
    for make, goal in ((inkan, MOST), (docker_registry, None)):
        with tempfile.TemporaryDirectory(prefix="inkan-bench-") as name:
            peer = make(Path(name))
            try:
                # the first push makes what every later one finds
                peer.push_image("before")
                counts = [counted(peer, Path(name)) for _ in range(PUSHES)]
            finally:
                peer.stop()
        # a job of the server's own may sync in between
        calls = sorted(counts, key=Counter.total)[PUSHES // 2]
        said = f"≤ {goal} {'met' if calls.total() <= goal else '**missed**'}" if goal else ""
        each = ", ".join(f"{count} {call}" for call, count in calls.items())
        lines.append(f"| {peer.name} | {calls.total()} | {each} | {said} |")
    print("\n".join(lines))
    if options.write:
        page.put("syncs", [f"{page.machine()}.", "", *lines])


if __name__ == "__main__":
    main()
