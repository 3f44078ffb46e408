"""What everything is kept in, opened by the settings and closed in the end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from inkan.clock import Clock, SystemClock
from inkan.errors import StorageUnavailableError
from inkan.server.database_access import database_tls
from inkan.server.settings import process_environment
from inkan.server.store_addresses import BucketAddress, DatabaseAddress
from inkan.store.blobs_files import FileBlobs
from inkan.store.layout import DataFolder
from inkan.store.ports import BlobStore, UploadStore
from inkan.store.sql.database import Database
from inkan.store.sql.sqlite import SqliteDatabase
from inkan.store.uploads_files import FileUploads

if TYPE_CHECKING:
    from inkan.store.bucket import Bucket
    from inkan.store.sql.postgresql import PostgresDatabase

Sweep = Callable[[timedelta], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Stores:
    """What everything is kept in.

    Attributes:
        sweep: dooms what crashes have left of uploads for longer than a time; nothing where a walk over a folder finds it.
        require_writable: fails where no upload could be taken now; nothing where only an upload tells.
    """

    database: Database
    blobs: BlobStore
    uploads: UploadStore
    sweep: Sweep | None = None
    require_writable: Callable[[], Awaitable[None]] | None = None


@asynccontextmanager
async def open_stores(
    folder: DataFolder,
    database: DatabaseAddress | None = None,
    blobs: BucketAddress | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[Stores]:
    """Open the stores, and close them in the end.

    Args:
        folder: where everything is that is not elsewhere.
        database: where the facts are; nothing for the folder.
        blobs: where the bytes are; nothing for the folder.
        clock: tells who holds an upload.

    Raises:
        StorageUnavailableError: if they cannot be opened.
    """
    facts = database_at(folder, database)
    bucket = bucket_at(blobs) if blobs is not None else None
    await facts.open()
    try:
        if bucket is None:
            uploads = FileUploads(folder)
            uploads.prepare()
            yield Stores(
                facts, FileBlobs(folder), uploads, require_writable=uploads.require_writable
            )
        else:
            await bucket.prepare()
            yield _in_bucket(facts, bucket, clock or SystemClock())
    finally:
        await facts.close()


def database_at(folder: DataFolder, address: DatabaseAddress | None) -> "SqliteDatabase | PostgresDatabase":  # fmt: skip
    """Return the database that an address names, not yet open; nothing names the one in the data folder.

    Raises:
        StorageUnavailableError: if what it needs is not installed.
        SettingInvalidError: if a certificate that is named cannot be used.
    """
    if address is None:
        return SqliteDatabase(folder.database)
    try:
        from inkan.store.sql.postgresql import PostgresDatabase
    except ImportError as error:
        raise StorageUnavailableError("a database on PostgreSQL needs more than is installed: pip install 'inkan[postgres]'") from error  # fmt: skip
    return PostgresDatabase(address.text, tls=database_tls(address, process_environment()))


def bucket_at(address: BucketAddress) -> "Bucket":
    """Return the bucket that an address names, not yet looked at.

    Raises:
        StorageUnavailableError: if what it needs is not installed.
        SettingInvalidError: if its credentials cannot be read.
    """
    try:
        from inkan.server.bucket_access import bucket_access
        from inkan.store.bucket import Bucket
    except ImportError as error:
        raise StorageUnavailableError("blobs in a bucket need more than is installed: pip install 'inkan[s3]'") from error  # fmt: skip
    return Bucket(bucket_access(address, process_environment()))


def _in_bucket(facts: Database, bucket: "Bucket", clock: Clock) -> Stores:
    from inkan.store.blobs_objects import ObjectBlobs
    from inkan.store.sql.object_uploads import SqlObjectUploads
    from inkan.store.uploads_objects import ObjectUploads

    uploads = ObjectUploads(bucket, SqlObjectUploads(facts), clock)
    return Stores(facts, ObjectBlobs(bucket), uploads, uploads.sweep)
