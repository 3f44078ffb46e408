"""Looks whether a database, a bucket or a folder does what a server relies on, by doing it."""

from inkan.errors import InkanError
from inkan.server.bucket_probes import BucketProbes
from inkan.server.database_probes import DatabaseProbes
from inkan.server.folder_probes import FolderProbes
from inkan.server.probing import BAD, Finding, probe_all
from inkan.server.store_addresses import BucketAddress, DatabaseAddress
from inkan.server.stores import bucket_at, database_at
from inkan.store.layout import DataFolder


async def check(folder: DataFolder, database: DatabaseAddress | None, blobs: BucketAddress | None) -> list[Finding]:  # fmt: skip
    """Return what was seen of the stores that are named; of the folder where neither is."""
    found: list[Finding] = []
    if database is not None:
        found += await _check_database(folder, database)
    if blobs is not None:
        found += await _check_bucket(blobs)
    return found or await probe_all("folder", FolderProbes(folder).all())


async def _check_database(folder: DataFolder, address: DatabaseAddress) -> list[Finding]:
    database = database_at(folder, address)
    try:
        await database.open()
    except InkanError as error:
        return [Finding("database", "connection and schema", BAD, str(error))]
    try:
        return await probe_all("database", DatabaseProbes(database).all())
    finally:
        await database.close()


async def _check_bucket(address: BucketAddress) -> list[Finding]:
    try:
        bucket = bucket_at(address)
        await bucket.prepare()
    except InkanError as error:
        return [Finding("bucket", "bucket and credentials", BAD, str(error))]
    return await probe_all("bucket", BucketProbes(bucket).all())
