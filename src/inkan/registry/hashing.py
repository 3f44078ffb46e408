"""Hashing beside the event loop: while one batch of bytes is hashed in a thread, the next one comes in.

What is small is hashed at once: a hop to a thread and back costs as much as hashing 100 KiB. Of an upload at most two batches are held.

Source: docs/adr/0017-what-is-large-is-hashed-beside-the-loop.md.
"""

import asyncio
from collections.abc import Sequence

from inkan import limits
from inkan.oci.digest import Hasher


class HashingBeside:
    """Gives a hasher its pieces, in order, without waiting for it.

    Args:
        hasher: nobody else may use it until `finish` has returned.
    """

    def __init__(self, hasher: Hasher) -> None:
        self._hasher = hasher
        self._gathered: list[bytes] = []
        self._bytes = 0
        self._running: asyncio.Future[None] | None = None

    async def take(self, piece: bytes) -> None:
        """Take the next piece; wait only while there is a batch too many."""
        self._gathered.append(piece)
        self._bytes += len(piece)
        if self._bytes >= limits.PIECE_BYTES:
            await self._settled()
            loop = asyncio.get_running_loop()
            self._running = loop.run_in_executor(None, _update, self._hasher, self._gathered)
            self._gathered, self._bytes = [], 0

    async def finish(self) -> None:
        """Return when everything taken is hashed."""
        await self._settled()
        _update(self._hasher, self._gathered)
        self._gathered, self._bytes = [], 0

    async def _settled(self) -> None:
        if self._running is not None:
            running, self._running = self._running, None
            await running


def _update(hasher: Hasher, pieces: Sequence[bytes]) -> None:
    for piece in pieces:
        hasher.update(piece)
