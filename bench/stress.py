"""A crowd: a thousand clients pull and a hundred push at once. No error, and how long the slowest hundredth waits; memory.

`python bench/stress.py [--seconds N] [--write]`; each client has a kept connection and does not pause. The clients are two processes on the same machine.
"""

import argparse
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import page  # noqa: E402
from peers import Peer  # noqa: E402
from servers import docker_registry, inkan  # noqa: E402

from faults.crowd import Tally, pullers, pushers  # noqa: E402
from inkan.server.listeners import open_files  # noqa: E402

PULLERS, PUSHERS = 1_000, 100
LAYER_BYTES = 64 * 1024
TAGS = [f"v{number}" for number in range(20)]
ACTS = ("manifest GET", "blob GET", "upload POST", "upload PATCH", "upload PUT", "manifest PUT")


class MemoryWatch(threading.Thread):
    """Looks at a server's memory all the time."""

    def __init__(self, peer: Peer):
        super().__init__(daemon=True)
        self.peer, self.most, self.is_over = peer, 0.0, False

    def run(self) -> None:
        while not self.is_over:
            self.most = max(self.most, self.peer.resident_mib())
            time.sleep(0.2)


def crowd(peer: Peer, seconds: int) -> tuple[Tally, float]:
    """Return what the crowd saw of a server, and how much memory that had at most."""
    for tag in TAGS:
        peer.push_image(tag, tag.encode() * (LAYER_BYTES // len(tag)))
    watch = MemoryWatch(peer)
    watch.start()
    fields = {name: value for name, value in peer.headers.items() if name != "Accept"}
    with ProcessPoolExecutor(2) as processes:
        asked = (peer.port, fields, "team/bench")
        running = [
            processes.submit(pullers, PULLERS, *asked, TAGS, seconds),
            processes.submit(pushers, PUSHERS, *asked, LAYER_BYTES, seconds),
        ]
        tally = Tally()
        for one in running:
            tally.add(one.result())
    watch.is_over = True
    return tally, watch.most


def column(tally: Tally, memory: float, seconds: int) -> list[str]:
    waits = [f"{tally.centile(act, 0.5) * 1000:,.0f} / {tally.centile(act, 0.99) * 1000:,.0f}" for act in ACTS]  # fmt: skip
    rates = [f"{tally.done[what] / seconds:,.0f}" for what in ("pull", "push")]
    return [str(sum(tally.failures.values())), *rates, *waits, f"{memory:,.0f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--write", action="store_true", help="put the table into bench/README.md")
    options = parser.parse_args()
    open_files(PULLERS + PUSHERS)
    columns = {}
    for make in (inkan, docker_registry):
        with tempfile.TemporaryDirectory(prefix="inkan-bench-") as folder:
            peer = make(Path(folder))
            try:
                tally, memory = crowd(peer, options.seconds)
            finally:
                peer.stop()
        columns[peer.name] = column(tally, memory, options.seconds)
        print(peer.name, dict(tally.failures), file=sys.stderr)
    names = ["errors", "pulls a second", "pushes a second", *(f"{act}, ms, median / p99" for act in ACTS), "memory at most, MiB"]  # fmt: skip
    lines = [f"| | {' | '.join(columns)} |", "|---|" + "---|" * len(columns)]
    lines += [f"| {name} | {' | '.join(cells)} |" for name, *cells in zip(names, *columns.values(), strict=True)]  # fmt: skip
    print("\n".join(lines))
    if options.write:
        page.put("stress", [f"{page.machine()}, {options.seconds} s each.", "", *lines])


if __name__ == "__main__":
    main()
