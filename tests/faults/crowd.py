"""Very many clients in few processes: each has a kept connection and does one thing after another, and everything that goes wrong is counted.

A pull is docker's: the manifest by tag, then each blob, whose bytes are hashed. A push is docker's too: POST, PATCH, PUT for each blob, then the manifest.
"""

import asyncio
import json
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256

from faults.wire import MANIFEST

PATIENCE_SECONDS = 60


class WrongAnswerError(Exception):
    """Something else came than a client may expect."""


@dataclass
class Tally:
    """What a crowd has seen: how long each request took, and what went wrong how often."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    failures: Counter = field(default_factory=Counter)
    done: Counter = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        for act, taken in other.seconds.items():
            self.seconds.setdefault(act, []).extend(taken)
        self.failures.update(other.failures)
        self.done.update(other.done)

    def centile(self, act: str, share: float) -> float:
        """Return within what time a share of the requests were answered; nothing is answered never."""
        taken = sorted(self.seconds.get(act, [float("inf")]))
        return taken[min(len(taken) - 1, int(len(taken) * share))]


class Connection:
    """One kept connection over plain HTTP, with the same fields in each request."""

    def __init__(self, port: int, fields: dict[str, str], tally: Tally):
        self.port, self.tally = port, tally
        lines = {"Host": f"localhost:{port}", **fields}
        self.fields = "".join(f"{name}: {value}\r\n" for name, value in lines.items())

    async def open(self) -> None:
        streams = asyncio.open_connection("127.0.0.1", self.port, limit=2**18)
        self.reader, self.writer = await asyncio.wait_for(streams, PATIENCE_SECONDS)

    def close(self) -> None:
        self.writer.close()

    async def call(self, act: str, line: str, expect: int, body: bytes = b"", more: str = ""):
        """Send a request and return the answer's fields and body; the time it took is noted under `act`."""
        began = time.perf_counter()
        head = f"{line} HTTP/1.1\r\n{self.fields}{more}Content-Length: {len(body)}\r\n\r\n"
        self.writer.write(head.encode() + body)
        status, fields, content = await asyncio.wait_for(self._answer(), PATIENCE_SECONDS)
        self.tally.seconds.setdefault(act, []).append(time.perf_counter() - began)
        if status != expect:
            raise WrongAnswerError(f"{act}: {status}")
        return fields, content

    async def _answer(self):
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in head[1:] if line)
        fields = {name.lower(): value for name, _, value in pairs}
        content = await self.reader.readexactly(int(fields.get("content-length", "0")))
        return int(head[0].split()[1]), fields, content


async def pull(connection: Connection, repository: str, tag: str) -> None:
    _, raw = await connection.call(
        "manifest GET", f"GET /v2/{repository}/manifests/{tag}", 200, more=f"Accept: {MANIFEST}\r\n"
    )
    tree = json.loads(raw)
    for one in (tree["config"], *tree["layers"]):
        digest = one["digest"]
        _, content = await connection.call("blob GET", f"GET /v2/{repository}/blobs/{digest}", 200)
        if f"sha256:{sha256(content).hexdigest()}" != digest:
            raise WrongAnswerError("blob GET: other bytes")


async def push(connection: Connection, repository: str, tag: str, layer_bytes: int) -> None:
    described = [
        await _push_blob(connection, repository, os.urandom(size)) for size in (300, layer_bytes)
    ]
    tree = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described[0], "layers": described[1:]}  # fmt: skip
    line = f"PUT /v2/{repository}/manifests/{tag}"
    kind = f"Content-Type: {MANIFEST}\r\n"
    await connection.call("manifest PUT", line, 201, json.dumps(tree).encode(), kind)


async def _push_blob(connection: Connection, repository: str, content: bytes) -> dict:
    digest = f"sha256:{sha256(content).hexdigest()}"
    begun, _ = await connection.call("upload POST", f"POST /v2/{repository}/blobs/uploads/", 202)
    taken, _ = await connection.call("upload PATCH", f"PATCH {_path(begun)}", 202, content)
    session = _path(taken)
    mark = "&" if "?" in session else "?"
    await connection.call("upload PUT", f"PUT {session}{mark}digest={digest}", 201)
    return {"mediaType": "application/octet-stream", "digest": digest, "size": len(content)}


def _path(fields: dict[str, str]) -> str:
    location = fields["location"]
    return location if location.startswith("/") else "/" + location.split("/", 3)[3]


async def keep_doing(what: str, act, connection: Connection, until: float) -> None:
    """Connect and do something at least once, and again until an instant; a failure is noted and ends this client."""
    tally = connection.tally
    try:
        await connection.open()
        is_over = False
        while not is_over:
            await act(connection)
            tally.done[what] += 1
            is_over = time.monotonic() >= until
        connection.close()
    except (OSError, EOFError, TimeoutError, WrongAnswerError, ValueError) as error:
        tally.failures[f"{what}: {type(error).__name__} {error}"[:200]] += 1


def pullers(count: int, port: int, fields: dict[str, str], repository: str, tags: list[str], seconds: float) -> Tally:  # fmt: skip
    """Let many clients pull for some time; return what they saw."""
    tally = Tally()

    async def all_of_them() -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(
            keep_doing("pull", partial(pull, repository=repository, tag=tags[number % len(tags)]),
                       Connection(port, fields, tally), until)
            for number in range(count)
        ))  # fmt: skip

    asyncio.run(all_of_them())
    return tally


def pushers(count: int, port: int, fields: dict[str, str], repository: str, layer_bytes: int, seconds: float) -> Tally:  # fmt: skip
    """Let many clients push for some time, each new images under a tag of its own; return what they saw."""
    tally = Tally()

    async def all_of_them() -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(
            keep_doing("push", partial(push, repository=repository, tag=f"p{number}", layer_bytes=layer_bytes),
                       Connection(port, fields, tally), until)
            for number in range(count)
        ))  # fmt: skip

    asyncio.run(all_of_them())
    return tally
