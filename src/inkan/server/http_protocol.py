"""The web server's protocol, with the two limits it lacks: how long and how large a request's head may be.

Without them a stranger holds connections open for ever by sending a header a minute, or fills the memory with one header that never ends. It leans on
callbacks of uvicorn's protocol, whose minor version is pinned for that; the suite drives them with real sockets.

Source: RFC 9110 § 15.5.9 (408), RFC 6585 § 5 (431); attacks known as Slowloris.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from inkan import limits


class LimitedHttpProtocol(HttpToolsProtocol):
    """HTTP/1.1 whose requests have a head of bounded size, sent in bounded time."""

    _awaits_head = True
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Wait for the first head no longer than for any other."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go."""
        self._head_complete()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, and refuse a head that has become too large."""
        self._head_bytes += len(data)
        super().data_received(data)
        # counted after parsing: the bytes behind a complete head are body
        if self._awaits_head and self._head_bytes > limits.REQUEST_HEAD_BYTES:
            self._refuse("431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """Begin to wait for the end of a head."""
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        """Be content with the head."""
        self._head_complete()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(limits.REQUEST_HEAD_SECONDS, self._too_slow)
        self._awaits_head = True
        self._head_bytes = 0

    def _head_complete(self) -> None:
        self._awaits_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        self._refuse("408 Request Timeout")

    def _refuse(self, status: str) -> None:
        self._head_complete()
        if not self.transport.is_closing():
            head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
            self.transport.write(head.encode())
            self.transport.close()
