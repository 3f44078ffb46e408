"""A real server that collects every two seconds, under pushes, pulls, deletions and restores: no image that is needed loses a blob, and no answer is a failure of the server.

`INKAN_STRESS=100000` says how many; without it as many as a minute allows.
"""

import http.client
import itertools
import os
import time
from collections import Counter

import pytest

from faults.image_worker import GRACE_SECONDS, Worker
from faults.wire import Server, Wire

WANTED = int(os.environ.get("INKAN_STRESS", "2000"))
pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + WANTED)]


def test_STO_018_NET_012_collected_every_two_seconds_nothing_that_lives_goes(tmp_path):
    quick = {"INKAN_GARBAGE_GRACE": f"{GRACE_SECONDS}s", "INKAN_TRASH_LIFETIME": "3s"}
    server = Server(tmp_path / "data", environment=quick).start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
    turns = itertools.count()
    workers = [Worker(number, server, lambda: next(turns) >= WANTED) for number in range(6)]
    began = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    counts = sum((worker.counts for worker in workers), Counter())
    print(f"{time.monotonic() - began:.0f} s, {server.peak_kib() // 1024} MiB, {dict(counts)}")
    assert [failure for worker in workers for failure in worker.failures] == []
    with Wire(server.port) as wire:
        # what is there in the end is whole
        for worker in workers:
            worker.wire = wire
            for _ in range(20):
                worker.pull()
    assert [failure for worker in workers for failure in worker.failures] == []
    try:
        assert server.stop() == 0
    except http.client.HTTPException:
        server.kill()
        raise
