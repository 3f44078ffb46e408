"""Very many clients at once: all of them are served, none sees an error, and the server's memory does not grow with what they take.

`INKAN_HERD_MIB=50` pulls a large image; without it one that a minute is enough for.
"""

import multiprocessing
import os
import selectors
import socket
import time
from concurrent.futures import ProcessPoolExecutor

import pytest

from faults.crowd import pullers, pushers
from faults.wire import Server, Wire
from inkan.server.listeners import open_files

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
MIB = 1024 * 1024
CLIENTS = 1_000
LAYER_BYTES = int(float(os.environ.get("INKAN_HERD_MIB", "1")) * MIB)


@pytest.fixture
def server(tmp_path):
    open_files(CLIENTS + 300)
    server = Server(tmp_path / "data").start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
    yield server
    assert server.stop() == 0


def connect(port: int) -> socket.socket:
    """Connect with a bound on what waits to be read: that memory is each client's own, and here all are one system."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
    made.settimeout(30)
    made.connect(("127.0.0.1", port))
    return made


class Herd:
    """Clients that ask for the same file at the same time, each of which compares every byte."""

    def __init__(self, port: int, request: bytes, content: bytes):
        self.selector = selectors.DefaultSelector()
        self.content, self.buffer = memoryview(content), bytearray(256 * 1024)
        self.taken, self.wrong = {}, []
        connected = [connect(port) for _ in range(CLIENTS)]
        # all at once, and read from then on: who does not read is a stalled client
        for one in connected:
            one.sendall(request)
            one.setblocking(False)
            self.selector.register(one, selectors.EVENT_READ)
            # less than nothing: the head has not come yet
            self.taken[one] = -1

    def pull(self, deadline: float) -> int:
        """Return how many clients have got all, and the right bytes."""
        whole = 0
        while self.taken and time.monotonic() < deadline:
            for key, _ in self.selector.select(timeout=5):
                if self.read(key.fileobj):
                    whole += 1
        return whole

    def read(self, one: socket.socket) -> bool:
        count = one.recv_into(self.buffer)
        got, at = memoryview(self.buffer)[:count], self.taken[one]
        if at < 0 and count:
            head, _, _ = bytes(got[:4096]).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            got, at = got[len(head) + 4 :], 0
        is_right = bool(count) and self.content[at : at + len(got)] == got
        self.taken[one] = at + len(got)
        if is_right and self.taken[one] < len(self.content):
            return False
        if not is_right:
            self.wrong.append((self.taken[one], count))
        self.selector.unregister(one)
        one.close()
        del self.taken[one]
        return is_right


def test_NET_009_a_thousand_clients_pull_one_image_at_once(server):
    content = os.urandom(LAYER_BYTES)
    with Wire(server.port) as wire:
        layer, _ = wire.push_image("team/app", "v1", content)
        fields = "".join(f"{name}: {value}\r\n" for name, value in wire.headers.items())
    before = server.resident_kib()
    request = f"GET /v2/team/app/blobs/{layer} HTTP/1.1\r\n{fields}\r\n".encode()
    began = time.monotonic()
    herd = Herd(server.port, request, content)
    whole = herd.pull(began + 800)
    seconds, grown = time.monotonic() - began, server.peak_kib() - before
    print(
        f"{whole} of {LAYER_BYTES // MIB} MiB in {seconds:.0f} s, {grown // 1024} MiB more memory"
    )
    assert (whole, herd.wrong) == (CLIENTS, [])
    # the bytes go from the page cache, whose pages are everybody's: what a client costs is its connection
    assert grown < 64 * 1024


def test_a_thousand_pull_and_a_hundred_push_and_nobody_sees_an_error(server):
    tags = [f"v{number}" for number in range(5)]
    with Wire(server.port) as wire:
        for tag in tags:
            wire.push_image("team/app", tag, os.urandom(16_384))
        asked = (server.port, wire.headers, "team/app")
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as processes:
        pulls = processes.submit(pullers, CLIENTS, *asked, tags, 8)
        pushes = processes.submit(pushers, 100, *asked, 16_384, 8)
        tally = pulls.result()
        tally.add(pushes.result())
    print(dict(tally.done), f"{server.peak_kib() // 1024} MiB")
    assert not tally.failures
    assert tally.done["pull"] >= CLIENTS
    assert tally.done["push"] >= 100
    assert server.peak_kib() < 512 * 1024
