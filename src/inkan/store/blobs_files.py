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


class FileBlobs:
    """The `BlobStore` on local disk. Files are read in place, on the event loop: a thread hop for each piece costs more."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder

    async def read(self, blob: BlobRecord, start: int, stop: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to, not including, `stop`."""
        with storage_errors():
            try:
                descriptor = os.open(self._folder.blob(blob.key), os.O_RDONLY | os.O_NOFOLLOW)
            except FileNotFoundError as error:
                raise BlobCorruptError(str(blob.digest)) from error
        try:
            while start < stop:
                with storage_errors():
                    piece = os.pread(descriptor, min(limits.PIECE_BYTES, stop - start), start)
                if not piece:
                    raise BlobCorruptError(str(blob.digest))
                start += len(piece)
                yield piece
        finally:
            os.close(descriptor)

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
