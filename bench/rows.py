"""What is measured side by side: each row is one thing to do, and how often each server does it in a second.

A group of rows starts its servers, and leaves them in the list it is given, to be stopped.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from collection import Collection
from load import (
    files_per_second,
    fresh_requests_per_second,
    heads_per_second,
    new_requests_per_second,
    pushes_per_second,
    requests_per_second,
)
from peers import Peer, digest_of, make_certificate
from servers import TAGS, docker_registry, inkan, nginx, notary_server
from shapes import SHAPES

KIB, MIB = 1024, 1024 * 1024
BASE = "/v2/team/bench"
TAGS_LISTED = 1_000
_PUSHED = {MIB: (20, 2.0), 100 * MIB: (1, 1.5)}


@dataclass(frozen=True)
class Row:
    """One thing to do.

    Attributes:
        rates: for each server, Inkan first, what returns how many in a second.
        goals: for a server, how many times as many Inkan is to do.
    """

    name: str
    rates: dict[str, Callable[[], float]]
    goals: dict[str, float] = field(default_factory=dict)


def _rates(peers: list[Peer], measure: Callable, *arguments) -> dict[str, Callable[[], float]]:
    return {peer.name: partial(measure, peer, *arguments) for peer in peers}


def registry_rows(folder: Path, seconds: int, peers: list[Peer]) -> list[Row]:
    """Return the rows of small answers beside docker-registry."""
    peers += [inkan(folder), docker_registry(folder)]
    image = peers[0].push_image("t0", layer := os.urandom(4096))
    peers[1].push_image("t0", layer)
    for peer in peers:
        connection = peer.connect()
        for number in range(1, TAGS_LISTED):
            peer.put_manifest(f"t{number}", image, connection)
    tag, digest = f"{BASE}/manifests/t0", f"{BASE}/manifests/{digest_of(image)}"
    small, listed = _held(peers, 4 * KIB), f"{BASE}/tags/list"

    def row(name: str, goal: float, measure: Callable, *arguments) -> Row:
        return Row(name, _rates(peers, measure, *arguments), {"docker-registry": goal})

    return [
        row("manifest HEAD by tag", 10, heads_per_second, tag, seconds),
        row("manifest HEAD by digest", 10, heads_per_second, digest, seconds),
        row("manifest GET by tag", 10, requests_per_second, tag, seconds),
        row("manifest GET by digest", 10, requests_per_second, digest, seconds),
        row("manifest GET by tag, no head twice", 0, new_requests_per_second, tag, seconds, folder),
        row("blob GET 4 KiB", 10, requests_per_second, small, seconds),
        row("1,000 tags listed", 3, requests_per_second, listed, seconds),
    ]


def file_rows(folder: Path, seconds: int, peers: list[Peer]) -> list[Row]:
    """Return the rows of large blobs, beside docker-registry and nginx."""
    peers += [inkan(folder), docker_registry(folder), nginx(folder)]
    large, huge = _held(peers, MIB), _held(peers, 100 * MIB)
    goals = {"docker-registry": 3, "nginx": 0.6}
    return [
        Row("blob GET 1 MiB", _rates(peers, requests_per_second, large, seconds), goals),
        Row("blob GET 100 MiB", _rates(peers, files_per_second, huge, 100 * MIB, seconds), {"nginx": 0.9}),
    ]  # fmt: skip


def upload_rows(folder: Path, _seconds: int, peers: list[Peer]) -> list[Row]:
    """Return the rows of pushes: every shape, each with a durable commit."""
    peers += [inkan(folder), docker_registry(folder)]
    return [
        Row(
            f"blob push {size // MIB} MiB, {name}",
            _rates(peers, pushes_per_second, shape, size, count),
            {"docker-registry": goal},
        )
        for size, (count, goal) in _PUSHED.items()
        for name, shape in SHAPES.items()
    ]


def trust_rows(folder: Path, seconds: int, peers: list[Peer]) -> list[Row]:
    """Return the rows beside notary-server."""
    peers += [inkan(folder), notary_server(folder)]
    rows = []
    for tags in TAGS:
        made = [Collection(peer, f"team/tags-{tags}", tags) for peer in peers]
        count = {10: 40, 1_000: 20}.get(tags, 8)

        def each(measure: Callable[[Collection], float], made=made) -> dict[str, Callable]:
            return {one.peer.name: partial(measure, one) for one in made}

        rows += [
            Row(f"timestamp GET, {tags:,} tags", each(lambda one: requests_per_second(
                one.peer, f"{one.base}/timestamp.json", seconds))),
            Row(f"targets GET by checksum, {tags:,} tags", each(lambda one: requests_per_second(
                one.peer, f"{one.base}/targets.{one.targets_sha256}.json", seconds))),
            Row(f"publish, {tags:,} tags", each(lambda one, count=count: one.publishes_per_second(count))),
        ]  # fmt: skip
    return rows


def tls_rows(folder: Path, seconds: int, peers: list[Peer]) -> list[Row]:
    """Return the row of clients that connect anew for each request, as docker and notary do."""
    certificate = make_certificate(folder)
    peers += [inkan(folder, certificate), notary_server(folder, certificate)]
    made = [Collection(peer, "team/tags-10", 10) for peer in peers]
    rates = {
        one.peer.name: partial(
            fresh_requests_per_second, one.peer, f"{one.base}/timestamp.json", seconds
        )
        for one in made
    }
    return [Row("timestamp GET, 50 clients, TLS, connecting anew", rates)]


GROUPS = (registry_rows, file_rows, upload_rows, trust_rows, tls_rows)


def _held(peers: list[Peer], size: int) -> str:
    """Let each server hold one blob of a size; return its path."""
    content = os.urandom(size)
    digests = {peer.push_blob(content) for peer in peers}
    return f"{BASE}/blobs/{digests.pop()}"
