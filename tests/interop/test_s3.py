"""A bucket keeps every promise that a disk keeps: the same contract suite, on a real object gateway."""

import asyncio
import itertools
from datetime import timedelta
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from inkan.errors import (
    StorageUnavailableError,
    UploadBusyError,
    UploadUnknownError,
)
from inkan.oci.digest import Digest
from inkan.registry.garbage import GarbageService
from inkan.store.blobs_objects import ObjectBlobs
from inkan.store.bucket import PART_BYTES, Bucket, BucketAccess
from inkan.store.layout import object_name
from inkan.store.memory import MemoryDatabase
from inkan.store.multipart_leftovers import StaticKeys
from inkan.store.records import BlobRecord, StorageKey
from inkan.store.sql.catalog import SqlCatalog
from inkan.store.sql.garbage import SqlGarbage
from inkan.store.sql.object_uploads import SqlObjectUploads
from inkan.store.uploads_objects import ObjectUploads
from inkan.testing.blobs_contract import FIRST, SECOND, BytesContract, read
from inkan.testing.clock import FixedClock
from inkan.testing.facts_contract import APP, NOW
from interop.ceph_server import ACCESS_KEY, SECRET_KEY

pytestmark = pytest.mark.interop
_numbers = itertools.count(1)
LARGE = bytes(range(256)) * 4096 * 20  # 20 MiB: three parts


def access(ceph, **changes) -> BucketAccess:
    given = {
        "bucket": "inkan-contract",
        "prefix": f"test{next(_numbers)}",
        "endpoint": ceph.endpoint,
        "region": "us-east-1",
        "keys": StaticKeys(ACCESS_KEY, SECRET_KEY),
    }
    return BucketAccess(**{**given, **changes})


class OnCeph:
    @pytest.fixture(autouse=True)
    async def bucket(self, ceph):
        self.ceph = ceph
        self.clock = FixedClock(NOW)
        self.database = MemoryDatabase()
        self.facts = SqlObjectUploads(self.database)
        self.bucket = Bucket(access(ceph))
        await self.bucket.prepare()
        yield
        await self.database.close()

    async def make_stores(self):
        return ObjectBlobs(self.bucket), self.another_server()

    def another_server(self):
        return ObjectUploads(self.bucket, self.facts, self.clock)

    async def names(self):
        return [name async for name in self.bucket.names("blobs")]

    async def collect(self):
        """Collect what is garbage, hours later."""
        self.clock.move(timedelta(hours=3))
        service = GarbageService(
            SqlGarbage(self.database), ObjectBlobs(self.bucket), self.clock, timedelta(hours=1)
        )
        return await service.collect()


class TestBytesOnCeph(OnCeph, BytesContract):
    async def test_one_request_makes_one_object_and_commit_copies_nothing(self):
        blobs, uploads = await self.make_stores()
        await self.upload(uploads, FIRST, LARGE)
        before = await self.names()
        key = await uploads.promote(FIRST, Digest.of(LARGE), len(LARGE))
        assert before == await self.names() == [key]
        assert await read(blobs.read(BlobRecord(Digest.of(LARGE), len(LARGE), key), 0, len(LARGE))) == LARGE  # fmt: skip

    async def test_several_requests_on_several_servers_make_one_blob(self):
        blobs, uploads = await self.make_stores()
        await self.upload(uploads, FIRST, LARGE[:100])
        offset = 100
        for size in (PART_BYTES + 1, 1, 300_000, len(LARGE) - PART_BYTES - 300_102):
            async with self.another_server().append(FIRST) as writer:
                await writer.start_at(offset)
                for start in range(offset, offset + size, 500_000):
                    await writer.write(LARGE[start : min(offset + size, start + 500_000)])
                await writer.flush()
            offset += size
        digest = Digest.of(LARGE)
        assert await read(uploads.read(FIRST, len(LARGE))) == LARGE
        key = await self.another_server().promote(FIRST, digest, len(LARGE))
        assert await read(blobs.read(BlobRecord(digest, len(LARGE), key), 0, len(LARGE))) == LARGE
        await SqlCatalog(self.database).link_blob(APP, BlobRecord(digest, len(LARGE), key))
        await self.collect()
        assert await self.names() == [key]

    async def test_bytes_that_are_not_the_digests_are_never_put_together(self):
        _, uploads = await self.make_stores()
        await self.upload(uploads, FIRST, b"good")
        async with uploads.append(FIRST) as writer:
            await writer.start_at(4)
            await writer.write(b"bye")
            await writer.flush()
        with pytest.raises(StorageUnavailableError):
            await uploads.promote(FIRST, Digest.of(b"another"), 7)
        assert await uploads.promote(FIRST, Digest.of(b"goodbye"), 7)

    async def test_a_writer_that_died_holds_an_upload_only_for_a_while(self):
        _, uploads = await self.make_stores()
        await self.upload(uploads, FIRST, b"1234")
        dead = "d" * 32
        await self.facts.hold(FIRST, dead, NOW, NOW + timedelta(seconds=15))
        await self.facts.note(FIRST, dead, StorageKey("00/" + "0" * 32), 4, NOW)
        other = self.another_server()
        with pytest.raises(UploadBusyError):
            async with other.append(FIRST):
                pass
        self.clock.move(timedelta(seconds=16))
        async with other.append(FIRST) as writer:
            await writer.start_at(4)
            # the dead one wakes up, and must not be believed
            with pytest.raises(StorageUnavailableError):
                await self.facts.finish(FIRST, dead, StorageKey("00/" + "0" * 32), 4)
            await writer.write(b"5")
            await writer.flush()
        assert await read(other.read(FIRST, 5)) == b"12345"

    async def test_STO_030_what_was_cancelled_or_cut_leaves_nothing_in_the_bucket(self):
        _, uploads = await self.make_stores()
        await self.upload(uploads, FIRST, LARGE)
        await uploads.discard(FIRST)
        await uploads.create(SECOND)
        with pytest.raises(ConnectionResetError):  # noqa: PT012 - the hold is what is under test
            async with uploads.append(SECOND) as writer:
                await writer.start_at(0)
                for start in range(0, len(LARGE), 500_000):
                    await writer.write(LARGE[start : start + 500_000])
                raise ConnectionResetError
        await uploads.discard(SECOND)
        swept = await self.collect()
        assert swept.keys == 2
        assert await self.names() == []

    async def test_STO_003_parts_that_a_killed_writer_left_are_aborted(self):
        await self.bucket.put(StorageKey("00/" + "0" * 32), b"x")
        leftovers = self.bucket._leftovers
        name = self.bucket._name(StorageKey("ab/" + "ab" * 16))
        text = leftovers._ask("POST", f"{leftovers.path}/{name}", {"uploads": ""})
        assert "<UploadId>" in text
        assert len(leftovers.list(name)) == 1
        await self.bucket.delete(StorageKey("ab/" + "ab" * 16))
        assert leftovers.list(name) == []
        assert await self.bucket.find_size(StorageKey("00/" + "0" * 32)) == 1

    async def test_the_library_leaves_no_parts_when_a_writer_gives_up(self):
        async def cut():
            for start in range(0, len(LARGE), 500_000):
                yield LARGE[start : start + 500_000]
            raise ConnectionResetError

        key = StorageKey("cd/" + "cd" * 16)
        with pytest.raises((ConnectionResetError, StorageUnavailableError)):
            await self.bucket.put_stream(key, cut())
        assert await self.bucket.find_size(key) is None
        await self.bucket.delete(key)
        assert self.bucket._leftovers.list(self.bucket._name(key)) == []

    async def test_what_a_crash_left_is_swept_and_what_lives_is_not(self):
        blobs, uploads = await self.make_stores()
        live = await self.blob(uploads, FIRST, b"live")
        await SqlCatalog(self.database).link_blob(APP, live)
        # promoted, and then the power went: no blob's row
        await self.upload(uploads, SECOND, b"lost")
        lost = await uploads.promote(SECOND, Digest.of(b"lost"), 4)
        assert await uploads.sweep(timedelta(days=1)) == 0
        self.clock.move(timedelta(days=2))
        assert await uploads.sweep(timedelta(days=1)) == 1
        self.clock.move(timedelta(minutes=30))
        for key in await SqlGarbage(self.database).doomed_keys(self.clock.now(), 10):
            await blobs.delete(key)
        assert await blobs.find_size(lost) is None
        assert await read(blobs.read(live, 0, 4)) == b"live"

    async def test_an_upload_without_a_session_is_swept(self):
        _, uploads = await self.make_stores()
        await self.upload(uploads, FIRST, b"1")
        self.clock.move(timedelta(days=2))
        assert await uploads.sweep(timedelta(days=1)) == 1
        with pytest.raises(UploadUnknownError):
            async with uploads.append(FIRST):
                pass

    async def test_a_link_opens_one_object_to_anybody_and_is_no_other(self):
        blobs, uploads = await self.make_stores()
        blob = await self.blob(uploads, FIRST, b"content")
        link = await blobs.link(blob)
        with await asyncio.to_thread(urlopen, link, timeout=10) as answer:
            assert answer.read() == b"content"
        with pytest.raises(HTTPError):
            await asyncio.to_thread(urlopen, link.replace("X-Amz-Expires=600", "X-Amz-Expires=6000"), timeout=10)  # fmt: skip

    @pytest.mark.parametrize("key", ["", "../../etc", "sha256/ab/x", "ab/" + "A" * 32, "/ab"])
    async def test_a_key_that_is_none_becomes_no_object(self, key):
        with pytest.raises(StorageUnavailableError):
            object_name(StorageKey(key))


class TestWithoutLists(OnCeph, BytesContract):
    """STO-034: an engine whose lists lag behind; nothing but `keys` asks for one."""

    @pytest.fixture(autouse=True)
    def no_lists(self, bucket, monkeypatch):
        monkeypatch.setattr(self.bucket, "names", None)

    async def test_deleting_twice_is_deleting_once(self):
        """Is about `keys`, and so about lists."""

    async def test_STO_034_a_push_and_a_collection_ask_for_no_list(self):
        _, uploads = await self.make_stores()
        await self.upload(uploads, FIRST, LARGE)
        await uploads.discard(FIRST)
        assert (await self.collect()).keys == 1


async def test_a_missing_bucket_is_made_and_a_forbidden_one_is_said(ceph):
    fresh = access(ceph, bucket=f"inkan-fresh-{next(_numbers)}")
    await asyncio.gather(*(Bucket(fresh).prepare() for _ in range(3)))
    wrong = access(ceph, keys=StaticKeys(ACCESS_KEY, "wrong-secret"))
    away = access(ceph, endpoint="http://127.0.0.1:1")
    for bad in (wrong, away):
        with pytest.raises(StorageUnavailableError) as caught:
            await Bucket(bad).prepare()
        assert "127.0.0.1" not in str(caught.value)
        assert "wrong-secret" not in repr(bad)


async def test_STO_035_a_gateway_that_dies_in_the_middle_acknowledges_nothing(ceph):
    bucket = Bucket(access(ceph))
    await bucket.prepare()
    key = StorageKey("ef/" + "ef" * 16)

    async def pieces():
        for number, start in enumerate(range(0, len(LARGE), 500_000)):
            if number == 35:
                ceph.kill_gateway()
            yield LARGE[start : start + 500_000]

    with pytest.raises(StorageUnavailableError):
        await bucket.put_stream(key, pieces())
    with pytest.raises(StorageUnavailableError):
        await bucket.find_size(key)
    await asyncio.to_thread(ceph.start_gateway)
    assert await bucket.find_size(key) is None
    await bucket.delete(key)
    assert bucket._leftovers.list(bucket._name(key)) == []
