"""Compares what several servers share with what it should be, while they run.

As `inkan fsck` does for a data folder: every blob is read and hashed, every manifest, every file of signed metadata, and objects are found that nothing stands for. An object is noted before it
is written and its key never comes back, so what is in no table belongs to nobody, also while others push. With `repair`, damaged bytes are moved aside in the bucket.
"""

from collections.abc import AsyncIterator

from inkan.errors import BlobCorruptError
from inkan.oci.digest import Hasher
from inkan.server.fsck import Damage, Tell, check_manifests, check_trust, orphan
from inkan.server.store_addresses import BucketAddress, DatabaseAddress
from inkan.server.stores import bucket_at, database_at
from inkan.store.blobs_objects import ObjectBlobs
from inkan.store.bucket import Bucket
from inkan.store.layout import DataFolder
from inkan.store.records import BlobRecord
from inkan.store.sql.inspection import SqlInspection

_PAGE = 500


async def check_shared(
    folder: DataFolder, database: DatabaseAddress, blobs: BucketAddress, *, repair: bool, tell: Tell, is_quick: bool = False
) -> list[Damage]:  # fmt: skip
    """Return everything that is not what it should be.

    Args:
        folder: nothing of it is looked at.
        database: where the facts are.
        blobs: where the blobs are.
        repair: whether damaged bytes are moved aside, and orphans deleted.
        tell: takes a line of progress.
        is_quick: whether blobs are only measured, not read.

    Raises:
        StorageUnavailableError: if one of them cannot be used.
    """
    facts, bucket = database_at(folder, database), bucket_at(blobs)
    await facts.open()
    try:
        await bucket.prepare()
        inspection = SqlInspection(facts)
        checks = (
            ("blobs", _blobs(inspection, bucket, repair=repair, is_quick=is_quick)),
            ("manifests", check_manifests(inspection)),
            ("signed metadata", check_trust(inspection)),
            ("objects that nothing stands for", _orphans(inspection, bucket, repair=repair)),
        )
        found: list[Damage] = []
        for name, damages in checks:
            tell(f"Checking {name}...")
            found += [one async for one in damages]
        return found
    finally:
        await facts.close()


async def _blobs(inspection: SqlInspection, bucket: Bucket, *, repair: bool, is_quick: bool) -> AsyncIterator[Damage]:  # fmt: skip
    after = ""
    while page := await inspection.blobs(after, _PAGE):
        for blob in page:
            reason = await _wrong_with(bucket, blob, is_quick=is_quick)
            # swept, or healed by a push, since the page was read: then nothing is wrong
            if not reason or not await inspection.stands(blob):
                continue
            holders = ", ".join(await inspection.holders(blob.digest)) or "no repository"
            if repair and await bucket.quarantine(blob.key):
                reason += "; it is in quarantine"
            yield Damage("blob", str(blob.digest), f"{reason}; held by {holders}: push it again")
        after = str(page[-1].digest)


async def _wrong_with(bucket: Bucket, blob: BlobRecord, *, is_quick: bool) -> str:
    """Return what is wrong with a blob's object; empty where nothing is."""
    size = await bucket.find_size(blob.key)
    if size is None:
        return "its bytes are not there"
    if size != blob.size_bytes:
        return f"{size} bytes instead of {blob.size_bytes}"
    if is_quick:
        return ""
    hasher = Hasher(blob.digest.algorithm)
    try:
        async for piece in ObjectBlobs(bucket).read(blob, 0, blob.size_bytes):
            hasher.update(piece)
    except BlobCorruptError:
        return "its bytes cannot be read"
    return "" if hasher.digest() == blob.digest else "its bytes are others"


async def _orphans(inspection: SqlInspection, bucket: Bucket, *, repair: bool) -> AsyncIterator[Damage]:  # fmt: skip
    blobs = ObjectBlobs(bucket)
    async for key in blobs.keys():
        # asked after it was seen, and looked at again: it may have been collected in between
        if await inspection.knows_key(key) or await blobs.find_size(key) is None:
            continue
        if repair:
            await blobs.delete(key)
        yield orphan(str(key), repair=repair)
