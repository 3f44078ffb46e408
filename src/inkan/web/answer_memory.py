"""Answers kept for requests that come again byte for byte, while nothing they depend on has changed.

Kubelets, controllers and build machines ask the same question with the same token over and over. An answer depends on three things: the request's head
(address, token, conditions, encodings), the facts, and the clock. So it is kept under the SHA-256 of the whole head, together with the
generation of the facts it was made from and the instant until which token and signed content are good. What has a body, Basic credentials, a stream, or
a status other than 200 and 304 is never kept.

Rejected: keeping decisions by account and path. That would be a second way through authorisation; here each answer has come the only way there is.

Source: RFC 9111 § 4 for what a stored answer may stand for; docs/adr/0007-answers-are-kept-by-the-whole-head.md.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from inkan import limits
from inkan.clock import Clock

if TYPE_CHECKING:
    from inkan.web.messages import Response

MARK = "inkan.mark"
"""The key in an ASGI scope under which the web server's protocol hands over a head's mark."""

# copying a larger body costs more than a second write
_COPIED_BYTES = 64 * limits.KIB

Generation = Callable[[], int | None]
"""Returns a number that grows with every change of the facts; nothing where changes may go unnoticed."""


class Mark(NamedTuple):
    """A hash over a request's head, whether the connection ends with its answer, as the head asks for, and the address at its other end."""

    sha256: bytes
    closes: bool
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked by whom, for the log and the metrics.

    Attributes:
        client_address: the peer's, or what a proxy that is trusted says.
    """

    operation: str
    method: str
    path: str
    account: str
    client_address: str = ""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it goes over the wire, without the date and the request's ID."""

    asked: Asked
    status: int
    start: bytes
    fields: bytes
    body: bytes
    generation: int
    good_until: datetime
    closes: bool
    peer: str

    def wire(self, dates: list[tuple[bytes, bytes]]) -> tuple[str, list[bytes]]:
        """Return a new request ID and the answer in one piece or two, with the server's own fields in it."""
        request_id = secrets.token_hex(8)
        pieces = [self.start]
        for name, value in dates:
            pieces += (name, b": ", value, b"\r\n")
        pieces += (self.fields, request_id.encode(), b"\r\n\r\n")
        if len(self.body) > _COPIED_BYTES:
            return request_id, [b"".join(pieces), self.body]
        return request_id, [b"".join((*pieces, self.body))]

    @property
    def size_bytes(self) -> int:
        """What it takes of the memory, about."""
        return len(self.start) + len(self.fields) + len(self.body) + 512


Note = Callable[[KeptAnswer, str, str, float], None]
"""Takes a repeated answer, the new request's ID, the client's address, and the seconds it took."""


class AnswerMemory:
    """The kept answers of one application, bounded in bytes; the longest unused go first.

    Args:
        generation: of the facts.
        clock: tells what is good no longer.
    """

    def __init__(self, generation: Generation, clock: Clock) -> None:
        self.generation = generation
        self.note: Note | None = None
        self._clock = clock
        self._kept: OrderedDict[bytes, KeptAnswer] = OrderedDict()
        self._bytes = 0

    def find(self, sha256: bytes) -> KeptAnswer | None:
        """Return the answer for a head with that hash, if nothing has changed since it was made."""
        answer = self._kept.get(sha256)
        if answer is None:
            return None
        if answer.generation != self.generation() or self._clock.now() >= answer.good_until:
            self._forget(sha256)
            return None
        self._kept.move_to_end(sha256)
        return answer

    def keep(
        self, mark: Mark, asked: Asked, response: "Response", generation: int, until: datetime
    ) -> None:
        """Keep an answer, unless it is too large.

        Args:
            mark: of the request's head.
            asked: what it asked.
            response: the answer, without its request ID.
            generation: of the facts before the answer was begun.
            until: when the caller's token or what is answered is good no longer.
        """
        start = f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}\r\n".encode()
        lines = [f"{name.lower()}: {value}\r\n" for name, value in response.headers]
        if response.status == HTTPStatus.OK:
            lines.append(f"content-length: {len(response.body)}\r\n")
        if mark.closes:
            lines.append("connection: close\r\n")
        fields = "".join((*lines, "x-request-id: ")).encode("latin-1")
        is_head = asked.method == "HEAD" or response.status != HTTPStatus.OK
        body = b"" if is_head else response.body
        answer = KeptAnswer(
            asked, response.status, start, fields, body, generation, until, mark.closes, mark.peer
        )
        if answer.size_bytes > limits.ANSWER_KEPT_BYTES:
            return
        self._forget(mark.sha256)
        self._kept[mark.sha256] = answer
        self._bytes += answer.size_bytes
        while self._bytes > limits.ANSWERS_KEPT_BYTES:
            self._bytes -= self._kept.popitem(last=False)[1].size_bytes

    def _forget(self, sha256: bytes) -> None:
        if (answer := self._kept.pop(sha256, None)) is not None:
            self._bytes -= answer.size_bytes


def hash_of(head: bytes) -> bytes | None:
    """Return the SHA-256 of bytes that may be one whole GET or HEAD without a body; nothing where they cannot be.

    A hash, so that no token stays in memory for it.
    """
    if (
        head[:4] not in (b"GET ", b"HEAD")
        or len(head) > limits.ANSWER_HEAD_BYTES
        or not head.endswith(b"\r\n\r\n")
    ):
        return None
    return hashlib.sha256(head).digest()


def mark_in(scope: Any) -> Mark | None:
    """Return the mark that the web server made for a request."""
    mark = scope.get(MARK)
    return mark if isinstance(mark, Mark) else None
