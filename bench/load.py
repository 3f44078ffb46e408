"""Load: how many requests a peer answers in a second."""

import asyncio
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import uvloop
from peers import Peer
from shapes import Content

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


def requests_per_second(peer: Peer, path: str, seconds: int, clients: int = 8) -> float:
    """Return how many GETs wrk counts, over kept connections."""
    text = _wrk(peer, path, seconds, clients, peer.headers)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def new_requests_per_second(peer: Peer, path: str, seconds: int, folder: Path) -> float:
    """Return how many GETs wrk counts whose heads all differ: none has been answered before."""
    fields = "".join(f'["{name}"]="{value}",' for name, value in peer.headers.items())
    script = folder / f"new-{peer.port}.lua"
    script.write_text(
        f"local n, salt, fields = 0, os.time(), {{{fields}}}\n"
        'request = function() n = n + 1; fields["X-Number"] = salt .. "." .. n\n'
        'return wrk.format("GET", nil, fields) end\n'
    )
    text = _wrk(peer, path, seconds, 8, {}, script)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def files_per_second(peer: Peer, path: str, size: int, seconds: int) -> float:
    """Return how many files of a size wrk takes over four kept connections, counted by the byte: few of them end within the time."""
    text = _wrk(peer, path, seconds, 4, peer.headers)
    taken = re.search(r"Transfer/sec:\s+([\d.]+)([KMG]?)B", text)
    return float(taken[1]) * _UNITS[taken[2]] / size


def fresh_requests_per_second(peer: Peer, path: str, seconds: int, clients: int = 50) -> float:
    """Return how many GETs wrk counts, each over a connection of its own."""
    text = _wrk(peer, path, seconds, clients, {**peer.headers, "Connection": "close"})
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def _wrk(peer: Peer, path: str, seconds: int, clients: int, headers: dict[str, str], script: Path | None = None) -> str:  # fmt: skip
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", f"{peer.base}{path}"]
    command += ["-s", str(script)] if script else []
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in text, text
    return text


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


def pushes_per_second(peer: Peer, shape: Callable, size: int, count: int) -> float:
    """Return how many fresh blobs of a size go in a second, one after another, in a shape."""
    contents = [Content.make(size) for _ in range(count)]
    connection = peer.connect()
    began = time.perf_counter()
    for content in contents:
        shape(peer, connection, content)
    seconds = time.perf_counter() - began
    connection.close()
    return count / seconds
