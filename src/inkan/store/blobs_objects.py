"""Blobs as objects in a bucket."""

import time
from collections.abc import AsyncIterator
from datetime import timedelta

from inkan.errors import BlobCorruptError, StorageUnavailableError
from inkan.store.bucket import Bucket
from inkan.store.layout import BLOB_OBJECTS
from inkan.store.records import BlobRecord, StorageKey

_TRIES = 3
# a refusal comes sooner
_SILENCE_SECONDS = 15
# a client begins to read at once; a redirect that is kept for longer is another's
_LINK_LIFETIME = timedelta(minutes=10)


class ObjectBlobs:
    """The `BlobStore` in a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    async def read(self, blob: BlobRecord, start: int, stop: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to, not including, `stop`; a cut connection is gone on with where it was cut."""
        tries = _TRIES
        while start < stop:
            before, began = start, time.monotonic()
            try:
                async for piece in self._bucket.read(blob.key, start, stop):
                    start += len(piece)
                    yield piece
            except StorageUnavailableError:
                tries -= 1
                if start == before and time.monotonic() - began > _SILENCE_SECONDS:
                    # nobody is there to be asked how long it is
                    raise
                size = await self._bucket.find_size(blob.key)
                if size is not None and size >= stop and tries:
                    continue
                if size is None or size < stop:
                    raise BlobCorruptError(str(blob.digest)) from None
                raise
            if start < stop and start == before:
                raise BlobCorruptError(str(blob.digest))

    async def find_size(self, key: StorageKey) -> int | None:
        """Return how many bytes a key holds, or nothing where there is no such key."""
        return await self._bucket.find_size(key)

    async def delete(self, key: StorageKey) -> None:
        """Remove a key's bytes."""
        await self._bucket.delete(key)

    async def keys(self) -> AsyncIterator[StorageKey]:
        """Yield every key, in no order."""
        async for name in self._bucket.names(BLOB_OBJECTS):
            yield StorageKey(name)

    async def link(self, blob: BlobRecord) -> str:
        """Return an address under which anybody may read a blob for some minutes. It is a secret: never log it."""
        return await self._bucket.link(blob.key, _LINK_LIFETIME)
