"""The web server's protocol, with the limits it lacks, with kept answers given at once, and with files sent as files.

Without limits a stranger holds connections open for ever by sending a header a minute, or fills the memory with one header that never ends, or opens more connections than the process may have.
What is left of a request that is answered already is read within bounds. A request that has been answered before, byte for byte, is answered here from the application's memory; everything else goes the long way. It leans on
callbacks of uvicorn's protocol, whose minor version is pinned for that; the suite drives them with real sockets.

Source: RFC 9110 § 15.5.9 (408), RFC 6585 § 5 (431); attacks known as Slowloris; docs/adr/0007-answers-are-kept-by-the-whole-head.md.
"""

import asyncio
import functools
import time
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from inkan import limits
from inkan.server.file_sending import send_file
from inkan.server.unread_bodies import ClosedInTime, UnreadBody
from inkan.web.answer_memory import MARK, AnswerMemory, Mark, hash_of
from inkan.web.messages import SEND_FILE


class LimitedHttpProtocol(HttpToolsProtocol):
    """HTTP/1.1 whose requests have a head of bounded size, sent in bounded time.

    Args:
        memory: the kept answers of the application behind it.
        most: how many connections there may be at once.
    """

    file_sent_bytes = 0
    when_writable: "asyncio.Future[None] | None" = None

    _awaits_head = True
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None
    # how many requests the bytes at hand have begun and ended; equal between two requests
    _begun = 0
    _ended = 0
    _answered_at = 0.0
    _was_answered = False
    _received_bytes = 0
    _received_at_head = 0
    # what is still to come of a request that is answered, and whether the connection ends with it
    _unread: UnreadBody | None = None
    _ends_with_body = False

    def __init__(
        self, *args: Any, memory: AnswerMemory | None = None, most: int = 10_000, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._memory = memory
        self._most = most

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Wait for the first head no longer than for any other."""
        super().connection_made(transport)
        self._answered_at = self.loop.time()
        self._expect_head()
        if len(self.connections) > self._most and not self._make_room():
            self._refuse("503 Service Unavailable\r\nRetry-After: 1")

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go."""
        self._head_complete()
        if self._unread is not None:
            self._unread.ended()
        super().connection_lost(exc)
        if self.when_writable is not None and not self.when_writable.done():
            self.when_writable.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Take bytes: a repeated request is answered, a head that has become too large is refused."""
        sha256 = self._hash(data)
        if sha256 is not None and self._repeat(sha256):
            return
        begun, ended = self._begun, self._ended
        self._head_bytes += len(data)
        self._received_bytes += len(data)
        super().data_received(data)
        if self._unread is not None:
            self._unread.grown(self._received_bytes)
        if sha256 is not None and (self._begun, self._ended) == (begun + 1, ended + 1):
            # exactly one request, whole; the application is only about to start
            mark = Mark(sha256, not self.cycle.keep_alive, self._peer)
            self.scope[MARK] = mark  # type: ignore[literal-required] # an extension of ours
        # counted after parsing: the bytes behind a complete head are body
        elif self._awaits_head and self._head_bytes > limits.REQUEST_HEAD_BYTES:
            self._refuse("431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """Begin to wait for the end of a head."""
        super().on_message_begin()
        self._begun += 1
        self._expect_head()

    def on_headers_complete(self) -> None:
        """Be content with the head."""
        self._head_complete()
        super().on_headers_complete()
        self._received_at_head = self._received_bytes
        if self.scope["method"] not in ("GET", "HEAD"):
            self.cycle.transport = ClosedInTime(self.transport, self._close_after_body)  # type: ignore[assignment] # it is one for all that is asked of it
        if self.scheme == "http":
            self.scope[SEND_FILE] = functools.partial(self._send_file, self.cycle)  # type: ignore[literal-required] # an extension of ours

    def on_message_complete(self) -> None:
        """Know that the next byte begins another request."""
        super().on_message_complete()
        self._ended += 1
        if self._unread is not None:
            self._unread.ended()
            self._unread = None
            if self._ends_with_body:
                self.transport.close()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; one that was only answered from memory is not idle."""
        idle = self.loop.time() - self._answered_at
        if idle >= self.timeout_keep_alive:
            super().timeout_keep_alive_handler()
            return
        self.timeout_keep_alive_task = self.loop.call_later(
            self.timeout_keep_alive - idle, self.timeout_keep_alive_handler
        )

    @property
    def is_idle(self) -> bool:
        """Whether nothing is in the middle of anything here."""
        is_answered = self.cycle is None or self.cycle.response_complete
        return is_answered and self._begun == self._ended and not self._unsent()

    @property
    def claim_to_stay(self) -> tuple[bool, float]:
        """What is compared when some idle connection has to go: whether it ever asked anything, then the loop's time of the last answer or of the beginning.

        A crowd that connects and says nothing goes before any client between two requests, however young the crowd: the loop's clock counts in milliseconds, in which a stranger opens dozens.
        """
        return self._was_answered, self._answered_at

    def progress(self) -> tuple[str, int] | None:
        """Return what the connection is in the middle of, and a number that moves with it."""
        if self.transport is None or self.transport.is_closing():
            return None
        if self.when_writable is not None:
            return "sending", self.file_sent_bytes
        if unsent := self._unsent():
            return "sending", unsent
        if self._begun != self._ended and not self._awaits_head and not self.flow.read_paused:
            return "receiving", self._received_bytes
        return None

    def end_stalled(self, doing: str) -> None:
        """End a connection that stands still; who is still sending is told why, if nothing else was said yet."""
        if doing == "receiving" and not self.cycle.response_started:
            self._refuse("408 Request Timeout")
        else:
            self.transport.abort()

    def on_response_complete(self) -> None:
        """Be idle from now on."""
        self._answered_at = self.loop.time()
        self._was_answered = True
        if self._begun != self._ended and self._has_unread_body:
            self._read_on()
        super().on_response_complete()

    @property
    def _has_unread_body(self) -> bool:
        """Whether more is to come of the request that is answered; another that has begun behind it is none of that."""
        return not self.pipeline and self.cycle.response_complete and self.cycle.more_body

    def _close_after_body(self) -> None:
        if self._begun != self._ended and self._has_unread_body:
            self._ends_with_body = True
        else:
            self.transport.close()

    def _read_on(self) -> None:
        if self.expect_100_continue and self._received_bytes == self._received_at_head:
            # it waits to be asked for its body and was not: nothing is on its way
            self.transport.close()
        elif not self.transport.is_closing():
            self._unread = UnreadBody(self.loop, self._received_bytes, self.transport.close)

    def _make_room(self) -> bool:
        """Close the idle connections with the least claim to stay, some at once so that a crowd is not counted for each of its members; return whether there were any."""
        idle = [one for one in self.connections if one is not self and getattr(one, "is_idle", False)]  # fmt: skip
        idle.sort(key=lambda one: one.claim_to_stay)  # type: ignore[union-attr] # all are of this class
        going = idle[: max(1, self._most // 32)]
        for one in going:
            one.transport.close()
        return bool(going)

    def _unsent(self) -> int:
        return self.transport.get_write_buffer_size()

    async def _send_file(
        self, cycle: RequestResponseCycle, descriptor: int, span: tuple[int, int]
    ) -> int:
        sent = await send_file(self.transport, self.flow, self, descriptor, span)
        cycle.expected_content_length -= sent
        if self.transport.is_closing():
            cycle.disconnected = True
        return sent

    def _hash(self, data: bytes) -> bytes | None:
        """Return the hash of what may be one whole request, if nothing is in flight and the client reads what it is sent."""
        if (
            self._memory is None
            or self._begun != self._ended
            or (self.cycle is not None and not self.cycle.response_complete)
            or self.flow.write_paused
        ):
            return None
        return hash_of(data)

    def _repeat(self, sha256: bytes) -> bool:
        assert self._memory is not None
        began = time.perf_counter()
        answer = self._memory.find(sha256)
        if answer is None or self.transport.is_closing():
            return False
        if self.config.proxy_headers and answer.peer != self._peer:
            # the same word of who asks means another if it is another's word
            return False
        request_id, wire = answer.wire(self.server_state.default_headers)
        for piece in wire:
            self.transport.write(piece)
        if self._head_timer is not None:
            self._head_complete()
        if answer.closes:
            self.transport.close()
        elif self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        self._answered_at = self.loop.time()
        self._was_answered = True
        self.server_state.total_requests += 1
        if self._memory.note is not None:
            # whoever was seen through this very proxy by this very head is who is seen now
            client = answer.asked.client_address if self.config.proxy_headers else self._peer
            self._memory.note(answer, request_id, client, time.perf_counter() - began)
        return True

    @property
    def _peer(self) -> str:
        return self.client[0] if self.client else ""

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
