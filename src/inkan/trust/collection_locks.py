"""One lock for each collection, while somebody holds or wants it.

Two publishes of one collection would both compute the next timestamp; the store lets one win, the lock spares the other the work. It
is not what makes publishing safe: other processes do not share it.
"""

import asyncio
from weakref import WeakValueDictionary

from inkan.oci.reference import Gun


class CollectionLocks:
    """Hands out the lock of a collection."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[Gun, asyncio.Lock] = WeakValueDictionary()

    def of(self, gun: Gun) -> asyncio.Lock:
        """Return the collection's lock; it is forgotten when nobody refers to it."""
        lock = self._locks.get(gun)
        if lock is None:
            lock = self._locks[gun] = asyncio.Lock()
        return lock
