"""What everything is kept in, opened by the settings and closed in the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from inkan.store.blobs_files import FileBlobs
from inkan.store.layout import DataFolder
from inkan.store.ports import BlobStore, UploadStore
from inkan.store.sql.database import Database
from inkan.store.sql.sqlite import SqliteDatabase
from inkan.store.uploads_files import FileUploads


@dataclass(frozen=True, slots=True)
class Stores:
    """What everything is kept in."""

    database: Database
    blobs: BlobStore
    uploads: UploadStore


@asynccontextmanager
async def open_stores(folder: DataFolder) -> AsyncIterator[Stores]:
    """Open the stores in a data folder, and close them in the end.

    Raises:
        StorageUnavailableError: if they cannot be opened.
    """
    uploads = FileUploads(folder)
    uploads.prepare()
    database = SqliteDatabase(folder.database)
    await database.open()
    try:
        yield Stores(database, FileBlobs(folder), uploads)
    finally:
        await database.close()
