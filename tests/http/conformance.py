"""Rows of the conformance tables: what the specification demands, the requests that show it, and what has to come back.

A row is a requirement with its section and a few steps. A step's target, headers and expectations may hold `{names}`: of digests that the table knows, and of what earlier steps have kept.
"""

import json
import re
from dataclasses import dataclass, field
from hashlib import sha256, sha512

ALGORITHMS = {"sha256": sha256, "sha512": sha512}
REPO = "/v2/team/app"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
# the codes of the specification's table, and the older ones that docker's API has besides
CODES = {
    "BLOB_UNKNOWN", "BLOB_UPLOAD_INVALID", "BLOB_UPLOAD_UNKNOWN", "DIGEST_INVALID", "MANIFEST_BLOB_UNKNOWN", "MANIFEST_INVALID", "MANIFEST_UNKNOWN", "NAME_INVALID", "NAME_UNKNOWN",
    "SIZE_INVALID", "UNAUTHORIZED", "DENIED", "UNSUPPORTED", "TOOMANYREQUESTS", "TAG_INVALID", "RANGE_INVALID", "PAGINATION_NUMBER_INVALID", "UNKNOWN", "UNAVAILABLE",
}  # fmt: skip


def of(content: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm}:{ALGORITHMS[algorithm](content).hexdigest()}"


def descriptor(content: bytes, kind: str, algorithm: str = "sha256", **members) -> dict:
    return {
        "mediaType": kind,
        "digest": of(content, algorithm),
        "size": len(content),
        **members,
    }


def document(**members) -> bytes:
    return json.dumps({"schemaVersion": 2, **members}).encode()


@dataclass(frozen=True)
class Step:
    """One request, and what its answer must be; a field's pattern has to match the whole of it, and an empty one means that it must be absent."""

    method: str
    target: str
    status: int | tuple[int, ...]
    body: object = b""
    headers: tuple[tuple[str, str], ...] = ()
    fields: dict[str, str] = field(default_factory=dict)
    gives: object = None
    code: str = ""
    keeps: str = ""
    who: str = "admin"


@dataclass(frozen=True)
class Row:
    """One requirement: its section, its words, and the steps that show it."""

    section: str
    says: str
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return f"{self.section}: {self.says}"


def row(section: str, says: str, *steps: Step) -> Row:
    return Row(section, says, steps)


def ask(method: str, target: str, status, body=b"", **rest) -> Step:
    """Return a step; `kind` is its Content-Type, `span` its Content-Range."""
    headers = list(rest.pop("headers", ()))
    for name, key in (("Content-Type", "kind"), ("Content-Range", "span"), ("Range", "range")):
        if key in rest:
            headers.append((name, rest.pop(key)))
    return Step(method, target, status, body, tuple(headers), **rest)


async def play(clients, one: Row, known: dict[str, str]) -> None:
    """Make a row's requests one after the other and compare."""
    kept = {"repo": REPO, **known}
    for step in one.steps:
        client = clients[step.who]
        headers = [(name, value.format(**kept)) for name, value in step.headers]
        answer = await client(step.method, step.target.format(**kept), step.body, headers)
        said = (str(one), step.method, step.target, answer.status, answer.headers, answer.body[:500])  # fmt: skip
        wanted = step.status if isinstance(step.status, tuple) else (step.status,)
        assert answer.status in wanted, said
        require_fields(answer, step, kept, said)
        require_body(answer, step, said)
        if step.keeps:
            kept[step.keeps] = answer["location"]


def require_fields(answer, step: Step, kept, said) -> None:
    names = {key: re.escape(value) for key, value in kept.items()}
    for name, pattern in step.fields.items():
        if not pattern:
            assert name not in answer.headers, said
            continue
        filled = re.sub(r"\{([a-z]\w*)\}", lambda found: names[found[1]], pattern)
        assert re.fullmatch(filled, answer.headers.get(name, "")), (name, filled, said)
    # what is so of every answer under /v2/
    assert answer.headers.get("docker-distribution-api-version") == "registry/2.0", said
    if answer.status != 204:
        assert answer.headers.get("content-length", "").isdigit() or answer.status == 304, said
    if step.method == "HEAD":
        assert answer.body == b"", said


def require_body(answer, step: Step, said) -> None:
    if isinstance(step.gives, bytes):
        assert answer.body == step.gives, said
        assert answer["content-length"] == str(len(step.gives)), said
    elif step.gives is not None:
        assert answer.json == step.gives, said
    if answer.status >= 400 and step.method != "HEAD":
        assert answer["content-type"].startswith("application/json"), said
        assert answer.json["errors"], said
        assert {error["code"] for error in answer.json["errors"]} <= CODES, said
    if step.code:
        assert answer.code == step.code, said


async def push(client, content: bytes, algorithm="sha256", repository=REPO) -> str:
    digest = of(content, algorithm)
    await client("POST", f"{repository}/blobs/uploads/?digest={digest}", content, expect=201)
    return digest
