"""Every driver of bytes keeps the ports' promises."""

import os
import signal
import subprocess
import sys

import pytest

from inkan.errors import StorageUnavailableError, UploadBusyError
from inkan.oci.digest import Digest
from inkan.store.blobs_files import FileBlobs
from inkan.store.layout import DataFolder
from inkan.store.memory import MemoryBlobs, MemoryUploads
from inkan.store.records import StorageKey, UploadId
from inkan.store.uploads_files import FileUploads
from inkan.testing.blobs_contract import FIRST, BytesContract


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
