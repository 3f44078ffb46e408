"""Inkan beside docker-registry and notary-server: the same requests, on the same machine, in turn; ratios of medians.

Needs wrk, docker-registry and notary-server from Debian. `python bench/run.py [--rounds N] [--seconds S]` prints a table and writes it into
`bench/README.md` with `--write`.
"""

import argparse
import asyncio
import http.client
import json
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from peers import Peer, docker_registry, inkan, notary_server

from inkan.testing.publisher import Publisher
from inkan.tuf.keys import PublicKey
from inkan.tuf.roles import SNAPSHOT, TIMESTAMP

HERE = Path(__file__).parent
MIB = 1024 * 1024


def requests_per_second(peer: Peer, path: str, seconds: int) -> float:
    """Return how many GETs wrk counts, over eight kept connections."""
    command = ["wrk", "-t1", "-c8", f"-d{seconds}s", f"http://127.0.0.1:{peer.port}{path}"]
    for name, value in peer.headers.items():
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


class Collection:
    """A trust collection on a peer, and its owner."""

    def __init__(self, peer: Peer, tags: int):
        self.peer = peer
        self.gun = f"localhost:{peer.port}/team/bench"
        self.base = f"/v2/{self.gun}/_trust/tuf"
        keys = {role: self.key(role) for role in (SNAPSHOT, TIMESTAMP)}
        self.owner = Publisher(self.gun, keys, now=datetime.now(UTC))
        self.send(self.owner.first_push("t0", random.randbytes(32)))
        for number in range(1, tags):
            self.owner.push(f"t{number}", random.randbytes(32))
        self.owner.targets_version = 2
        self.send(self.owner.push("last", random.randbytes(32)))

    def key(self, role) -> PublicKey:
        _, body = self.peer.call("GET", f"{self.base}/{role}.key")
        return PublicKey.from_json(json.loads(body))

    def send(self, files, connection=None) -> None:
        parts = b"".join(
            f'--b\r\nContent-Disposition: form-data; name="files"; filename="{role}"\r\n\r\n'.encode()
            + raw
            + b"\r\n"
            for role, raw in files.items()
        )
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        self.peer.call("POST", f"{self.base}/", parts + b"--b--\r\n", kind, connection)

    def publishes_per_second(self, count: int) -> float:
        batches = [self.owner.push("moving", random.randbytes(32)) for _ in range(count)]
        connection = http.client.HTTPConnection("127.0.0.1", self.peer.port, timeout=120)
        began = time.perf_counter()
        for files in batches:
            self.send(files, connection)
        seconds = time.perf_counter() - began
        connection.close()
        return count / seconds


def measure(folder: Path, rounds: int, seconds: int):
    """Yield a row for each thing measured: name, our median, the peer's median, the ratios of each round."""
    registry = [inkan(folder), docker_registry(folder)]
    trust = [registry[0], notary_server(folder)]
    small, large = os.urandom(4096), os.urandom(MIB)
    paths = {}
    for peer in registry:
        peer.push_image("v1")
        paths["small"], paths["large"] = (peer.push_blob(content) for content in (small, large))
    collections = [Collection(peer, 10) for peer in trust]
    base = "/v2/team/bench"
    rows = {
        "manifest HEAD by tag": lambda n: heads_per_second(
            registry[n], f"{base}/manifests/v1", seconds
        ),
        "manifest GET by tag": lambda n: requests_per_second(
            registry[n], f"{base}/manifests/v1", seconds
        ),
        "blob GET 4 KiB": lambda n: requests_per_second(
            registry[n], f"{base}/blobs/{paths['small']}", seconds
        ),
        "blob GET 1 MiB": lambda n: requests_per_second(
            registry[n], f"{base}/blobs/{paths['large']}", seconds
        ),
        "blob push 1 MiB": lambda n: pushes_per_second(registry[n], MIB, 10),
        "blob push 100 MiB": lambda n: pushes_per_second(registry[n], 100 * MIB, 1),
        "timestamp GET": lambda n: requests_per_second(
            trust[n], f"{collections[n].base}/timestamp.json", seconds
        ),
        "publish, 10 tags": lambda n: collections[n].publishes_per_second(20),
    }
    try:
        results = {name: ([], []) for name in rows}
        for number in range(rounds):
            for name, row in rows.items():
                for n in (0, 1) if number % 2 else (1, 0):
                    results[name][n].append(row(n))
            print(f"round {number + 1} of {rounds}", file=sys.stderr)
    finally:
        for peer in (*registry, trust[1]):
            peer.stop()
    for name, (ours, theirs) in results.items():
        ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
        yield name, statistics.median(ours), statistics.median(theirs), ratios


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="write the table into bench/README.md")
    options = parser.parse_args()
    missing = [
        name for name in ("wrk", "docker-registry", "notary-server") if not shutil.which(name)
    ]
    if missing:
        sys.exit(
            f"bench: install {', '.join(missing)} first: apt-get install wrk docker-registry notary"
        )
    lines = [
        "| row | Inkan /s | peer /s | ratio, median | ratio, least to most |",
        "|---|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory(prefix="inkan-bench-") as folder:
        for name, ours, theirs, ratios in measure(Path(folder), options.rounds, options.seconds):
            median = statistics.median(ratios)
            span = f"{min(ratios):.2f} to {max(ratios):.2f}"
            lines.append(f"| {name} | {ours:,.1f} | {theirs:,.1f} | **{median:.2f}** | {span} |")
    print("\n".join(lines))
    if options.write:
        write(lines, options)


def write(lines, options) -> None:
    readme = HERE / "README.md"
    cores, python = os.cpu_count(), platform.python_version()
    note = (
        f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores, Python {python}, {options.rounds} interleaved rounds of "
        f"{options.seconds:g} s, load generator on the same machine."
    )
    text = readme.read_text(encoding="utf-8")
    head = text[: text.index("<!-- results -->")]
    readme.write_text(
        f"{head}<!-- results -->\n\n{note}\n\n" + "\n".join(lines) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
