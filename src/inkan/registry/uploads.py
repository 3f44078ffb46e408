"""Uploads: from nothing to a blob, in one request or many.

```text
(none) --begin--> open(0) --append*--> open(n) --commit(digest)--> blob
                     |---------- cancel, expiry ----------> (none)
```

Every answer that names an offset has handed the bytes up to it to the system, and the offset too: both outlive the server. That a machine fails ends an upload, and the client begins anew;
a blob it does not end. The digest is checked once, at commit, of bytes that this process has seen or reads again. In order, a commit: checks, makes the bytes durable under their final name,
forgets the upload, records durably that the repository holds the blob. A crash between any two leaves an upload to resume or bytes that nobody refers to, never a blob without bytes,
and never an upload that still writes to a blob's bytes.

Source: OCI Distribution Specification 1.1 § Push; what clients send as measured.
"""

import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from inkan import limits
from inkan.clock import Clock
from inkan.errors import (
    BodyIncompleteError,
    BodyTooLargeError,
    DigestMismatchError,
    UnavailableError,
    UploadRangeError,
    UploadUnknownError,
)
from inkan.oci.digest import Digest, Hasher
from inkan.oci.reference import RepositoryName
from inkan.registry.hashing import HashingBeside
from inkan.store.ports import BlobStore, Catalog, UploadSessions, UploadStore, UploadWriter
from inkan.store.records import BlobRecord, UploadId, UploadRecord

_HASHERS_KEPT = 1_000


class UploadService:
    """Takes uploads."""

    def __init__(
        self,
        sessions: UploadSessions,
        uploads: UploadStore,
        blobs: BlobStore,
        catalog: Catalog,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._uploads = uploads
        self._blobs = blobs
        self._catalog = catalog
        self._clock = clock
        self._hashers: OrderedDict[UploadId, Hasher] = OrderedDict()

    @property
    def chunk_min_bytes(self) -> int:
        """How long all pieces of an upload but the last should be, for the store's sake; 0 where it is no matter. Shorter ones are taken."""
        return self._uploads.chunk_min_bytes

    async def begin(self, repository: RepositoryName, account: str) -> UploadRecord:
        """Return a new, empty upload."""
        upload_id = UploadId(secrets.token_hex(16))
        empty = Hasher()
        upload = UploadRecord(upload_id, repository, account, 0, empty.digest(), self._clock.now())
        # the file first: a session without file would be an upload that cannot be continued
        await self._uploads.create(upload_id)
        try:
            await self._sessions.begin(upload)
        except UnavailableError:
            await self._uploads.discard(upload_id)
            raise
        self._keep(upload_id, empty)
        return upload

    async def get(self, repository: RepositoryName, upload_id: str, account: str) -> UploadRecord:
        """Return an upload of this repository and this account.

        Raises:
            UploadUnknownError: if there is none; another's is none.
        """
        upload = await self._sessions.find(UploadId(upload_id))
        if upload is None or upload.repository != repository or upload.account != account:
            raise UploadUnknownError(upload_id)
        return upload

    async def append(
        self,
        upload: UploadRecord,
        pieces: AsyncIterator[bytes],
        *,
        start: int | None = None,
        length: int | None = None,
    ) -> UploadRecord:
        """Take bytes at the end of an upload; they outlive the server when this returns.

        Args:
            upload: the upload as it stands.
            pieces: the bytes.
            start: where the client says they begin; nothing where it does not say.
            length: how many the client says they are.

        Raises:
            UploadRangeError: if they do not begin where the upload stands or are not as many as said; the upload is unchanged.
            BodyIncompleteError: if the client goes away; what has come until then is kept, and can be continued.
            BodyTooLargeError: if the blob would be larger than any may be.
            UploadUnknownError: if it has gone meanwhile, or the machine has failed since and lost of its bytes: then it is gone now.
        """
        if start is not None and start != upload.offset_bytes:
            raise _range_error(upload)
        async with self._forgotten_if_lost(upload), self._uploads.append(upload.upload_id) as writer:  # fmt: skip
            # seen before it was held: another request may have gone on in between, and its bytes are acknowledged
            held = await self._sessions.find(upload.upload_id)
            if held is None:
                raise UploadUnknownError(upload.upload_id)
            if held.offset_bytes != upload.offset_bytes:
                raise _range_error(held)
            await writer.start_at(upload.offset_bytes)
            hasher = self._take(upload)
            cut: BodyIncompleteError | None = None
            try:
                received = await self._receive(writer, pieces, hasher, upload.offset_bytes)
            except _CutError as error:
                received, cut = error.received, error.cause
            if length is not None and (received > length if cut else received != length):
                raise _range_error(upload)
            await writer.flush()
            advanced = self._advanced(upload, received, hasher)
            if received:
                await self._sessions.advance(upload, advanced)
        if hasher is not None:
            self._keep(upload.upload_id, hasher)
        if cut is not None:
            raise cut
        return advanced

    async def commit(self, upload: UploadRecord, expected: Digest) -> BlobRecord:
        """Turn an upload into a blob of its repository; durable when this returns.

        Raises:
            DigestMismatchError: if the bytes have another digest; the upload is then gone.
            UploadUnknownError: as for `append`.
        """
        async with self._forgotten_if_lost(upload):
            actual = await self._digest(upload, expected.algorithm)
            if actual != expected:
                await self.cancel(upload)
                raise DigestMismatchError(str(expected), str(actual))
            key = await self._uploads.promote(upload.upload_id, expected, upload.offset_bytes)
        brought = BlobRecord(expected, upload.offset_bytes, key)
        # before the blob is on record: whatever is durable then, nobody goes on writing to its bytes
        await self._sessions.finish(upload.upload_id)
        kept = await self._catalog.link_blob(upload.repository, brought)
        if kept.key != key and await self._blobs.find_size(kept.key) != kept.size_bytes:
            # what was kept under this digest is gone or cut: the push heals it, for every repository that holds it
            kept = await self._catalog.heal_blob(kept, brought)
        if kept.key != key:
            # known already: what was brought was never anybody's, and goes
            await self._blobs.delete(key)
        self._hashers.pop(upload.upload_id, None)
        return kept

    async def cancel(self, upload: UploadRecord) -> None:
        """Forget an upload and its bytes."""
        await self._sessions.finish(upload.upload_id)
        await self._uploads.discard(upload.upload_id)
        self._hashers.pop(upload.upload_id, None)

    async def expire(self, idle: timedelta) -> int:
        """Forget uploads that nothing happened to for `idle`; return how many."""
        stale = await self._sessions.list_idle(self._clock.now() - idle, 1_000)
        for upload in stale:
            await self.cancel(upload)
        return len(stale)

    @asynccontextmanager
    async def _forgotten_if_lost(self, upload: UploadRecord) -> AsyncIterator[None]:
        """Forget an upload whose bytes turn out not to be there: the client is told so once, and begins anew."""
        try:
            yield
        except UploadUnknownError:
            await self.cancel(upload)
            raise

    @staticmethod
    async def _receive(
        writer: UploadWriter, pieces: AsyncIterator[bytes], hasher: Hasher | None, offset: int
    ) -> int:
        received = 0
        hashing = HashingBeside(hasher) if hasher is not None else None
        try:
            async for piece in pieces:
                received += len(piece)
                if offset + received > limits.BLOB_BYTES:
                    raise BodyTooLargeError(limits.BLOB_BYTES)
                if hashing is not None:
                    await hashing.take(piece)
                await writer.write(piece)
        except BodyIncompleteError as error:
            raise _CutError(received, error) from error
        finally:
            if hashing is not None:
                await hashing.finish()
        return received

    async def _digest(self, upload: UploadRecord, algorithm: str) -> Digest:
        seen = self._hashers.get(upload.upload_id)
        if algorithm == "sha256" and seen is not None and seen.size_bytes == upload.offset_bytes:
            return seen.digest()
        # a digest on record is of bytes that were handed to a system which may have failed since
        hasher = Hasher(algorithm)
        async for piece in self._uploads.read(upload.upload_id, upload.offset_bytes):
            hasher.update(piece)
        return hasher.digest()

    def _advanced(self, upload: UploadRecord, received: int, hasher: Hasher | None) -> UploadRecord:
        return replace(
            upload,
            offset_bytes=upload.offset_bytes + received,
            sha256=hasher.digest() if hasher is not None else None,
            updated_at=self._clock.now(),
        )

    def _take(self, upload: UploadRecord) -> Hasher | None:
        """Return the hasher that has seen exactly what is acknowledged; out of the cache, so a failure cannot leave it ahead."""
        if upload.offset_bytes == 0:
            self._hashers.pop(upload.upload_id, None)
            return Hasher()
        hasher = self._hashers.pop(upload.upload_id, None)
        return hasher if hasher is not None and hasher.size_bytes == upload.offset_bytes else None

    def _keep(self, upload_id: UploadId, hasher: Hasher) -> None:
        self._hashers[upload_id] = hasher
        if len(self._hashers) > _HASHERS_KEPT:
            self._hashers.popitem(last=False)


class _CutError(Exception):
    """The client went away; how much had come."""

    def __init__(self, received: int, cause: BodyIncompleteError) -> None:
        super().__init__()
        self.received = received
        self.cause = cause


def _range_error(upload: UploadRecord) -> UploadRangeError:
    return UploadRangeError(str(upload.repository), upload.upload_id, upload.offset_bytes)
