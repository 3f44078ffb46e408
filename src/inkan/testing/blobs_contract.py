"""What every `BlobStore` and `UploadStore` must keep of its promises; a driver's suite is a subclass that makes one."""

from collections.abc import AsyncIterator

from inkan import limits
from inkan.errors import (
    BlobCorruptError,
    UploadBusyError,
    UploadLostError,
    UploadUnknownError,
)
from inkan.oci.digest import Digest
from inkan.store.ports import BlobStore, UploadStore
from inkan.store.records import BlobRecord, UploadId
from inkan.testing.expect import raises

FIRST, SECOND = UploadId("a" * 32), UploadId("b" * 32)


class BytesContract:
    """One test for each promise of `BlobStore` and `UploadStore`."""

    async def make_stores(self) -> tuple[BlobStore, UploadStore]:
        """Return empty stores that belong together."""
        raise NotImplementedError

    async def upload(self, uploads: UploadStore, upload_id: UploadId, content: bytes) -> None:
        """Make an upload that holds `content`."""
        await uploads.create(upload_id)
        async with uploads.append(upload_id) as writer:
            await writer.start_at(0)
            await writer.write(content)
            await writer.flush()

    async def blob(self, uploads: UploadStore, upload_id: UploadId, content: bytes) -> BlobRecord:
        """Make a blob of `content`."""
        await self.upload(uploads, upload_id, content)
        digest = Digest.of(content)
        return BlobRecord(
            digest, len(content), await uploads.promote(upload_id, digest, len(content))
        )

    async def test_what_was_written_is_what_is_read(self) -> None:
        """A blob's bytes, whole and in ranges, in pieces no larger than the cap."""
        blobs, uploads = await self.make_stores()
        content = bytes(range(256)) * (limits.PIECE_BYTES // 100)
        blob = await self.blob(uploads, FIRST, content)
        pieces = [piece async for piece in blobs.read(blob, 0, len(content))]
        assert b"".join(pieces) == content
        assert max(map(len, pieces)) <= limits.PIECE_BYTES
        assert await read(blobs.read(blob, 5, 9)) == content[5:9]
        assert await read(blobs.read(blob, 7, 7)) == b""
        assert await blobs.find_size(blob.key) == len(content)
        link = await blobs.link(blob)
        assert link is None or "://" in link

    async def test_pieces_shorter_than_they_should_be_are_taken(self) -> None:
        """Promise 5: what is announced is a wish."""
        blobs, uploads = await self.make_stores()
        assert uploads.chunk_min_bytes >= 0
        await uploads.create(FIRST)
        for number in range(3):
            async with uploads.append(FIRST) as writer:
                await writer.start_at(number)
                await writer.write(b"%d" % number)
                await writer.flush()
        digest = Digest.of(b"012")
        blob = BlobRecord(digest, 3, await uploads.promote(FIRST, digest, 3))
        assert await read(blobs.read(blob, 0, 3)) == b"012"

    async def test_an_empty_blob_is_a_blob(self) -> None:
        """Nothing has a digest too."""
        blobs, uploads = await self.make_stores()
        blob = await self.blob(uploads, FIRST, b"")
        assert await blobs.find_size(blob.key) == 0
        assert await read(blobs.read(blob, 0, 0)) == b""

    async def test_missing_and_short_bytes_are_said(self) -> None:
        """A read past what is there raises after yielding what is right."""
        blobs, uploads = await self.make_stores()
        blob = await self.blob(uploads, FIRST, b"12345")
        longer = BlobRecord(blob.digest, 9, blob.key)
        async with raises(BlobCorruptError):
            await read(blobs.read(longer, 0, 9))
        await blobs.delete(blob.key)
        async with raises(BlobCorruptError):
            await read(blobs.read(blob, 0, 5))
        assert await blobs.find_size(blob.key) is None

    async def test_deleting_twice_is_deleting_once(self) -> None:
        """Deleting what is gone is no error, and takes nothing else along."""
        blobs, uploads = await self.make_stores()
        one = await self.blob(uploads, FIRST, b"same")
        other = await self.blob(uploads, SECOND, b"same")
        assert one.key != other.key
        await blobs.delete(one.key)
        await blobs.delete(one.key)
        assert await read(blobs.read(other, 0, 4)) == b"same"
        assert [key async for key in blobs.keys()] == [other.key]  # noqa: SIM118 - a port's method

    async def test_one_writer_at_a_time(self) -> None:
        """A second writer is turned away, until the first has let go."""
        _, uploads = await self.make_stores()
        await self.upload(uploads, FIRST, b"")
        async with uploads.append(FIRST), raises(UploadBusyError), uploads.append(FIRST):
            pass
        async with uploads.append(FIRST):
            pass

    async def test_bytes_that_nobody_acknowledged_are_dropped(self) -> None:
        """Appending at an offset forgets what a cut writer left behind it."""
        blobs, uploads = await self.make_stores()
        await self.upload(uploads, FIRST, b"goodjunk")
        async with uploads.append(FIRST) as writer:
            await writer.start_at(4)
            await writer.write(b"!")
            await writer.flush()
        assert await read(uploads.read(FIRST, 5)) == b"good!"
        digest = Digest.of(b"good!")
        key = await uploads.promote(FIRST, digest, 5)
        assert await read(blobs.read(BlobRecord(digest, 5, key), 0, 5)) == b"good!"

    async def test_an_upload_that_has_lost_bytes_is_not_gone_on_with(self) -> None:
        """A hole is never filled with zeros."""
        _, uploads = await self.make_stores()
        await self.upload(uploads, FIRST, b"123")
        async with raises(UploadLostError), uploads.append(FIRST) as writer:
            await writer.start_at(4)
        async with raises(UploadLostError):
            await read(uploads.read(FIRST, 4))
        async with raises(UploadLostError):
            await uploads.promote(FIRST, Digest.of(b"1234"), 4)

    async def test_promoting_leaves_exactly_what_was_acknowledged(self) -> None:
        """Bytes past the size do not become the blob's; the upload is gone."""
        blobs, uploads = await self.make_stores()
        await self.upload(uploads, FIRST, b"goodjunk")
        key = await uploads.promote(FIRST, Digest.of(b"good"), 4)
        assert await blobs.find_size(key) == 4
        async with raises(UploadUnknownError):
            await read(uploads.read(FIRST, 4))

    async def test_unknown_uploads_are_said(self) -> None:
        """Nothing can be done with an upload that is not there, but forget it."""
        _, uploads = await self.make_stores()
        await uploads.discard(FIRST)
        async with raises(UploadUnknownError), uploads.append(FIRST):
            pass
        async with raises(UploadUnknownError):
            await uploads.promote(FIRST, Digest.of(b""), 0)
        await self.upload(uploads, FIRST, b"x")
        await uploads.discard(FIRST)
        async with raises(UploadUnknownError), uploads.append(FIRST):
            pass


async def read(pieces: AsyncIterator[bytes]) -> bytes:
    """Return all pieces as one."""
    return b"".join([piece async for piece in pieces])
