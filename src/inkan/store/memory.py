"""The bytes in memory: the shortest correct drivers, for tests and for reading.

The facts have a memory driver too: the SQL stores on SQLite's `:memory:` database (`MemoryDatabase`), so that there is one text of each rule.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from inkan import limits
from inkan.errors import (
    BlobCorruptError,
    UploadBusyError,
    UploadLostError,
    UploadUnknownError,
)
from inkan.oci.digest import Digest
from inkan.store.layout import new_storage_key
from inkan.store.records import BlobRecord, StorageKey, UploadId
from inkan.store.sql.database import Params, Result, Transaction
from inkan.store.sql.migrations import SQLITE, migrate
from inkan.store.sql.sqlite import drive


class MemoryBlobs:
    """The `BlobStore` in memory."""

    def __init__(self) -> None:
        self.contents: dict[StorageKey, bytes] = {}

    async def read(self, blob: BlobRecord, start: int, stop: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to, not including, `stop`."""
        content = self.contents.get(blob.key, b"")
        while start < stop:
            piece = content[start : min(stop, start + limits.PIECE_BYTES)]
            if not piece:
                raise BlobCorruptError(str(blob.digest))
            start += len(piece)
            yield piece

    async def find_size(self, key: StorageKey) -> int | None:
        """Return how many bytes a key holds, or nothing where there is no such key."""
        return len(self.contents[key]) if key in self.contents else None

    async def delete(self, key: StorageKey) -> None:
        """Remove a key's bytes."""
        self.contents.pop(key, None)

    async def keys(self) -> AsyncIterator[StorageKey]:
        """Yield every key, in no order."""
        for key in list(self.contents):
            yield key

    async def link(self, blob: BlobRecord) -> str | None:  # noqa: ARG002 - the port's
        """Return nothing: memory is read through us."""
        return None


class MemoryWriter:
    """Takes pieces at the end of an upload."""

    def __init__(self, content: bytearray, upload_id: UploadId) -> None:
        self._content = content
        self._upload_id = upload_id

    async def start_at(self, offset: int) -> None:
        """Drop whatever lies past `offset`, and go on from there."""
        if len(self._content) < offset:
            raise UploadLostError(self._upload_id)
        del self._content[offset:]

    async def write(self, piece: bytes) -> None:
        """Append a piece."""
        self._content += piece

    async def flush(self) -> None:
        """Return: memory is as durable as it gets."""


class MemoryUploads:
    """The `UploadStore` in memory; finished uploads go to `blobs`."""

    chunk_min_bytes = 0

    def __init__(self, blobs: MemoryBlobs) -> None:
        self._blobs = blobs
        self._contents: dict[UploadId, bytearray] = {}
        self._held: set[UploadId] = set()

    async def create(self, upload_id: UploadId) -> None:
        """Make an empty upload."""
        self._contents[upload_id] = bytearray()

    @asynccontextmanager
    async def append(self, upload_id: UploadId) -> AsyncIterator[MemoryWriter]:
        """Hold the upload for writing."""
        content = self._content(upload_id, 0)
        if upload_id in self._held:
            raise UploadBusyError(upload_id)
        self._held.add(upload_id)
        try:
            yield MemoryWriter(content, upload_id)
        finally:
            self._held.discard(upload_id)

    async def read(self, upload_id: UploadId, size_bytes: int) -> AsyncIterator[bytes]:
        """Yield the first `size_bytes` bytes, in pieces."""
        content = self._content(upload_id, size_bytes)
        for start in range(0, size_bytes, limits.PIECE_BYTES):
            yield bytes(content[start : min(size_bytes, start + limits.PIECE_BYTES)])

    async def promote(self, upload_id: UploadId, digest: Digest, size_bytes: int) -> StorageKey:
        """Turn the upload into a blob's bytes and return their key."""
        key = new_storage_key(digest, upload_id)
        self._blobs.contents[key] = bytes(self._content(upload_id, size_bytes)[:size_bytes])
        del self._contents[upload_id]
        return key

    async def discard(self, upload_id: UploadId) -> None:
        """Forget the upload and its bytes."""
        self._contents.pop(upload_id, None)

    def _content(self, upload_id: UploadId, least: int) -> bytearray:
        if upload_id not in self._contents:
            raise UploadUnknownError(upload_id)
        if len(self._contents[upload_id]) < least:
            raise UploadLostError(upload_id)
        return self._contents[upload_id]


class MemoryDatabase:
    """A `Database` that is gone with its object."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA foreign_keys = ON")
        migrate(self._connection, SQLITE)
        self._generation = 0

    @property
    def generation(self) -> int | None:
        """How many transactions have written."""
        return self._generation

    async def close(self) -> None:
        """Let the memory go."""
        self._connection.close()

    async def write(
        self,
        make: Callable[Params, Transaction[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Run a transaction, all or nothing."""
        self._connection.execute("BEGIN")
        try:
            outcome = drive(self._connection, make(*args, **kwargs))
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        self._generation += 1
        return outcome

    async def write_unsynced(
        self,
        make: Callable[Params, Transaction[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Run a transaction; memory has nothing to sync."""
        return await self.write(make, *args, **kwargs)

    async def read(
        self,
        make: Callable[Params, Transaction[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Run a transaction that writes nothing."""
        return drive(self._connection, make(*args, **kwargs))

    async def faults(self) -> Sequence[str]:
        """Return nothing: memory has no file."""
        return ()
