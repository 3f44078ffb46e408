"""A mixed soak: images are pushed, pulled, deleted and restored, collections signed and verified, while garbage is collected every two seconds.

`INKAN_SOAK_SECONDS=10800` says how long; without it half a minute.
"""

import os
import threading
import time
from collections import Counter

import pytest

from faults.collection_owner import Owner
from faults.image_worker import GRACE_SECONDS, Worker
from faults.wire import Server, Wire

SECONDS = float(os.environ.get("INKAN_SOAK_SECONDS", "25"))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120 + 2 * SECONDS)]


class Signer(threading.Thread):
    """Signs one version after another, and verifies the whole collection every few."""

    def __init__(self, number, server, is_over):
        super().__init__(daemon=True)
        self.server, self.is_over = server, is_over
        self.owner = Owner(server.port, f"signed{number}")
        self.counts, self.failures = Counter(), []

    def run(self):
        try:
            with Wire(self.server.port) as wire:
                while not self.is_over():
                    self.owner.publish_next(wire)
                    self.counts["sign"] += 1
                    if self.counts["sign"] % 10 == 0:
                        self.owner.check(wire)
                        self.counts["verify"] += 1
        except Exception as error:  # noqa: BLE001 - whatever ends a signer is a failure of the run
            self.failures.append(repr(error))


def test_NET_012_a_mixed_soak_sees_no_failure_and_grows_no_memory(tmp_path):
    quick = {"INKAN_GARBAGE_GRACE": f"{GRACE_SECONDS}s", "INKAN_TRASH_LIFETIME": "3s"}
    server = Server(tmp_path / "data", environment=quick).start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
    ends_at = time.monotonic() + SECONDS

    def is_over() -> bool:
        return time.monotonic() >= ends_at

    workers = [Worker(number, server, is_over) for number in range(5)]
    workers += [Signer(number, server, is_over) for number in range(2)]
    for worker in workers:
        worker.start()
    sizes = []
    while any(worker.is_alive() for worker in workers):
        time.sleep(SECONDS / 50)
        sizes.append(server.resident_kib() // 1024)
    counts = sum((worker.counts for worker in workers), Counter())
    print(f"{SECONDS:.0f} s, {dict(counts)}, MiB in time: {sizes[:: max(1, len(sizes) // 12)]}")
    assert [failure for worker in workers for failure in worker.failures] == []
    assert counts["verify"]
    # the second half grows no more than caches that fill
    assert max(sizes) <= sizes[len(sizes) // 2] + 48
    assert server.stop() == 0
