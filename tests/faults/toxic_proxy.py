"""A proxy that is as bad as networks are: late, slow, in crumbs, and cut off at any byte."""

import contextlib
import random
import socket
import struct
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Toxics:
    """What is done to connections.

    Attributes:
        latency_seconds: how late every piece is.
        jitter_seconds: how much later still, at most, by chance.
        slice_bytes: the size of the crumbs.
        bytes_per_second: how fast a connection is at most.
        cuts: how many bytes the next connections have, in both directions together, before they are reset.
    """

    latency_seconds: float = 0
    jitter_seconds: float = 0
    slice_bytes: int = 65536
    bytes_per_second: float = 0
    cuts: list[int] = field(default_factory=list)


class ToxicProxy:
    """Forwards connections to a port of this machine; two threads for each."""

    def __init__(self, port: int):
        self.upstream, self.toxics, self.resets = port, Toxics(), 0
        self._chance = random.Random(13)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads, self._sockets = [], []

    def __enter__(self):
        self._start(self._listen)
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._sockets:
            _reset(one)
        for thread in self._threads:
            thread.join(10)

    def _start(self, work, *args):
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _listen(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self.upstream))
                self._sockets += [near, far]
                left = [self.toxics.cuts.pop(0)] if self.toxics.cuts else None
                self._start(self._forward, near, far, left)
                self._start(self._forward, far, near, left)

    def _forward(self, source, target, left):
        try:
            self._forward_all(source, target, left, self.toxics)
        except OSError:
            for one in (source, target):
                _reset(one)

    def _forward_all(self, source, target, left, toxics):
        while piece := source.recv(toxics.slice_bytes):
            time.sleep(toxics.latency_seconds + self._chance.random() * toxics.jitter_seconds)
            if toxics.bytes_per_second:
                time.sleep(len(piece) / toxics.bytes_per_second)
            if left is not None:
                if len(piece) >= left[0]:
                    target.sendall(piece[: left[0]])
                    self.resets += 1
                    raise ConnectionResetError
                left[0] -= len(piece)
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


def _reset(one):
    """End a connection as a firewall does: with a reset, not with a farewell."""
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        # wakes the thread that waits for it
        one.shutdown(socket.SHUT_RDWR)
    one.close()
