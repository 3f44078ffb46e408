"""Inkan beside docker-registry and notary-server: the same requests, on the same machine, in turn; ratios of medians.

Needs wrk, docker-registry and notary-server from Debian. `python bench/run.py [--rounds N] [--seconds S]` prints a table and writes it into
`bench/README.md` with `--write`.
"""

import argparse
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from collection import Collection
from draw import draw_growth
from load import (
    fresh_requests_per_second,
    heads_per_second,
    pushes_per_second,
    requests_per_second,
)
from peers import TAGS, Peer, docker_registry, inkan, make_certificate, notary_server

HERE = Path(__file__).parent
MIB = 1024 * 1024


Row = Callable[[int], float]
"""Measures a peer: 0 is Inkan, 1 the other; returns how many in a second."""


def registry_rows(folder: Path, seconds: int, peers: list[Peer]) -> dict[str, Row]:
    """Return the rows beside docker-registry."""
    peers += [inkan(folder), docker_registry(folder)]
    small, large = os.urandom(4096), os.urandom(MIB)
    base = "/v2/team/bench"
    for peer in peers:
        peer.push_image("v1")
        paths = [f"{base}/blobs/{peer.push_blob(content)}" for content in (small, large)]
    reads = {
        "manifest GET by tag": f"{base}/manifests/v1",
        "blob GET 4 KiB": paths[0],
        "blob GET 1 MiB": paths[1],
    }
    return {
        "manifest HEAD by tag": lambda n: heads_per_second(
            peers[n], f"{base}/manifests/v1", seconds
        ),
        **{
            name: lambda n, path=path: requests_per_second(peers[n], path, seconds)
            for name, path in reads.items()
        },
        "blob push 1 MiB": lambda n: pushes_per_second(peers[n], MIB, 10),
        "blob push 100 MiB": lambda n: pushes_per_second(peers[n], 100 * MIB, 1),
    }


def trust_rows(folder: Path, seconds: int, peers: list[Peer]) -> dict[str, Row]:
    """Return the rows beside notary-server."""
    peers += [inkan(folder), notary_server(folder)]
    rows: dict[str, Row] = {}
    for tags in TAGS:
        made = [Collection(peer, f"team/tags-{tags}", tags) for peer in peers]
        count = {10: 40, 1_000: 20}.get(tags, 8)
        rows |= {
            f"timestamp GET, {tags:,} tags": lambda n, made=made: requests_per_second(
                peers[n], f"{made[n].base}/timestamp.json", seconds
            ),
            f"targets GET by checksum, {tags:,} tags": lambda n, made=made: requests_per_second(
                peers[n], f"{made[n].base}/targets.{made[n].targets_sha256}.json", seconds
            ),
            f"publish, {tags:,} tags": lambda n, made=made, count=count: made[
                n
            ].publishes_per_second(count),
        }
    return rows


def tls_rows(folder: Path, seconds: int, peers: list[Peer]) -> dict[str, Row]:
    """Return the row of clients that connect anew for each request, as docker and notary do."""
    certificate = make_certificate(folder)
    peers += [inkan(folder, certificate), notary_server(folder, certificate)]
    made = [Collection(peer, "team/tags-10", 10) for peer in peers]
    return {
        "timestamp GET, 50 clients, TLS, connecting anew": lambda n: fresh_requests_per_second(
            peers[n], f"{made[n].base}/timestamp.json", seconds
        )
    }


def measure(folder: Path, options: argparse.Namespace) -> Iterator[tuple[str, float, float, list]]:
    """Yield a row for each thing measured: name, our median, the peer's median, the ratios of each round."""
    for make in (registry_rows, trust_rows, tls_rows):
        peers: list[Peer] = []
        try:
            rows = {
                name: row
                for name, row in make(folder, options.seconds, peers).items()
                if options.only in name
            }
            results = {name: ([], []) for name in rows}
            for number in range(options.rounds):
                for name, row in rows.items():
                    for n in (0, 1) if number % 2 else (1, 0):
                        results[name][n].append(row(n))
                print(f"{make.__name__}: {number + 1} of {options.rounds}", file=sys.stderr)
        finally:
            for peer in peers:
                peer.stop()
        for name, (ours, theirs) in results.items():
            ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
            yield name, statistics.median(ours), statistics.median(theirs), ratios


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument(
        "--write", action="store_true", help="write table and drawing into bench/README.md"
    )
    parser.add_argument("--only", default="", help="only rows with this in their name")
    options = parser.parse_args()
    needed = ("wrk", "docker-registry", "notary-server", "openssl")
    missing = [name for name in needed if not shutil.which(name)]
    if missing:
        sys.exit(
            f"bench: install {', '.join(missing)} first: apt-get install wrk docker-registry notary openssl"
        )
    with tempfile.TemporaryDirectory(prefix="inkan-bench-") as folder:
        results = list(measure(Path(folder), options))
    lines = table(results)
    print("\n".join(lines))
    if options.write:
        draw(results)
        write(lines, options)


def table(results) -> list[str]:
    """Return the table of all rows, in Markdown."""
    lines = [
        "| row | Inkan /s | peer /s | ratio, median | ratio, least to most |",
        "|---|---|---|---|---|",
    ]
    for name, ours, theirs, ratios in results:
        span = f"{min(ratios):.2f} to {max(ratios):.2f}"
        median = statistics.median(ratios)
        lines.append(f"| {name} | {ours:,.1f} | {theirs:,.1f} | **{median:.2f}** | {span} |")
    return lines


def draw(results) -> None:
    """Draw how the cost of a publish grows with the number of tags."""
    curves: dict[str, dict[int, float]] = {"Inkan (durable)": {}, "notary-server (memory)": {}}
    for name, ours, theirs, _ in results:
        if name.startswith("publish, "):
            tags = int(name.split()[1].replace(",", ""))
            for curve, rate in zip(curves.values(), (ours, theirs), strict=True):
                curve[tags] = 1000 / rate
    draw_growth(HERE / "publish.svg", "One publish of one moved tag", curves)


def write(lines, options) -> None:
    """Put the table into the README, with the day and the machine."""
    readme = HERE / "README.md"
    cores, python = os.cpu_count(), platform.python_version()
    note = (
        f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores, Python {python}, {options.rounds} interleaved rounds of "
        f"{options.seconds:g} s, load generator on the same machine."
    )
    text = readme.read_text(encoding="utf-8")
    head = text[: text.index("<!-- results -->")]
    body = "\n".join(lines)
    picture = "![One publish, by number of signed tags](publish.svg)"
    _, mark, client = text.partition("<!-- client -->")
    readme.write_text(
        f"{head}<!-- results -->\n\n{note}\n\n{body}\n\n{picture}\n\n{mark}{client}",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
