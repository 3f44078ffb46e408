"""Connections that stand still are ended, so that a stranger who sends a byte a minute, or reads nothing, holds neither memory nor a place.

One look over all connections, several times within the time they have, instead of a timer for each: an idle connection costs nothing, and a request nothing either. A connection stands
still while it is in the middle of a request or an answer and fewer than `limits.STALL_BYTES` have moved in the window; whoever makes any progress worth the name is left alone, however slow. Idle
ones between two requests are not in the middle of anything; they have a time of their own.

Source: CWE-400; attacks known as slow POST (R-U-Dead-Yet) and slow read.
"""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol

from inkan import limits

_LOOKS = 10


class Connection(Protocol):
    """What can be looked at."""

    def progress(self) -> tuple[str, int] | None:
        """Return what the connection is in the middle of, and a number that moves with it; nothing while it is idle or waits for us."""
        ...

    def end_stalled(self, doing: str) -> None:
        """End it."""
        ...


class StallWatch:
    """Looks at connections, and remembers how they were.

    Args:
        patience: within this a connection that stands still has been ended.
    """

    def __init__(self, patience: timedelta) -> None:
        self._pause_seconds = patience.total_seconds() / _LOOKS
        self._window_seconds = patience.total_seconds() - 2 * self._pause_seconds
        self._seen: dict[Connection, tuple[str, int, float]] = {}

    async def watch(self, connections: Iterable[Connection]) -> None:
        """Look again and again, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._pause_seconds)
            self.look(connections, loop.time())

    def look(self, connections: Iterable[Connection], now: float) -> None:
        """End what has stood still for the window."""
        seen: dict[Connection, tuple[str, int, float]] = {}
        for connection in list(connections):
            found = connection.progress()
            if found is None:
                continue
            doing, count = found
            before = self._seen.get(connection)
            if before is None or before[0] != doing or abs(count - before[1]) >= limits.STALL_BYTES:
                seen[connection] = (doing, count, now)
            elif now - before[2] < self._window_seconds:
                seen[connection] = before
            else:
                connection.end_stalled(doing)
        self._seen = seen
