"""Uploads as objects in a bucket: one object for each request that brought bytes.

The docker flow (one PATCH, then PUT) makes one object, and commit is a fact: nothing is copied. What came in several requests is streamed into one new object at commit, and hashed
on its way. No upload in parts is kept open between requests, so any server can go on where another stopped.

An object is noted before it is written and its key never comes back, so that a crash leaves nothing that is in no table, and a late writer meets nobody's bytes.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from inkan.clock import Clock
from inkan.errors import StorageUnavailableError, UploadUnknownError
from inkan.oci.digest import Digest, Hasher
from inkan.store.bucket import PART_BYTES, Bucket
from inkan.store.layout import new_object_key
from inkan.store.records import StorageKey, UploadId
from inkan.store.sql.object_uploads import WHOLE, Segment, SqlObjectUploads, require_bytes

# a writer that died holds an upload for so long; one that lives says so three times in it
_HELD_FOR = timedelta(seconds=15)
_TRIES_TO_LET_GO = 2
_WAITING_PIECES = 4


class ObjectWriter:
    """Takes pieces at the end of an upload; what was written since the last `flush` is one object."""

    def __init__(self, bucket: Bucket, facts: SqlObjectUploads, clock: Clock, upload_id: UploadId, owner: str) -> None:  # fmt: skip
        self._bucket, self._facts, self._clock = bucket, facts, clock
        self._upload_id, self._owner = upload_id, owner
        self._offset = 0
        self._waiting: list[bytes] = []
        self._size = 0
        self._stream: _Stream | None = None

    async def start_at(self, offset: int) -> None:
        """Drop whatever lies past `offset`, and go on from there."""
        await self._facts.truncate(self._upload_id, self._owner, offset, self._clock.now())
        self._offset = offset

    async def write(self, piece: bytes) -> None:
        """Append a piece; a small object is sent whole by `flush`, a larger one while it comes."""
        self._size += len(piece)
        if self._stream is not None:
            await self._stream.send(piece)
            return
        self._waiting.append(piece)
        if self._size > PART_BYTES:
            self._stream = _Stream(self._bucket, await self._note())
            for one in self._waiting:
                await self._stream.send(one)
            self._waiting.clear()

    async def flush(self) -> None:
        """Return once everything written is durable, and known to be."""
        if not self._size:
            return
        if self._stream is not None:
            key = self._stream.key
            await self._stream.end()
            # a long answer may say that it went well before it turns out that it did not: it is looked at
            if await self._bucket.find_size(key) != self._size:
                raise StorageUnavailableError("an object is not as long as what was written")
        else:
            key = await self._note()
            await self._bucket.put(key, b"".join(self._waiting))
        await self._facts.finish(self._upload_id, self._owner, key, self._size)
        self._offset += self._size
        self._waiting, self._size, self._stream = [], 0, None

    async def give_up(self) -> None:
        """Stop writing what was not flushed."""
        if self._stream is not None:
            await self._stream.cancel()

    async def _note(self) -> StorageKey:
        key = new_object_key()
        await self._facts.note(self._upload_id, self._owner, key, self._offset, self._clock.now())
        return key


class _Stream:
    """An object that is written while its bytes come."""

    def __init__(self, bucket: Bucket, key: StorageKey) -> None:
        self.key = key
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue(_WAITING_PIECES)
        self._task = asyncio.create_task(bucket.put_stream(key, self._iterate()))

    async def send(self, piece: bytes) -> None:
        await self._put(piece)

    async def end(self) -> None:
        await self._put(None)
        await self._task

    async def cancel(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError, StorageUnavailableError):
            await self._task

    async def _put(self, piece: bytes | None) -> None:
        # whoever reads the queue may have failed, and then nobody would ever make room in it
        putting = asyncio.ensure_future(self._pieces.put(piece))
        try:
            await asyncio.wait((putting, self._task), return_when=asyncio.FIRST_COMPLETED)
        finally:
            putting.cancel()
        if self._task.done() and piece is not None:
            self._task.result()
            raise StorageUnavailableError("the bucket took less than it was sent")

    async def _iterate(self) -> AsyncIterator[bytes]:
        while (piece := await self._pieces.get()) is not None:
            yield piece


class ObjectUploads:
    """The `UploadStore` in a bucket, with its facts in the database."""

    # each piece is an object, which are put together in the end
    chunk_min_bytes = PART_BYTES

    def __init__(self, bucket: Bucket, facts: SqlObjectUploads, clock: Clock) -> None:
        self._bucket, self._facts, self._clock = bucket, facts, clock

    async def create(self, upload_id: UploadId) -> None:
        """Make an empty upload."""
        await self._facts.create(upload_id, self._clock.now())

    @asynccontextmanager
    async def append(self, upload_id: UploadId) -> AsyncIterator[ObjectWriter]:
        """Hold the upload for writing."""
        async with self._held(upload_id) as owner:
            writer = ObjectWriter(self._bucket, self._facts, self._clock, upload_id, owner)
            try:
                yield writer
            except BaseException:
                await writer.give_up()
                raise

    async def read(self, upload_id: UploadId, size_bytes: int) -> AsyncIterator[bytes]:
        """Yield the first `size_bytes` bytes, in pieces."""
        segments = await self._facts.segments(upload_id)
        require_bytes(upload_id, segments, size_bytes)
        async for piece in self._pieces(segments, size_bytes):
            yield piece

    async def promote(self, upload_id: UploadId, digest: Digest, size_bytes: int) -> StorageKey:
        """Turn the upload into a blob's bytes and return their key."""
        async with self._held(upload_id) as owner:
            segments = await self._facts.segments(upload_id)
            require_bytes(upload_id, segments, size_bytes)
            if len(segments) == 1 and segments[0].object_bytes == size_bytes:
                key = segments[0].key
            else:
                key = await self._put_together(upload_id, owner, segments, digest, size_bytes)
            await self._facts.promote(upload_id, owner, key, self._clock.now())
            return key

    async def discard(self, upload_id: UploadId) -> None:
        """Forget the upload and its bytes."""
        await self._facts.discard(upload_id, self._clock.now())

    async def sweep(self, idle: timedelta) -> int:
        """Doom what crashes have left for longer than `idle`; return how many objects that is."""
        now = self._clock.now()
        return await self._facts.sweep(now - idle, now)

    async def _put_together(
        self, upload_id: UploadId, owner: str, segments: Sequence[Segment], digest: Digest, size_bytes: int
    ) -> StorageKey:  # fmt: skip
        key, hasher = new_object_key(), Hasher(digest.algorithm)
        await self._facts.note(upload_id, owner, key, WHOLE, self._clock.now())

        async def hashed() -> AsyncIterator[bytes]:
            async for piece in self._pieces(segments, size_bytes):
                hasher.update(piece)
                yield piece

        if size_bytes <= PART_BYTES:
            await self._bucket.put(key, b"".join([piece async for piece in hashed()]))
        else:
            # parts are few enough for the engine, however large the blob is
            await self._bucket.put_stream(key, hashed(), max(PART_BYTES, size_bytes // 5_000))
        if await self._bucket.find_size(key) != size_bytes or hasher.digest() != digest:
            raise StorageUnavailableError("an upload could not be put together; try again")
        await self._facts.finish(upload_id, owner, key, size_bytes)
        return key

    async def _pieces(self, segments: Sequence[Segment], size_bytes: int) -> AsyncIterator[bytes]:
        for segment in segments:
            wanted = min(segment.size_bytes, size_bytes - segment.start)
            if wanted <= 0:
                return
            async for piece in self._bucket.read(segment.key, 0, wanted):
                wanted -= len(piece)
                yield piece
            if wanted:
                raise StorageUnavailableError("an upload has lost bytes; begin a new one")

    @asynccontextmanager
    async def _held(self, upload_id: UploadId) -> AsyncIterator[str]:
        """Hold an upload, against every other request on every server."""
        owner = secrets.token_hex(16)
        await self._hold(upload_id, owner)
        heart = asyncio.create_task(self._go_on_holding(upload_id, owner))
        try:
            yield owner
        finally:
            heart.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await heart
            await asyncio.shield(self._let_go(upload_id, owner))

    async def _hold(self, upload_id: UploadId, owner: str) -> None:
        now = self._clock.now()
        await self._facts.hold(upload_id, owner, now, now + _HELD_FOR)

    async def _let_go(self, upload_id: UploadId, owner: str) -> None:
        # said twice does no harm; said never, the client's next request meets a hold that nobody has, until it falls with its time
        for _ in range(_TRIES_TO_LET_GO):
            with contextlib.suppress(StorageUnavailableError):
                await self._facts.release(upload_id, owner, self._clock.now())
                return

    async def _go_on_holding(self, upload_id: UploadId, owner: str) -> None:
        while True:
            await asyncio.sleep(_HELD_FOR.total_seconds() / 3)
            # a try that fails is one of three; who has lost the upload is told when it says that it is done
            with contextlib.suppress(StorageUnavailableError, UploadUnknownError):
                await self._hold(upload_id, owner)
