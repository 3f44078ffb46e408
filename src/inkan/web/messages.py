"""A request as a handler sees it and a response as a handler makes it.

Source: ASGI 3.0, HTTP Connection Scope; RFC 9110 for the fields.
"""

import io
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable
from urllib.parse import parse_qsl

from inkan import limits
from inkan.errors import BodyIncompleteError, BodyTooLargeError, RequestInvalidError
from inkan.web.demand import ANONYMOUS, Caller

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
SendFile = Callable[[int, tuple[int, int]], Awaitable[int]]
"""Sends a span of an open file and returns how many bytes went, all but where the file is shorter or the client gone."""
SEND_FILE = "inkan.send_file"
"""The key in an ASGI scope under which a web server offers a `SendFile`."""


@runtime_checkable
class FileStream(Protocol):
    """A body that is a span of a file, and may be sent as such."""

    @property
    def span(self) -> tuple[int, int]:
        """The first byte, and the one behind the last."""
        ...

    def open(self) -> int:
        """Return the open file's descriptor."""
        ...

    def require_sent(self, count: int) -> None:
        """Raise unless the file has held what was asked for."""
        ...

    def close(self) -> None:
        """Close the file, if it is open."""
        ...


class Request:
    """One HTTP request: its line, its fields, and its body as a capped stream.

    Attributes:
        good_until: when the credential is good no longer; nothing where it has to be looked at each time.
        client_address: the client's address, without its port; the peer's, unless that is a proxy that is trusted.
    """

    __slots__ = (
        "_fields",
        "_query",
        "_receive",
        "_taken_bytes",
        "body_cap_bytes",
        "body_done",
        "caller",
        "client_address",
        "good_until",
        "method",
        "params",
        "path",
        "request_id",
        "scope",
    )

    def __init__(self, scope: Scope, receive: Receive, path: str, request_id: str = "") -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path = path
        self.params: dict[str, str] = {}
        self.caller: Caller = ANONYMOUS
        self.request_id = request_id
        client = scope.get("client")
        self.client_address = str(client[0]) if client else ""
        self.good_until: datetime | None = None
        self.body_cap_bytes = 0
        self.body_done = False
        self._receive = receive
        self._taken_bytes = 0
        self._fields: dict[str, str] | None = None
        self._query: list[tuple[str, str]] | None = None

    def header(self, name: str) -> str:
        """Return a field's value, several lines joined by a comma; empty where the field is absent.

        Args:
            name: in lower case.
        """
        if self._fields is None:
            fields: dict[str, str] = {}
            for key, value in self.scope["headers"]:
                field_name, text = key.decode("latin-1"), value.decode("latin-1")
                fields[field_name] = (
                    f"{fields[field_name]}, {text}" if field_name in fields else text
                )
            self._fields = fields
        return self._fields.get(name, "")

    def query(self, name: str) -> str | None:
        """Return the first value of a query parameter, or nothing where it is absent."""
        return next(iter(self.query_all(name)), None)

    def query_all(self, name: str) -> list[str]:
        """Return every value of a query parameter, in order.

        Raises:
            RequestInvalidError: if the query cannot be read.
        """
        if self._query is None:
            try:
                text = self.scope["query_string"].decode("ascii")
                self._query = parse_qsl(
                    text, keep_blank_values=True, max_num_fields=64, errors="strict"
                )
            except ValueError as error:
                raise RequestInvalidError("the query string cannot be read") from error
        return [value for key, value in self._query if key == name]

    def limit(self, until: datetime) -> None:
        """Say that the answer, as far as it may be kept at all, is good until an instant and no longer."""
        if self.good_until is not None:
            self.good_until = min(self.good_until, until)

    @property
    def content_length(self) -> int | None:
        """The declared length of the body in bytes, where one is declared.

        Raises:
            RequestInvalidError: if it is not a number.
        """
        text = self.header("content-length")
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 20):
            raise RequestInvalidError("Content-Length is not a number")
        return int(text)

    @property
    def host(self) -> str:
        """The host and port the client addressed, as it wrote them."""
        return self.header("host")

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield the body in the pieces in which it arrives.

        Raises:
            BodyTooLargeError: as soon as more than the route's cap has come.
            BodyIncompleteError: if the client goes away first.
        """
        while not self.body_done:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise BodyIncompleteError("the connection closed before the whole body had come")
            self.body_done = not message.get("more_body", False)
            piece: bytes = message.get("body", b"")
            self._taken_bytes += len(piece)
            if self._taken_bytes > self.body_cap_bytes:
                raise BodyTooLargeError(self.body_cap_bytes)
            if piece:
                yield piece

    def leaves_more_than(self, most_bytes: int) -> bool:
        """Return whether so much of the body is declared and not taken that nobody will read it to its end."""
        declared = self.header("content-length")
        is_known = not self.body_done and declared.isascii() and declared.isdigit()
        return is_known and int(declared[:20]) - self._taken_bytes > most_bytes

    async def body(self) -> bytes:
        """Return the whole body; for routes whose cap is small enough to hold.

        Raises:
            BodyTooLargeError: if it is over the route's cap.
            BodyIncompleteError: if the client goes away first.
        """
        # grows in place and is handed over as it is: the pieces and the whole are never there both
        held = io.BytesIO()
        async for piece in self.stream():
            held.write(piece)
        return held.getvalue()

    def require_body_within_cap(self) -> None:
        """Raise if the declared length is over the route's cap, before a byte of it is read.

        Raises:
            BodyTooLargeError: if it is.
            RequestInvalidError: if the declared length is no number.
        """
        declared = self.content_length
        if declared is not None and declared > self.body_cap_bytes:
            raise BodyTooLargeError(self.body_cap_bytes)


@dataclass(slots=True)
class Response:
    """An answer: status, fields, and a body that is bytes or a stream of pieces.

    Attributes:
        length_bytes: the declared length of `stream`, or of the body that a HEAD leaves out.
    """

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    stream: AsyncIterator[bytes] | None = None
    length_bytes: int | None = None

    async def send(self, send: Send, *, head: bool, send_file: SendFile | None = None) -> None:
        """Write the answer; a HEAD gets the same fields and no body."""
        length = len(self.body) if self.length_bytes is None else self.length_bytes
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in self.headers]
        if self.status not in (204, 304):
            headers.append((b"content-length", b"%d" % length))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        if head or self.status in (204, 304):
            await send({"type": "http.response.body", "body": b""})
        elif self.stream is None:
            await send({"type": "http.response.body", "body": self.body})
        else:
            await _send_stream(self.stream, send, send_file)
            await send({"type": "http.response.body", "body": b""})


async def _send_stream(stream: AsyncIterator[bytes], send: Send, send_file: SendFile | None) -> None:  # fmt: skip
    file = stream if isinstance(stream, FileStream) else None
    try:
        if file is not None and send_file is not None:
            file.require_sent(await send_file(file.open(), file.span))
            return
        async for piece in stream:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    finally:
        if file is not None:
            file.close()


def decode_path(raw_path: bytes) -> str:
    """Return the request path, percent-decoded once, with leading slashes folded into one.

    A trailing slash in `DOCKER_CONTENT_TRUST_SERVER` makes docker ask for `//v2/…` and follow no redirect.

    Raises:
        RequestInvalidError: if the path is too long, is not ASCII, or hides a slash, a control character or a dot segment.
    """
    if len(raw_path) > limits.REQUEST_TARGET_BYTES:
        raise RequestInvalidError("the request target is too long")
    try:
        path = raw_path.decode("ascii")
    except UnicodeDecodeError as error:
        raise RequestInvalidError("the path holds bytes that are not ASCII") from error
    if "%" in path:
        path = _percent_decoded(path)
    if not path.isprintable() or "/../" in f"{path}/" or "/./" in f"{path}/":
        raise RequestInvalidError("the path holds dot segments or control characters")
    return "/" + path.lstrip("/")


def _percent_decoded(path: str) -> str:
    head, *tail = path.split("%")
    out = [head]
    for part in tail:
        try:
            character = chr(int(part[:2], 16)) if part[:2].isalnum() and len(part) > 1 else "\0"
        except ValueError:
            character = "\0"
        if character == "/" or not " " <= character <= "~":
            raise RequestInvalidError(
                "the path holds a percent-encoding that no name here can have"
            )
        out.append(character + part[2:])
    return "".join(out)
