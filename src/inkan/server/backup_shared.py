"""What several servers share, taken while they run, in the same folder that a backup of a data folder is: it starts as an embedded server, and moves into another database and bucket.

The facts are those of one instant, read in one snapshot; then every blob that they name is fetched and hashed. They come under their name last: a backup that was cut leaves the one before it whole. What
an image needs is there for the whole time of grace and of the trash after it was deleted, so a backup that is done within that time lacks none; one that is not says so and is none.

Source: PostgreSQL 15, chapter 13.2.2 (repeatable read).
"""

import asyncio
import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from inkan.durable_file import sync_folder, write_durably
from inkan.errors import (
    BlobCorruptError,
    ConflictError,
    DataFolderError,
    SettingInvalidError,
    StorageUnavailableError,
)
from inkan.keys.sealing import parse_key_encryption_key
from inkan.oci.digest import Digest, Hasher
from inkan.server.backup import EVERY_BLOB, Done, Tell, copy_database, small_files, storage_errors
from inkan.server.data_lock import hold
from inkan.server.database_access import database_tls
from inkan.server.migrate import Moved, move
from inkan.server.settings import Settings, process_environment
from inkan.server.store_addresses import DatabaseAddress
from inkan.server.stores import bucket_at
from inkan.store.blobs_files import FileBlobs
from inkan.store.layout import DataFolder, file_key_after
from inkan.store.ports import BlobStore
from inkan.store.records import BlobRecord, StorageKey
from inkan.store.sql.many import marks
from inkan.store.sql.migrations import POSTGRESQL, SQLITE, migrate, steps
from inkan.store.sql.table_copy import Fingerprint, Table, tables_of

if TYPE_CHECKING:
    from inkan.store.sql.postgresql_copy import PostgresSnapshot

_AT_ONCE = 8


def is_shared(settings: Settings) -> bool:
    """Return whether anything that the server keeps is not in its data folder."""
    return settings.database is not None or settings.blobs is not None


async def back_up_shared(settings: Settings, target: DataFolder, tell: Tell) -> Done:
    """Bring everything that servers share into a folder; on the disk when this returns. The servers go on.

    Raises:
        DataFolderError: if there are no facts, or a server runs on the folder that they are to be brought to.
        ConflictError: if the folder is the data folder.
        BlobCorruptError: if a blob is not what its digest says, or is not there, and a manifest names it; an earlier backup in the folder stays.
        StorageUnavailableError: if something cannot be read or written, or another version of the servers runs.
    """
    source = DataFolder(settings.data)
    if target.root.resolve() == source.root.resolve():
        raise ConflictError(f"{target.root} is the data folder itself; back up into another one")
    with hold(target), storage_errors(target.root):
        partial = target.database.with_name(f".{target.database.name}.new")
        partial.unlink(missing_ok=True)
        partial.touch(0o600)
        tell("Copying the facts...")
        if settings.database is not None:
            await _copy_facts(settings.database, partial)
        elif source.database.exists():
            copy_database(source.database, partial)
        else:
            raise DataFolderError(f"data: {source.root} is no data folder of Inkan")
        _copy_small_files(settings, source, target)
        tell("Copying blobs...")
        done = await _copy_blobs(settings, source, partial, target)
        _put_in_place(partial, target.database)
    return done


async def put_back_shared(settings: Settings, source: DataFolder, tell: Tell) -> Moved:
    """Bring a backup into an empty database and a bucket.

    Raises:
        SettingInvalidError: if the database or the bucket is missing, or the servers would not open the keys that are in the backup.
        ConflictError: if the database is not empty.
        DataFolderError: if the source is no backup.
        BlobCorruptError: if a blob of the backup is not what its digest says.
    """
    if settings.database is None or settings.blobs is None:
        raise SettingInvalidError("database, blobs: give both or neither; restore into a data folder, and `inkan migrate` moves a half of it")  # fmt: skip
    if source.key_encryption_key.exists() and source.key_encryption_key.read_bytes() != _key(settings):  # fmt: skip
        raise SettingInvalidError(f"key_encryption_key: the keys of the backup are sealed under {source.key_encryption_key}; give that one as INKAN_KEY_ENCRYPTION_KEY")  # fmt: skip
    return await move(source, settings.database, settings.blobs, tell)


def _key(settings: Settings) -> bytes | None:
    given = settings.key_encryption_key
    return None if given is None else parse_key_encryption_key(given.reveal())


def _copy_small_files(settings: Settings, source: DataFolder, target: DataFolder) -> None:
    for path in small_files(source):
        if path.exists():
            write_durably(target.root / path.relative_to(source.root), path.read_bytes(), 0o600)
    if (key := _key(settings)) is not None:
        write_durably(target.key_encryption_key, key, 0o600)


async def _copy_facts(address: DatabaseAddress, path: Path) -> None:
    """Write every table as it is at one instant."""
    from inkan.store.sql.postgresql_copy import PostgresSnapshot

    with closing(sqlite3.connect(path, isolation_level=None)) as copy:
        migrate(copy, SQLITE)
        async with PostgresSnapshot(address.text, database_tls(address, process_environment())) as snapshot:  # fmt: skip
            if await snapshot.steps() != {name: sha256 for name, sha256, _ in steps(POSTGRESQL)}:
                raise StorageUnavailableError("the database is of another version: back up with the one that the servers run")  # fmt: skip
            copy.execute("BEGIN")
            for table in tables_of(copy, StorageKey):
                held = await _copy_table(snapshot, table, copy)
                written = Fingerprint()
                for row in table.rows():
                    written.add(row)
                if written != held:
                    raise StorageUnavailableError(f"table {table.name} has not arrived as it was")
            copy.execute("COMMIT")
        if copy.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise StorageUnavailableError("the facts do not belong together: inkan fsck")


async def _copy_table(snapshot: "PostgresSnapshot", table: Table, copy: sqlite3.Connection) -> Fingerprint:  # fmt: skip
    held = Fingerprint()
    columns = ", ".join(f'"{column}"' for column in table.columns)
    # a step may have put rows of its own there
    copy.execute(f'DELETE FROM "{table.name}"')  # noqa: S608 - names of our schema
    async for rows in snapshot.pages(table):
        copy.executemany(f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks(table.columns)})', map(held.add, rows))  # noqa: S608 - same # fmt: skip
    return held


async def _copy_blobs(settings: Settings, source: DataFolder, facts: Path, target: DataFolder) -> Done:  # fmt: skip
    blobs: BlobStore = FileBlobs(source)
    if settings.blobs is not None:
        from inkan.store.blobs_objects import ObjectBlobs

        bucket = bucket_at(settings.blobs)
        await bucket.prepare()
        blobs = ObjectBlobs(bucket)
    with closing(sqlite3.connect(facts, isolation_level=None)) as connection:
        every = [
            _Wanted(BlobRecord(Digest.parse(digest), size, StorageKey(key)), bool(is_named))
            for digest, size, key, is_named in connection.execute(EVERY_BLOB)
        ]
        fetched: list[int | None] = []
        for at in range(0, len(every), _AT_ONCE):
            part = every[at : at + _AT_ONCE]
            fetched += await asyncio.gather(*(_fetch(blobs, one, target) for one in part))
        connection.execute("BEGIN")
        new_keys = ((file_key_after(one.blob.key, one.blob.digest), str(one.blob.digest)) for one in every)  # fmt: skip
        connection.executemany("UPDATE blobs SET storage_key = ? WHERE digest = ?", new_keys)
        # what is only on its way is in the bucket, and no object of it is in the backup
        for table in ("object_segments", "object_uploads", "uploads", "garbage_keys"):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - a constant
        connection.execute("COMMIT")
    skipped = [str(one.blob.digest) for one, size in zip(every, fetched, strict=True) if size is None]  # fmt: skip
    return Done(len(every) - len(skipped), sum(size or 0 for size in fetched), tuple(skipped))


@dataclass(frozen=True, slots=True)
class _Wanted:
    blob: BlobRecord
    is_named: bool


async def _fetch(blobs: BlobStore, wanted: _Wanted, target: DataFolder) -> int | None:
    """Return how many bytes had to be fetched; nothing where a blob is gone that no image needs."""
    blob = wanted.blob
    place = target.blob(file_key_after(blob.key, blob.digest))
    if place.exists() and place.stat().st_size == blob.size_bytes:
        return 0
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.partial")
    try:
        await _write(blobs, blob, beside)
    except BlobCorruptError:
        beside.unlink()
        if wanted.is_named:
            raise
        return None
    beside.replace(place)
    sync_folder(place.parent)
    return blob.size_bytes


async def _write(blobs: BlobStore, blob: BlobRecord, path: Path) -> None:
    hasher = Hasher(blob.digest.algorithm)
    with path.open("wb") as copy:
        async for piece in blobs.read(blob, 0, blob.size_bytes):
            hasher.update(piece)
            copy.write(piece)
        copy.flush()
        os.fsync(copy.fileno())
    if hasher.digest() != blob.digest:
        raise BlobCorruptError(str(blob.digest))


def _put_in_place(partial: Path, database: Path) -> None:
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(database)
    sync_folder(database.parent)
