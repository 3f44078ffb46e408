"""The shapes in which a blob is pushed, each as clients send it.

Source: OCI Distribution Specification 1.1 § Pushing Blobs; docker and skopeo stream one PATCH without a length, in pieces of 32 KiB.
"""

import os
from dataclasses import dataclass

from peers import Peer, digest_of, path_of

UPLOADS = "/v2/team/bench/blobs/uploads/"
_PIECE = 32 * 1024
_KIND = {"Content-Type": "application/octet-stream"}


@dataclass(frozen=True)
class Content:
    """Bytes that nobody has seen before, with all that a client would have ready before it begins."""

    raw: bytes
    digest: str
    streamed: bytes

    @classmethod
    def make(cls, size: int) -> "Content":
        raw = os.urandom(size)
        pieces = (raw[at : at + _PIECE] for at in range(0, size, _PIECE))
        streamed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
        return cls(raw, digest_of(raw), streamed + b"0\r\n\r\n")


def _begin(peer: Peer, connection) -> str:
    answer, _ = peer.call("POST", UPLOADS, connection=connection)
    return path_of(answer)


def _finish(peer: Peer, connection, session: str, content: Content, body: bytes = b"") -> None:
    mark = "&" if "?" in session else "?"
    peer.call("PUT", f"{session}{mark}digest={content.digest}", body, _KIND, connection)


def stream(peer: Peer, connection, content: Content) -> None:
    """POST, one PATCH of unknown length, an empty PUT: docker, podman, skopeo."""
    coding = {**_KIND, "Transfer-Encoding": "chunked"}
    # the body is spelled in chunks already
    answer, _ = peer.call("PATCH", _begin(peer, connection), content.streamed, coding, connection)
    _finish(peer, connection, path_of(answer), content)


def patch(peer: Peer, connection, content: Content) -> None:
    """POST, one PATCH with a length, an empty PUT."""
    answer, _ = peer.call("PATCH", _begin(peer, connection), content.raw, _KIND, connection)
    _finish(peer, connection, path_of(answer), content)


def ranges(peer: Peer, connection, content: Content) -> None:
    """POST, four PATCHes with `Content-Range`, an empty PUT: oras, regctl."""
    session, size = _begin(peer, connection), len(content.raw) // 4
    for start in range(0, len(content.raw), size):
        piece = content.raw[start : start + size]
        span = {**_KIND, "Content-Range": f"{start}-{start + len(piece) - 1}"}
        answer, _ = peer.call("PATCH", session, piece, span, connection)
        session = path_of(answer)
    _finish(peer, connection, session, content)


def put(peer: Peer, connection, content: Content) -> None:
    """POST, one PUT with all the bytes: crane, ctr, buildkit."""
    _finish(peer, connection, _begin(peer, connection), content, content.raw)


def post(peer: Peer, connection, content: Content) -> None:
    """One POST with all the bytes; docker-registry has not got that, and is given a PUT."""
    if peer.name == "docker-registry":
        put(peer, connection, content)
        return
    path = f"{UPLOADS}?digest={content.digest}"
    peer.call("POST", path, content.raw, _KIND, connection)


SHAPES = {
    "streamed PATCH": stream,
    "PATCH with a length": patch,
    "PATCHes with ranges": ranges,
    "POST and PUT": put,
    "one POST": post,
}
