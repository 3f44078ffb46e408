"""The catalogue's row about a large store that is looked through quickly, and what such a look sees."""

import os
import time

import pytest

from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName, Tag
from inkan.server.fsck import check
from inkan.server.stores import open_stores
from inkan.store.layout import DataFolder, new_storage_key
from inkan.store.records import Act, BlobRecord, UploadId
from inkan.store.sql.catalog import SqlCatalog
from inkan.store.sql.database import Statement
from inkan.store.sql.deletions import SqlDeletions
from inkan.store.uploads_files import FileUploads
from inkan.testing.clock import FixedClock
from inkan.testing.facts_contract import manifest

APP = RepositoryName("team/app")


@pytest.fixture
def folder(tmp_path):
    made = DataFolder(tmp_path / "data")
    made.root.mkdir()
    FileUploads(made).prepare()
    return made


def keep(folder, content, number):
    """Put a blob's bytes where they belong and return its record."""
    digest = Digest.of(content)
    key = new_storage_key(digest, UploadId(f"{number:032x}"))
    path = folder.blob(key)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    os.write(descriptor, content)
    os.close(descriptor)
    return BlobRecord(digest, len(content), key)


def note(blobs):
    for start in range(0, len(blobs), 200):
        rows = blobs[start : start + 200]
        marks = ", ".join("(?, ?, ?)" for _ in rows)
        values = [value for one in rows for value in (str(one.digest), one.size_bytes, one.key)]
        yield Statement(
            f"INSERT INTO blobs (digest, size_bytes, storage_key) VALUES {marks}",
            tuple(values),
        )
    yield Statement(
        "INSERT INTO repository_blobs (repository, digest, namespace) SELECT 'team/app', digest, 'team' FROM blobs"
    )


async def filled(folder, count):
    async with open_stores(folder) as stores:
        blobs = [keep(folder, b"%d" % number, number) for number in range(count)]
        await stores.database.write(note, blobs)
    return blobs


async def looked(folder, **options):
    told = []
    return await check(folder, repair=False, tell=told.append, **options)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_STO_044_a_hundred_thousand_blobs_are_looked_through_within_a_minute(folder):
    await filled(folder, 100_000)
    began = time.perf_counter()
    assert await looked(folder, is_quick=True) == []
    seconds = time.perf_counter() - began
    print(f"fsck --quick of 100,000 blobs: {seconds:.1f} s")
    assert seconds < 60


async def test_STO_044_a_quick_look_sees_what_is_gone_cut_or_nobodys_but_reads_no_bytes(folder):
    gone, cut, other, *_ = await filled(folder, 20)
    folder.blob(gone.key).unlink()
    folder.blob(cut.key).chmod(0o600)
    folder.blob(cut.key).write_bytes(b"longer than it was")
    folder.blob(other.key).chmod(0o600)
    folder.blob(other.key).write_bytes(b"!" * other.size_bytes)
    nobodys = keep(folder, b"nobody's", 99)
    quick = {one.what: one.kind for one in await looked(folder, is_quick=True)}
    assert quick == {str(gone.digest): "blob", str(cut.digest): "blob", str(nobodys.key): "orphan"}
    whole = {one.what: one.kind for one in await looked(folder)}
    assert whole == {**quick, str(other.digest): "blob"}


async def test_an_image_in_the_trash_is_named_among_those_that_a_damaged_blob_is_missed_by(folder):
    (blob,) = await filled(folder, 1)
    kept = manifest(b"m", blob)
    async with open_stores(folder) as stores:
        await SqlCatalog(stores.database).put_manifest(kept, Tag("v1"))
        act = Act("alice", FixedClock().now())
        assert await SqlDeletions(stores.database).delete_manifest(APP, kept.digest, act)
        await stores.database.write(forget_links)
    folder.blob(blob.key).unlink()
    (found,) = await looked(folder)
    assert f"held by team/app@{kept.digest} in the trash: push it again" in found.detail


def forget_links():
    """What garbage collection does in time: only the trash holds the blob now."""
    yield Statement("DELETE FROM garbage_links")
    yield Statement("DELETE FROM repository_blobs")
