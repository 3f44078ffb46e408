"""Blobs on local disk."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator

from inkan import limits
from inkan.durable_file import sync_folder
from inkan.errors import BlobCorruptError
from inkan.store.file_errors import storage_errors
from inkan.store.layout import DataFolder
from inkan.store.records import BlobRecord, StorageKey


class FileSpan:
    """A span of a blob's file: its pieces, or the open file for whoever can send it as such. Opened when it is first needed."""

    def __init__(self, folder: DataFolder, blob: BlobRecord, start: int, stop: int) -> None:
        self._folder = folder
        self._blob = blob
        self._next = start
        self._stop = stop
        self._descriptor: int | None = None

    @property
    def span(self) -> tuple[int, int]:
        """The first byte that is not read yet, and the one behind the last."""
        return self._next, self._stop

    def open(self) -> int:
        """Return the open file's descriptor.

        Raises:
            BlobCorruptError: if there is no file.
        """
        if self._descriptor is None:
            with storage_errors():
                path = self._folder.blob(self._blob.key)
                try:
                    self._descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
                except FileNotFoundError as error:
                    raise BlobCorruptError(str(self._blob.digest)) from error
        return self._descriptor

    def require_sent(self, count: int) -> None:
        """Return if the file is as long as it should be, or all of the span was sent.

        Raises:
            BlobCorruptError: if it is shorter.
        """
        with storage_errors():
            if count < self._stop - self._next and os.fstat(self.open()).st_size < self._stop:
                raise BlobCorruptError(str(self._blob.digest))

    def close(self) -> None:
        """Close the file, if it is open."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __aiter__(self) -> "FileSpan":
        return self

    async def __anext__(self) -> bytes:
        if self._next >= self._stop:
            self.close()
            raise StopAsyncIteration
        with storage_errors():
            wanted = min(limits.PIECE_BYTES, self._stop - self._next)
            piece = os.pread(self.open(), wanted, self._next)
        if not piece:
            self.close()
            raise BlobCorruptError(str(self._blob.digest))
        self._next += len(piece)
        return piece

    def __del__(self) -> None:
        # whoever stops in between lets go of it
        self.close()


class FileBlobs:
    """The `BlobStore` on local disk. Files are read in place, on the event loop: a thread hop for each piece costs more."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder

    def read(self, blob: BlobRecord, start: int, stop: int) -> "FileSpan":
        """Yield the bytes from `start` up to, not including, `stop`."""
        return FileSpan(self._folder, blob, start, stop)

    async def find_size(self, key: StorageKey) -> int | None:
        """Return how many bytes a key holds, or nothing where there is no such key."""
        with storage_errors():
            try:
                found = self._folder.blob(key).lstat()
            except FileNotFoundError:
                return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    async def delete(self, key: StorageKey) -> None:
        """Remove a key's bytes."""
        path = self._folder.blob(key)
        with storage_errors():
            path.unlink(missing_ok=True)
            await asyncio.to_thread(sync_folder, path.parent)

    async def keys(self) -> AsyncIterator[StorageKey]:
        """Yield every key, in no order."""
        for folder in self._folder.fan_out():
            with storage_errors():
                names = [path.name for path in folder.iterdir()] if folder.exists() else []
            for name in names:
                yield StorageKey(f"{folder.parent.name}/{folder.name}/{name}")

    async def link(self, blob: BlobRecord) -> str | None:  # noqa: ARG002 - the port's
        """Return nothing: a file is read through us."""
        return None
