"""What a request costs with ten repositories, and with a hundred thousand: the server's own processor time, nothing answered from memory.

`python bench/growth.py [--most N] [--write]`. An image is pushed; the server is stopped; its rows are copied under other names, in bulk; the server is started again.
"""

import argparse
import base64
import json
import os
import random
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import page
from draw import Axis, draw
from peers import Peer, digest_of
from servers import PASSWORD, inkan

SIZES = (10, 1_000, 10_000, 100_000)
SPACES = 10
LAYER = b"layer" * 1_000
REQUESTS = 400
# in the order in which one refers to another
TABLES = ("repository_blobs", "manifests", "manifest_blobs", "tags")
COPY = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)
INSERT INTO {table} ({columns}) SELECT {values} FROM n CROSS JOIN {table} WHERE repository = 'team/bench'
"""


def space_of(number: int) -> str:
    return f"space{number % SPACES}"


def repository_of(number: int) -> str:
    return f"{space_of(number)}/app{number:06}"


def fill(database: Path, count: int) -> None:
    """Copy the rows of the one repository that there is, under many names."""
    spelled = {
        "repository": f"printf('space%d/app%06d', i % {SPACES}, i)",
        "namespace": f"printf('space%d', i % {SPACES})",
    }
    with closing(sqlite3.connect(database)) as connection, connection:
        for table in TABLES:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            values = ", ".join(spelled.get(column, column) for column in columns)
            sql = COPY.format(table=table, columns=", ".join(columns), values=values)
            connection.execute(sql, {"count": count})


def prepare(folder: Path) -> Path:
    """Return a data folder with one image, some namespaces, and an account that sees one of them."""
    data = folder / "data"
    peer = inkan(folder, data=data)
    peer.push_image("v1", LAYER)
    basic = {"Authorization": f"Basic {base64.b64encode(f'admin:{PASSWORD}'.encode()).decode()}"}
    for number in range(SPACES):
        peer.call("PUT", f"/api/v1/namespaces/{space_of(number)}", headers=basic)
    alice = json.dumps({"password": PASSWORD}).encode()
    peer.call("PUT", "/api/v1/accounts/alice", alice, basic)
    peer.call("PUT", "/api/v1/namespaces/space3/policies/writer/account/alice", headers=basic)
    peer.stop()
    return data


def bearer(peer: Peer, account: str, *scopes: str) -> dict[str, str]:
    basic = base64.b64encode(f"{account}:{PASSWORD}".encode()).decode()
    query = "&".join(f"scope={scope}" for scope in scopes)
    path = f"/token?service=inkan&{query}"
    _, body = peer.call("GET", path, headers={"Authorization": f"Basic {basic}"})
    return {"Authorization": f"Bearer {json.loads(body)['token']}"}


Act = Callable[[int], None]
"""Asks for one thing, of a repository by its number."""


def acts(peer: Peer) -> Iterator[tuple[str, Act]]:
    connection = peer.connect()
    admin, alice = (bearer(peer, who, "registry:catalog:*") for who in ("admin", "alice"))
    tokens: dict[str, dict[str, str]] = {}

    def ask(method: str, path: str, shown: dict[str, str], body: bytes = b"", kind: str = "") -> None:  # fmt: skip
        fields = {**shown, "X-Number": str(random.random())} | ({"Content-Type": kind} if kind else {})  # fmt: skip
        peer.call(method, path, body, fields, connection)

    def of(number: int) -> tuple[str, dict[str, str]]:
        name = repository_of(number)
        if name not in tokens:
            tokens[name] = bearer(peer, "admin", f"repository:{name}:pull,push,delete")
        return f"/v2/{name}", tokens[name]

    def named(method: str, path: str) -> Act:
        def act(number: int) -> None:
            base, shown = of(number)
            ask(method, f"{base}/{path}", shown)

        return act

    def push(number: int) -> None:
        (base, shown), content = of(number), os.urandom(1_000)
        query = f"digest={digest_of(content)}"
        ask("POST", f"{base}/blobs/uploads/?{query}", shown, content, "application/octet-stream")

    def catalog(shown: dict[str, str], space: str) -> Act:
        return lambda number: ask("GET", f"/v2/_catalog?n=100&last={space or space_of(number)}/app0", shown)  # fmt: skip

    yield "manifest GET by tag", named("GET", "manifests/v1")
    yield "blob HEAD", named("HEAD", f"blobs/{digest_of(LAYER)}")
    yield "tags list", named("GET", "tags/list")
    yield "push of a blob of 1 KB", push
    yield "catalog page of 100", catalog(admin, "")
    yield "the same, of one namespace", catalog(alice, "space3")


def microseconds(peer: Peer, act: Act, count: int) -> float:
    """Return what the server computes for one request; of some repositories, each asked twice so that tokens are got before."""
    chosen = [random.randint(1, count) for _ in range(20)]
    for number in chosen:
        act(number)
    began = peer.processor_seconds()
    for turn in range(REQUESTS):
        act(chosen[turn % len(chosen)])
    return (peer.processor_seconds() - began) / REQUESTS * 1e6


def measured(folder: Path, count: int) -> dict[str, float]:
    data = prepare(folder)
    fill(data / "inkan.db", count)
    peer = inkan(folder, data=data)
    try:
        return {name: microseconds(peer, act, count) for name, act in acts(peer)}
    finally:
        peer.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=SIZES[-1])
    parser.add_argument("--write", action="store_true", help="put table and drawing into bench/README.md")  # fmt: skip
    options = parser.parse_args()
    curves: dict[str, dict[float, float]] = {}
    sizes = [size for size in SIZES if size <= options.most]
    for count in sizes:
        with tempfile.TemporaryDirectory(prefix="inkan-bench-") as folder:
            for name, cost in measured(Path(folder), count).items():
                curves.setdefault(name, {})[count] = cost
    heads = [f"{count:,}" for count in sizes]
    lines = [f"| µs of the processor, by repositories | {' | '.join(heads)} | most ÷ least |", "|---|" + "---|" * (len(sizes) + 1)]  # fmt: skip
    for name, curve in curves.items():
        cells = [f"{curve[count]:,.0f}" for count in sizes]
        lines.append(f"| {name} | {' | '.join(cells)} | {curve[sizes[-1]] / curve[sizes[0]]:.2f} |")
    print("\n".join(lines))
    if options.write:
        draw(page.HERE / "growth.svg", "Cost of a request", Axis("repositories"), Axis("µs"), curves)  # fmt: skip
        page.put("growth", [f"{page.machine()}; {REQUESTS} requests each.", "", *lines])


if __name__ == "__main__":
    main()
