"""How many bytes of large bodies are in memory at once: however many publish, the server has enough for the others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

from inkan import limits
from inkan.errors import BodyIncompleteError, UnavailableError


class BodyRoom:
    """Room for bodies; small ones need none."""

    def __init__(self) -> None:
        self._left = limits.PUBLISH_BYTES_AT_ONCE
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def hold(self, size_bytes: int) -> AsyncIterator[None]:
        """Hold room for a body.

        Args:
            size_bytes: how large it says it is, or may be where it does not say.

        Raises:
            UnavailableError: if others hold it for long.
        """
        if size_bytes <= limits.PUBLISH_SMALL_BYTES:
            yield
            return
        await self._take(size_bytes)
        try:
            yield
        finally:
            self._left += size_bytes
            async with self._changed:
                self._changed.notify_all()

    async def _take(self, size_bytes: int) -> None:
        try:
            async with asyncio.timeout(limits.PUBLISH_TURN_SECONDS), self._changed:
                await self._changed.wait_for(lambda: self._left >= size_bytes)
                self._left -= size_bytes
        except TimeoutError as error:
            raise UnavailableError("others are publishing very much; try again") from error


async def in_time(body: Awaitable[bytes]) -> bytes:
    """Return a body that comes within its time: whoever lets one drip keeps nobody's room for long.

    Raises:
        BodyIncompleteError: if it does not.
    """
    try:
        async with asyncio.timeout(limits.PUBLISH_BODY_SECONDS):
            return await body
    except TimeoutError as error:
        raise BodyIncompleteError(f"the body had not come after {limits.PUBLISH_BODY_SECONDS} seconds; try again, with less at once or over a faster line") from error  # fmt: skip
