"""Load: how many requests a peer answers in a second."""

import asyncio
import http.client
import os
import re
import subprocess
import time

import uvloop
from peers import Peer


def requests_per_second(peer: Peer, path: str, seconds: int, clients: int = 8) -> float:
    """Return how many GETs wrk counts, over kept connections."""
    return _wrk(peer, path, seconds, clients, peer.headers)


def fresh_requests_per_second(peer: Peer, path: str, seconds: int, clients: int = 50) -> float:
    """Return how many GETs wrk counts, each over a connection of its own."""
    return _wrk(peer, path, seconds, clients, {**peer.headers, "Connection": "close"})


def _wrk(peer: Peer, path: str, seconds: int, clients: int, headers: dict[str, str]) -> float:
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", f"{peer.base}{path}"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in text, text
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def heads_per_second(peer: Peer, path: str, seconds: int) -> float:
    """Return how many HEADs go over eight kept connections; wrk waits for a body that a HEAD has not."""
    fields = "".join(
        f"{name}: {value}\r\n" for name, value in {"Host": "localhost", **peer.headers}.items()
    )
    request = f"HEAD {path} HTTP/1.1\r\n{fields}\r\n".encode()

    async def keep_asking(until: float) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", peer.port)
        count = 0
        while time.perf_counter() < until:
            writer.write(request)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            count += 1
        writer.close()
        return count

    async def ask() -> float:
        until = time.perf_counter() + seconds
        return sum(await asyncio.gather(*(keep_asking(until) for _ in range(8)))) / seconds

    return uvloop.run(ask())


def pushes_per_second(peer: Peer, size: int, count: int) -> float:
    """Return how many fresh blobs of a size go in a second, one after another."""
    contents = [os.urandom(size) for _ in range(count)]
    connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=120)
    began = time.perf_counter()
    for content in contents:
        peer.push_blob(content, connection)
    seconds = time.perf_counter() - began
    connection.close()
    return count / seconds
