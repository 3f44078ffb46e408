"""Moves an embedded installation to PostgreSQL, to a bucket, or to both, and looks whether everything has arrived.

Blobs go first, then the facts in one transaction: until that, the target is empty, and after that, whole. Each blob is hashed on its way and read back; each table is compared row by row. The source
is only read, and no server may run on it. A move that was cut is begun again and copies only what is missing: where an old blob goes is told by its old key.

Uploads that are not finished stay behind; clients begin them anew. So do bytes that were waiting to be deleted.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from inkan.errors import BlobCorruptError, ConflictError, DataFolderError, StorageUnavailableError
from inkan.oci.digest import Digest, Hasher
from inkan.server.data_lock import hold
from inkan.server.database_access import database_tls
from inkan.server.settings import process_environment
from inkan.server.store_addresses import BucketAddress, DatabaseAddress
from inkan.server.stores import bucket_at, database_at
from inkan.store.blobs_files import FileBlobs
from inkan.store.blobs_objects import ObjectBlobs
from inkan.store.bucket import PART_BYTES, Bucket
from inkan.store.layout import DataFolder, object_key_after
from inkan.store.records import BlobRecord, StorageKey
from inkan.store.sql.inspection import SqlInspection
from inkan.store.sql.sqlite import SqliteDatabase
from inkan.store.sql.table_copy import Table, rekey, tables_of

_PAGE = 500
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move has done.

    Attributes:
        rows: by table.
    """

    blobs: int
    copied_bytes: int
    rows: dict[str, int]


async def move(
    source: DataFolder, database: DatabaseAddress | None, blobs: BucketAddress | None, tell: Tell
) -> Moved:
    """Move everything; return what it was, once all of it is known to have arrived.

    Args:
        source: no server may run on it.
        database: where the facts go; nothing leaves them.
        blobs: where the blobs go; nothing leaves them.
        tell: takes a line of progress.

    Raises:
        DataFolderError: if there is none, or a server holds it.
        ConflictError: if the database is not empty.
        BlobCorruptError: if a blob is not what its digest says: `inkan fsck` first.
        StorageUnavailableError: if something cannot be read or written, or has not arrived as it was.
    """
    if not source.database.exists():
        raise DataFolderError(f"data: {source.root} is no data folder of Inkan")
    with hold(source):
        facts = SqliteDatabase(source.database)
        await facts.open()
        try:
            copied = (0, 0)
            if blobs is not None:
                tell("Moving blobs...")
                copied = await _move_blobs(source, facts, bucket_at(blobs))
            tell("Moving facts...")
            rows = await _move_facts(source, facts, database, is_rekeyed=blobs is not None)
        finally:
            await facts.close()
    return Moved(*copied, rows)


async def _move_blobs(source: DataFolder, facts: SqliteDatabase, bucket: Bucket) -> tuple[int, int]:
    await bucket.prepare()
    inspection, files, objects = SqlInspection(facts), FileBlobs(source), ObjectBlobs(bucket)
    count = copied = 0
    after = ""
    while page := await inspection.blobs(after, _PAGE):
        for blob in page:
            there = BlobRecord(blob.digest, blob.size_bytes, object_key_after(blob.key))
            if await bucket.find_size(there.key) != blob.size_bytes:
                await _copy(files.read(blob, 0, blob.size_bytes), blob, there.key, bucket)
                copied += blob.size_bytes
            await _require_whole(objects.read(there, 0, blob.size_bytes), blob.digest)
            count += 1
        after = str(page[-1].digest)
    return count, copied


async def _copy(pieces: AsyncIterator[bytes], blob: BlobRecord, key: StorageKey, bucket: Bucket) -> None:  # fmt: skip
    hasher = Hasher(blob.digest.algorithm)

    async def hashed() -> AsyncIterator[bytes]:
        async for piece in pieces:
            hasher.update(piece)
            yield piece

    if blob.size_bytes <= PART_BYTES:
        await bucket.put(key, b"".join([piece async for piece in hashed()]))
    else:
        await bucket.put_stream(key, hashed(), max(PART_BYTES, blob.size_bytes // 5_000))
    if hasher.digest() != blob.digest:
        await bucket.delete(key)
        raise BlobCorruptError(str(blob.digest))


async def _require_whole(pieces: AsyncIterator[bytes], digest: Digest) -> None:
    hasher = Hasher(digest.algorithm)
    async for piece in pieces:
        hasher.update(piece)
    if hasher.digest() != digest:
        raise StorageUnavailableError(f"{digest} has not arrived as it was; move again into another prefix")  # fmt: skip


async def _move_facts(
    source: DataFolder, facts: SqliteDatabase, address: DatabaseAddress | None, *, is_rekeyed: bool
) -> dict[str, int]:
    new_key = object_key_after if is_rekeyed else _as_it_was
    if address is None:
        await facts.write(rekey, object_key_after)
        return {}
    target = database_at(source, address)
    await target.open()
    await target.close()
    with closing(sqlite3.connect(source.database)) as connection:
        return await _fill(address, tables_of(connection, new_key))


async def _fill(address: DatabaseAddress, tables: Sequence[Table]) -> dict[str, int]:
    """Fill the tables in one transaction, which ends well only if each holds what it was sent."""
    from inkan.store.sql.postgresql_copy import PostgresCopy

    rows = {}
    async with PostgresCopy(address.text, database_tls(address, process_environment())) as copy:
        if filled := await copy.filled([table.name for table in tables]):
            raise ConflictError(f"the database is not empty: {', '.join(filled)}; move into a new one")  # fmt: skip
        for table in tables:
            written = await copy.fill(table)
            if await copy.fingerprint(table) != written:
                raise StorageUnavailableError(f"table {table.name} has not arrived as it was; nothing is kept of it")  # fmt: skip
            rows[table.name] = written.count
    return rows


def _as_it_was(key: StorageKey) -> StorageKey:
    return key
