"""Everything that is kept, page by page, for whoever compares it with what it should be."""

from collections.abc import Sequence
from typing import NamedTuple

from inkan.oci.digest import Digest
from inkan.store.records import BlobRecord, StorageKey
from inkan.store.sql.database import Database, Statement, Transaction

_Named = tuple[str, str, bytes]


class TrustFile(NamedTuple):
    """Which file of signed metadata."""

    gun: str
    role: str
    version: int

    def __str__(self) -> str:
        return f"{self.gun} {self.role} {self.version}"


FIRST_TRUST_FILE = TrustFile("", "", 0)
"""Comes before every one."""


class SqlInspection:
    """Reads a whole `Database`; each method is one state of it, and begins after the last that was seen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def faults(self) -> Sequence[str]:
        """Return what the database itself finds wrong with what it keeps; nothing where all is well."""
        return await self._database.faults()

    async def blobs(self, after: str, limit: int) -> Sequence[BlobRecord]:
        """Return blobs by digest."""
        return await self._database.read(_blobs, after, limit)

    async def holders(self, digest: Digest) -> Sequence[str]:
        """Return the repositories that hold a blob, and the images in the trash that do."""
        return await self._database.read(_holders, digest)

    async def manifests(self, repository: str, digest: str, limit: int) -> Sequence[_Named]:
        """Return manifests: repository, digest, bytes."""
        return await self._database.read(_manifests, repository, digest, limit)

    async def trust_files(
        self, after: TrustFile, limit: int
    ) -> Sequence[tuple[TrustFile, str, bytes]]:
        """Return signed metadata: which one, the SHA-256 it should have, bytes."""
        return await self._database.read(_trust_files, after, limit)

    async def knows_key(self, key: StorageKey) -> bool:
        """Return whether a key is a blob's or a part of an upload, or waits to be deleted."""
        return await self._database.read(_knows_key, key)

    async def stands(self, blob: BlobRecord) -> bool:
        """Return whether a digest stands for these bytes still."""
        return await self._database.read(_stands, blob)

    async def knows_upload(self, upload_id: str) -> bool:
        """Return whether an upload is going on under a name."""
        return await self._database.read(_knows_upload, upload_id)


def _blobs(after: str, limit: int) -> Transaction[list[BlobRecord]]:
    rows = yield Statement(
        "SELECT digest, size_bytes, storage_key FROM blobs WHERE digest > ? ORDER BY digest LIMIT ?",
        (after, limit),
    )
    return [BlobRecord(Digest.parse(row[0]), row[1], StorageKey(row[2])) for row in rows]


def _holders(digest: Digest) -> Transaction[list[str]]:
    rows = yield Statement(
        "SELECT repository FROM repository_blobs WHERE digest = ? ORDER BY repository",
        (str(digest),),
    )
    thrown = yield Statement(
        "SELECT repository, manifest FROM trash_blobs WHERE blob = ? ORDER BY repository, manifest",
        (str(digest),),
    )
    return [*(row[0] for row in rows), *(f"{row[0]}@{row[1]} in the trash" for row in thrown)]


def _manifests(repository: str, digest: str, limit: int) -> Transaction[list[_Named]]:
    rows = yield Statement(
        "SELECT repository, digest, payload FROM manifests WHERE repository > ? OR (repository = ? AND digest > ?) "
        "ORDER BY repository, digest LIMIT ?",
        (repository, repository, digest, limit),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _trust_files(after: TrustFile, limit: int) -> Transaction[list[tuple[TrustFile, str, bytes]]]:
    rows = yield Statement(
        "SELECT gun, role, version, sha256, payload FROM trust_files WHERE (gun, role, version) > (?, ?, ?) "
        "ORDER BY gun, role, version LIMIT ?",
        (*after, limit),
    )
    return [(TrustFile(row[0], row[1], row[2]), row[3], row[4]) for row in rows]


def _knows_key(key: StorageKey) -> Transaction[bool]:
    rows = yield Statement(
        "SELECT 1 FROM blobs WHERE storage_key = ? UNION ALL SELECT 1 FROM garbage_keys WHERE storage_key = ? "
        "UNION ALL SELECT 1 FROM object_segments WHERE storage_key = ?",
        (key, key, key),
    )
    return bool(rows)


def _stands(blob: BlobRecord) -> Transaction[bool]:
    rows = yield Statement(
        "SELECT 1 FROM blobs WHERE digest = ? AND storage_key = ?", (str(blob.digest), blob.key)
    )
    return bool(rows)


def _knows_upload(upload_id: str) -> Transaction[bool]:
    rows = yield Statement("SELECT 1 FROM uploads WHERE id = ?", (upload_id,))
    return bool(rows)
