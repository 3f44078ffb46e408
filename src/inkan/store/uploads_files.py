"""Uploads on local disk: write, and at the end sync, rename, sync the folder.

The order is the promise: the bytes are on disk before they get a blob's name, and the name is on disk before anybody hears of it. Until then nothing waits for the disk: what is
written outlives this process, and a machine that fails takes the upload along, which nobody was promised. A flock on the upload's file keeps a second writer out, in this process
and in others, and falls with the process that holds it.

Source: docs/adr/0015-an-upload-outlives-the-server-a-blob-the-machine.md.
"""

import asyncio
import fcntl
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from inkan import limits
from inkan.durable_file import sync_folder
from inkan.errors import (
    StorageFullError,
    UploadBusyError,
    UploadLostError,
    UploadUnknownError,
)
from inkan.oci.digest import Digest
from inkan.store.file_errors import storage_errors
from inkan.store.layout import DataFolder, new_storage_key
from inkan.store.records import StorageKey, UploadId

_SYNC_AHEAD_BYTES = 8 * limits.MIB


def require_room(descriptor: int) -> None:
    """Return if there is room on a file's disk for more than what has to go on there when it is full.

    Raises:
        StorageFullError: if there is none.
    """
    disk = os.fstatvfs(descriptor)
    reserve = min(limits.DISK_RESERVE_BYTES, disk.f_blocks * disk.f_frsize // limits.DISK_RESERVE_PART)  # fmt: skip
    if disk.f_bavail * disk.f_frsize < reserve:
        raise StorageFullError("the storage is full; free some space, then try again")


class FileWriter:
    """Takes pieces at the end of an upload's file."""

    def __init__(self, descriptor: int, upload_id: UploadId) -> None:
        self._descriptor = descriptor
        self._upload_id = upload_id
        self._written = 0
        self._begun_to_sync = 0
        self._looked_at = 0
        self._started_at: int | None = None

    async def start_at(self, offset: int) -> None:
        """Drop whatever lies past `offset`, and go on from there."""
        with storage_errors():
            require_room(self._descriptor)
            if os.fstat(self._descriptor).st_size < offset:
                raise UploadLostError(self._upload_id)
            os.ftruncate(self._descriptor, offset)
            os.lseek(self._descriptor, offset, os.SEEK_SET)
        self._started_at = self._written = self._begun_to_sync = self._looked_at = offset

    def give_up(self) -> None:
        """Drop what was written since `start_at`: nobody was promised it, and it makes room."""
        if self._started_at is not None:
            with storage_errors():
                os.ftruncate(self._descriptor, self._started_at)

    async def write(self, piece: bytes) -> None:
        """Append a piece to the page cache; measured faster than handing it to a thread."""
        view = memoryview(piece)
        with storage_errors():
            while view:
                view = view[os.write(self._descriptor, view) :]
            self._written += len(piece)
            if self._written - self._looked_at >= limits.DISK_LOOK_BYTES:
                self._looked_at = self._written
                require_room(self._descriptor)
            if self._written - self._begun_to_sync >= _SYNC_AHEAD_BYTES:
                self._sync_ahead()

    async def flush(self) -> None:
        """Return: what is in the page cache outlives this process."""

    def _sync_ahead(self) -> None:
        """Let the disk begin with what is here, while more is on its way: the sync in the end then has little left to wait for."""
        # Linux begins to write dirty pages that are said not to be needed, and keeps them until they are written
        length = self._written - self._begun_to_sync
        os.posix_fadvise(self._descriptor, self._begun_to_sync, length, os.POSIX_FADV_DONTNEED)
        self._begun_to_sync = self._written


class FileUploads:
    """The `UploadStore` on local disk."""

    chunk_min_bytes = 0

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder

    def prepare(self) -> None:
        """Make every folder that uploads and blobs can be in, durably.

        Raises:
            StorageUnavailableError: if they cannot be made.
        """
        with storage_errors():
            for folder in (self._folder.uploads, *self._folder.fan_out()):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            algorithms = {folder.parent for folder in self._folder.fan_out()}
            for folder in (*algorithms, self._folder.blobs, self._folder.root):
                sync_folder(folder)

    async def create(self, upload_id: UploadId) -> None:
        """Make an empty upload."""
        path = self._folder.upload(upload_id)
        with storage_errors():
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    @asynccontextmanager
    async def append(self, upload_id: UploadId) -> AsyncIterator[FileWriter]:
        """Hold the upload for writing."""
        descriptor = self._open(upload_id, os.O_WRONLY)
        writer = FileWriter(descriptor, upload_id)
        try:
            self._lock(descriptor, upload_id)
            yield writer
        except StorageFullError:
            writer.give_up()
            raise
        finally:
            os.close(descriptor)

    async def read(self, upload_id: UploadId, size_bytes: int) -> AsyncIterator[bytes]:
        """Yield the first `size_bytes` bytes, in pieces."""
        descriptor = self._open(upload_id, os.O_RDONLY)
        try:
            position = 0
            while position < size_bytes:
                wanted = min(limits.PIECE_BYTES, size_bytes - position)
                with storage_errors():
                    piece = os.pread(descriptor, wanted, position)
                if not piece:
                    raise UploadLostError(upload_id)
                position += len(piece)
                yield piece
        finally:
            os.close(descriptor)

    async def promote(self, upload_id: UploadId, digest: Digest, size_bytes: int) -> StorageKey:
        """Turn the upload into a blob's bytes and return their key."""
        key = new_storage_key(digest, upload_id)
        descriptor = self._open(upload_id, os.O_WRONLY)
        try:
            self._lock(descriptor, upload_id)
            with storage_errors():
                await asyncio.to_thread(self._settle, descriptor, upload_id, key, size_bytes)
        finally:
            os.close(descriptor)
        return key

    async def require_writable(self) -> None:
        """Return if an upload could be taken now.

        Raises:
            StorageFullError: if there is no room for one.
            StorageUnavailableError: if the disk takes nothing.
        """
        probe = UploadId(secrets.token_hex(16))
        await self.create(probe)
        try:
            async with self.append(probe) as writer:
                await writer.start_at(0)
                await writer.write(b"a disk that can be written to")
        finally:
            await self.discard(probe)

    async def discard(self, upload_id: UploadId) -> None:
        """Forget the upload and its bytes."""
        with storage_errors():
            self._folder.upload(upload_id).unlink(missing_ok=True)

    def _settle(
        self, descriptor: int, upload_id: UploadId, key: StorageKey, size_bytes: int
    ) -> None:
        source, target = self._folder.upload(upload_id), self._folder.blob(key)
        actual = os.fstat(descriptor).st_size
        if actual < size_bytes:
            raise UploadLostError(upload_id)
        os.ftruncate(descriptor, size_bytes)
        os.fchmod(descriptor, 0o400)
        # fsync, not fdatasync: the length and the mode are part of what was promised
        os.fsync(descriptor)
        source.rename(target)
        # the new name only: an old one that a crash brings back names an upload that is on record no more, and goes with the other leftovers
        sync_folder(target.parent)

    def _open(self, upload_id: UploadId, flags: int) -> int:
        with storage_errors():
            try:
                return os.open(self._folder.upload(upload_id), flags | os.O_NOFOLLOW | os.O_CLOEXEC)
            except FileNotFoundError as error:
                raise UploadUnknownError(upload_id) from error

    @staticmethod
    def _lock(descriptor: int, upload_id: UploadId) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UploadBusyError(upload_id) from error
