"""Where bytes are kept: finished blobs, and uploads on their way to becoming blobs."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from inkan.oci.digest import Digest
from inkan.store.records import (
    BlobRecord,
    StorageKey,
    UploadId,
)


class BlobStore(Protocol):
    """Finished blobs, by storage key.

    1. A key's bytes never change.
    2. `read` yields exactly the bytes asked for, in pieces of at most `limits.PIECE_BYTES`, or raises `BlobCorruptError`
       when the key's bytes are missing or fewer than `stop`; what it has yielded until then is right.
    3. `delete` is idempotent, and durable when it returns.
    4. What `link` gives opens that blob only, for reading, and for minutes. It is a secret: it goes to the client and nowhere else.
    """

    def read(self, blob: BlobRecord, start: int, stop: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to, not including, `stop`."""
        ...

    async def find_size(self, key: StorageKey) -> int | None:
        """Return how many bytes a key holds, or nothing where there is no such key."""
        ...

    async def delete(self, key: StorageKey) -> None:
        """Remove a key's bytes."""
        ...

    def keys(self) -> AsyncIterator[StorageKey]:
        """Yield every key, in no order."""
        ...

    async def link(self, blob: BlobRecord) -> str | None:
        """Return an address under which a client reads a blob without us; nothing where the store has none."""
        ...


class UploadWriter(Protocol):
    """Takes pieces at the end of an upload."""

    async def start_at(self, offset: int) -> None:
        """Drop whatever lies past `offset`, and go on from there; comes before the first `write`."""
        ...

    async def write(self, piece: bytes) -> None:
        """Append a piece; it outlives this process only after `flush`."""
        ...

    async def flush(self) -> None:
        """Return once everything written outlives this process; the machine it outlives only as a blob."""
        ...


class UploadStore(Protocol):
    """Bytes on their way to becoming blobs.

    1. One writer at a time: `append` raises `UploadBusyError` while another holds the upload, in this process or another; a
       writer that died holds nothing.
    2. `start_at(offset)` drops whatever lies past `offset`: bytes that nobody acknowledged. What is acknowledged may have grown until the
       upload was held, so a caller asks for the offset only then.
    3. `promote` leaves exactly the first `size_bytes` bytes under a fresh key, durable under that name when it returns, and no
       upload; it hashes nothing.
    4. `discard` is idempotent. Every method but `create` and `discard` raises `UploadUnknownError` for an upload that is not there,
       and `UploadLostError` where it holds fewer bytes than it is asked for: a hole is never filled with anything.
    5. Pieces shorter than `chunk_min_bytes` are taken as well, at a higher cost each.
    """

    @property
    def chunk_min_bytes(self) -> int:
        """How long every piece but the last should be; 0 where it is no matter."""
        ...

    async def create(self, upload_id: UploadId) -> None:
        """Make an empty upload."""
        ...

    def append(self, upload_id: UploadId) -> AbstractAsyncContextManager[UploadWriter]:
        """Hold the upload for writing."""
        ...

    def read(self, upload_id: UploadId, size_bytes: int) -> AsyncIterator[bytes]:
        """Yield the first `size_bytes` bytes, in pieces."""
        ...

    async def promote(self, upload_id: UploadId, digest: Digest, size_bytes: int) -> StorageKey:
        """Turn the upload into a blob's bytes and return their key."""
        ...

    async def discard(self, upload_id: UploadId) -> None:
        """Forget the upload and its bytes."""
        ...
