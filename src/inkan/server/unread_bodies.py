"""What is still to come of a request that has been answered already is read, but neither for ever nor however much it is.

An answer may be there long before the request is: a push that is refused. Many clients look for it only when they have sent everything, and a connection that is closed over unread bytes is
reset, which takes the answer along. So the rest is read and thrown away, up to `limits.REFUSED_BODY_BYTES` and `limits.REFUSED_BODY_SECONDS`; what goes on longer is cut.

Source: RFC 9112 § 9.6.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from inkan import limits


class UnreadBody:
    """The rest of one answered request.

    Args:
        received_bytes: how much the connection has received until now.
        cut: ends the connection.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, received_bytes: int, cut: Callable[[], None]
    ) -> None:
        self._most_bytes = received_bytes + limits.REFUSED_BODY_BYTES
        self._cut = cut
        self._timer = loop.call_later(limits.REFUSED_BODY_SECONDS, cut)

    def grown(self, received_bytes: int) -> None:
        """Cut the connection if more has come than anybody needs to send to hear of the answer."""
        if received_bytes > self._most_bytes:
            self.ended()
            self._cut()

    def ended(self) -> None:
        """Wait no longer."""
        self._timer.cancel()


class ClosedInTime:
    """A transport whose `close`, as an answer asks for it, is somebody else's to do in time."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self._transport = transport
        self.close = close

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
