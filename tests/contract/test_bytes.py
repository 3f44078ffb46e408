"""Every driver of bytes keeps the ports' promises."""

import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from obstore.store import MemoryStore

from inkan.errors import StorageUnavailableError, UploadBusyError
from inkan.oci.digest import Digest
from inkan.store.blobs_files import FileBlobs
from inkan.store.blobs_objects import ObjectBlobs
from inkan.store.bucket import Bucket, BucketAccess
from inkan.store.layout import DataFolder
from inkan.store.memory import MemoryBlobs, MemoryDatabase, MemoryUploads
from inkan.store.records import BlobRecord, StorageKey, UploadId
from inkan.store.sql.catalog import SqlCatalog
from inkan.store.sql.garbage import SqlGarbage
from inkan.store.sql.object_uploads import SqlObjectUploads
from inkan.store.uploads_files import FileUploads
from inkan.store.uploads_objects import ObjectUploads
from inkan.testing.blobs_contract import FIRST, BytesContract, read
from inkan.testing.clock import FixedClock
from inkan.testing.facts_contract import APP


class TestMemory(BytesContract):
    async def make_stores(self):
        blobs = MemoryBlobs()
        return blobs, MemoryUploads(blobs)


class TestFiles(BytesContract):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path):
        self.data = DataFolder(tmp_path)

    async def make_stores(self):
        uploads = FileUploads(self.data)
        uploads.prepare()
        return FileBlobs(self.data), uploads

    async def test_names_are_durable_before_they_are_told(self, monkeypatch):
        """Power may fail between any two calls: bytes first, then the name, then the blob's folder; an upload's name that comes back is nobody's."""
        _, uploads = await self.make_stores()
        await self.upload(uploads, FIRST, b"content")
        calls = []
        for name in ("fsync", "fdatasync", "ftruncate"):
            real = getattr(os, name)
            monkeypatch.setattr(
                os, name, lambda *a, real=real, name=name: (calls.append(name), real(*a))[1]
            )
        real_rename = os.rename
        monkeypatch.setattr(
            os, "rename", lambda *a, **k: (calls.append("rename"), real_rename(*a, **k))[1]
        )
        await uploads.promote(FIRST, Digest.of(b"content"), 7)
        assert calls == ["ftruncate", "fsync", "rename", "fsync"]

    async def test_a_killed_writer_holds_nothing(self):
        _, uploads = await self.make_stores()
        await self.upload(uploads, FIRST, b"")
        path = self.data.upload(FIRST)
        code = f"import fcntl, time; f = open({str(path)!r}, 'r+b'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)"
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
            holder.stdout.readline()
            with pytest.raises(UploadBusyError):
                async with uploads.append(FIRST):
                    pass
            holder.send_signal(signal.SIGKILL)
        async with uploads.append(FIRST):
            pass

    @pytest.mark.parametrize(
        "key", ["", "../../etc/passwd", "sha256/ab/x", "sha256/ab/" + "a" * 64, "/etc/passwd"]
    )
    async def test_a_key_that_is_none_becomes_no_path(self, key):
        blobs, uploads = await self.make_stores()
        with pytest.raises(StorageUnavailableError):
            await blobs.find_size(StorageKey(key))
        with pytest.raises(StorageUnavailableError):
            await uploads.create(UploadId(key))


class TestObjects(BytesContract):
    """The quick lane of what `tests/interop/test_s3.py` does with a real gateway: the library's own memory in the place of one."""

    @pytest.fixture(autouse=True)
    async def bucket(self, monkeypatch):
        self.bucket = Bucket(BucketAccess("bucket", "a/b", "", "us-east-1", None))
        self.bucket._store = MemoryStore()

        async def link(key, lifetime):  # memory signs nothing
            return f"memory://{key}"

        monkeypatch.setattr(self.bucket, "link", link)
        self.database, self.clock = MemoryDatabase(), FixedClock()
        self.facts = SqlObjectUploads(self.database)
        await self.bucket.prepare()
        yield
        await self.database.close()

    async def make_stores(self):
        return ObjectBlobs(self.bucket), ObjectUploads(self.bucket, self.facts, self.clock)

    async def test_what_several_servers_brought_is_put_together_and_hashed(self):
        blobs, uploads = await self.make_stores()
        content = bytes(range(256)) * 40_000
        await self.upload(uploads, FIRST, content[:5])
        for start, stop in ((5, 9_000_000), (9_000_000, len(content))):
            async with ObjectUploads(self.bucket, self.facts, self.clock).append(FIRST) as writer:
                await writer.start_at(start)
                await writer.write(content[start:stop])
                await writer.flush()
        with pytest.raises(StorageUnavailableError):
            await uploads.promote(FIRST, Digest.of(b"another"), len(content))
        digest = Digest.of(content)
        key = await uploads.promote(FIRST, digest, len(content))
        blob = BlobRecord(digest, len(content), key)
        assert await read(blobs.read(blob, 0, len(content))) == content
        kept = [name async for name in blobs.keys()]  # noqa: SIM118 - a port's method
        doomed = await SqlGarbage(self.database).doomed_keys(self.clock.now(), 99)
        assert set(kept) - set(doomed) == {key}

    async def test_a_writer_that_was_away_too_long_is_not_believed(self):
        _, uploads = await self.make_stores()
        await self.upload(uploads, FIRST, b"12")
        async with uploads.append(FIRST) as slow:
            await slow.start_at(2)
            await slow.write(b"slow")
            self.clock.move(timedelta(minutes=1))
            async with ObjectUploads(self.bucket, self.facts, self.clock).append(FIRST) as quick:
                await quick.start_at(2)
                await quick.write(b"quick")
                with pytest.raises(StorageUnavailableError):
                    await slow.flush()
                await quick.flush()
        assert await read(uploads.read(FIRST, 7)) == b"12quick"

    async def test_STO_030_what_crashes_left_is_doomed_and_what_lives_is_not(self):
        _, uploads = await self.make_stores()
        lost = await self.blob(uploads, FIRST, b"lost")
        live = await self.blob(uploads, UploadId("c" * 32), b"live")
        await SqlCatalog(self.database).link_blob(APP, live)
        await self.upload(uploads, UploadId("d" * 32), b"nobody asks for it any more")
        self.clock.move(timedelta(days=2))
        assert await uploads.sweep(timedelta(days=1)) == 2
        doomed = await SqlGarbage(self.database).doomed_keys(self.clock.now(), 99)
        assert lost.key in doomed
        assert live.key not in doomed

    async def test_damaged_bytes_are_moved_aside_once(self):
        blobs, uploads = await self.make_stores()
        blob = await self.blob(uploads, FIRST, b"bad")
        assert await self.bucket.quarantine(blob.key)
        assert not await self.bucket.quarantine(blob.key)
        assert await blobs.find_size(blob.key) is None
        assert [name async for name in self.bucket.names("quarantine")] == [blob.key]
