"""What a server has in memory through a push and a pull of one large blob, and with a thousand idle connections.

`python bench/memory.py [--gib N] [--write]` pushes as docker does, streaming, and pulls over one connection; both servers in turn.
"""

import argparse
import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import page
from draw import Axis, draw
from peers import Peer, path_of
from servers import docker_registry, inkan
from shapes import UPLOADS

from inkan.server.listeners import open_files

MIB, GIB = 2**20, 2**30
IDLE = 1_000
_EVERY = 64


@dataclass
class Seen:
    """A server's resident memory in MiB: by how many GiB have gone, and at some moments."""

    by_gib: dict[float, float] = field(default_factory=dict)
    moments: dict[str, float] = field(default_factory=dict)

    def most(self, first: float, last: float) -> float:
        return max(value for gib, value in self.by_gib.items() if first <= gib <= last)


def pieces(size: int, digest) -> Iterator[bytes]:
    """Yield bytes that never come again, hashed as they go."""
    block = os.urandom(MIB)
    for number in range(size // MIB):
        piece = number.to_bytes(8) + block[8:]
        digest.update(piece)
        yield piece


def push(peer: Peer, size: int, seen: Seen) -> str:
    connection, digest = peer.connect(), sha256()

    def watched() -> Iterator[bytes]:
        for number, piece in enumerate(pieces(size, digest)):
            if number % _EVERY == 0:
                seen.by_gib[number * MIB / GIB] = peer.resident_mib()
            yield piece

    session = path_of(peer.call("POST", UPLOADS, connection=connection)[0])
    fields = {**peer.headers, "Content-Type": "application/octet-stream"}
    connection.request("PATCH", session, body=watched(), headers=fields, encode_chunked=True)
    answer = connection.getresponse()
    answer.read()
    session = path_of(answer)
    mark = "&" if "?" in session else "?"
    peer.call("PUT", f"{session}{mark}digest=sha256:{digest.hexdigest()}", connection=connection)
    return digest.hexdigest()


def pull(peer: Peer, hexadecimal: str, size: int, seen: Seen) -> None:
    connection, digest, taken = peer.connect(), sha256(), 0
    connection.request("GET", f"/v2/team/bench/blobs/sha256:{hexadecimal}", headers=peer.headers)
    answer = connection.getresponse()
    while piece := answer.read(MIB):
        if taken // MIB % _EVERY == 0:
            seen.by_gib[(size + taken) / GIB] = peer.resident_mib()
        digest.update(piece)
        taken += len(piece)
    if digest.hexdigest() != hexadecimal:
        raise RuntimeError(f"{peer.name} gave other bytes")


def idle(peer: Peer) -> float:
    """Return the memory with a thousand connections that have asked once and say nothing more."""
    fields = "".join(f"{name}: {value}\r\n" for name, value in peer.headers.items())
    request = f"GET /v2/ HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode()
    with contextlib.ExitStack() as opened:
        for _ in range(IDLE):
            one = opened.enter_context(socket.create_connection(("127.0.0.1", peer.port)))
            one.sendall(request)
            one.recv(65_536)
        return peer.resident_mib()


def watched(peer: Peer, size: int) -> Seen:
    seen = Seen()
    peer.push_image("v1")
    seen.moments["at first"] = peer.resident_mib()
    digest = push(peer, size, seen)
    pull(peer, digest, size, seen)
    gib = size / GIB
    seen.moments[f"push of {gib:g} GiB, at most"] = seen.most(0, gib - 0.01)
    seen.moments[f"pull of {gib:g} GiB, at most"] = seen.most(gib, 2 * gib)
    before = peer.resident_mib()
    seen.moments[f"each of {IDLE:,} idle connections, KiB"] = (idle(peer) - before) * 1024 / IDLE
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put table and drawing into bench/README.md")  # fmt: skip
    options = parser.parse_args()
    open_files(IDLE)
    all_seen = {}
    for make in (inkan, docker_registry):
        with tempfile.TemporaryDirectory(prefix="inkan-bench-") as folder:
            peer = make(Path(folder))
            try:
                all_seen[peer.name] = watched(peer, options.gib * GIB)
            finally:
                peer.stop()
    lines = [f"| resident, MiB | {' | '.join(all_seen)} |", "|---|" + "---|" * len(all_seen)]
    for moment in next(iter(all_seen.values())).moments:
        cells = (f"{seen.moments[moment]:,.1f}" for seen in all_seen.values())
        lines.append(f"| {moment} | {' | '.join(cells)} |")
    print("\n".join(lines))
    if options.write:
        title = f"Resident memory: {options.gib} GiB pushed, then {options.gib} GiB pulled"
        curves = {who: seen.by_gib for who, seen in all_seen.items()}
        draw(page.HERE / "memory.svg", title, Axis("GiB moved", is_even=True), Axis("MiB", is_even=True), curves)  # fmt: skip
        page.put("memory", [f"{page.machine()}.", "", *lines])


if __name__ == "__main__":
    main()
