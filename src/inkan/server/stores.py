"""What everything is kept in, opened by the settings and closed in the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inkan.errors import StorageUnavailableError
from inkan.server.store_addresses import DatabaseAddress
from inkan.store.blobs_files import FileBlobs
from inkan.store.layout import DataFolder
from inkan.store.ports import BlobStore, UploadStore
from inkan.store.sql.database import Database
from inkan.store.sql.sqlite import SqliteDatabase
from inkan.store.uploads_files import FileUploads

if TYPE_CHECKING:
    from inkan.store.sql.postgresql import PostgresDatabase


@dataclass(frozen=True, slots=True)
class Stores:
    """What everything is kept in."""

    database: Database
    blobs: BlobStore
    uploads: UploadStore


@asynccontextmanager
async def open_stores(folder: DataFolder, database: DatabaseAddress | None = None) -> AsyncIterator[Stores]:  # fmt: skip
    """Open the stores, and close them in the end.

    Args:
        folder: where everything is that is not elsewhere.
        database: where the facts are; nothing for the folder.

    Raises:
        StorageUnavailableError: if they cannot be opened.
    """
    uploads = FileUploads(folder)
    uploads.prepare()
    facts = _database(folder, database)
    await facts.open()
    try:
        yield Stores(facts, FileBlobs(folder), uploads)
    finally:
        await facts.close()


def _database(folder: DataFolder, address: DatabaseAddress | None) -> "SqliteDatabase | PostgresDatabase":  # fmt: skip
    if address is None:
        return SqliteDatabase(folder.database)
    try:
        from inkan.store.sql.postgresql import PostgresDatabase
    except ImportError as error:
        raise StorageUnavailableError("a database on PostgreSQL needs more than is installed: pip install 'inkan[postgres]'") from error  # fmt: skip
    return PostgresDatabase(address.text)
