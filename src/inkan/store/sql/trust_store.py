"""The signed metadata in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from inkan.errors import MetadataVersionError
from inkan.oci.reference import Gun, RepositoryName
from inkan.store.records import MetadataRecord, TrustEvent
from inkan.store.sql.database import (
    Database,
    Row,
    Statement,
    Transaction,
    from_micros,
    to_micros,
)
from inkan.store.sql.trust_history import DELETION, UPDATE, change, keep_event
from inkan.tuf.roles import TIMESTAMP, RoleName

_COLUMNS = "role, version, sha256, payload, expires_at, created_at"
_SELECT = f"SELECT {_COLUMNS} FROM trust_files WHERE gun = ? AND "  # noqa: S608 - a constant
_CURRENT = (
    "version = (SELECT MAX(version) FROM trust_files newer "
    "WHERE newer.gun = trust_files.gun AND newer.role = trust_files.role)"
)


# role by role through the index: the cost is that of the roles, not of all the versions that have gathered
_CURRENT_OF_ALL_ROLES = f"""
WITH RECURSIVE roles(role) AS (
  SELECT MIN(role) FROM trust_files WHERE gun = ?
  UNION ALL
  SELECT (SELECT MIN(next.role) FROM trust_files next WHERE next.gun = ? AND next.role > roles.role)
  FROM roles WHERE roles.role IS NOT NULL
)
SELECT {", ".join("one." + name for name in _COLUMNS.split(", "))} FROM roles JOIN trust_files one
ON one.gun = ? AND one.role = roles.role AND one.version =
  (SELECT MAX(newer.version) FROM trust_files newer WHERE newer.gun = ? AND newer.role = roles.role)
"""  # noqa: S608 - constants


class SqlTrustStore:
    """The `TrustStore` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def publish(
        self, records: Sequence[MetadataRecord], event: TrustEvent | None = None
    ) -> None:
        """Keep new versions of some roles of one collection, and what is to be known of it."""
        await self._database.write(_publish, records, event)

    async def current(self, gun: Gun) -> Mapping[RoleName, MetadataRecord]:
        """Return the current metadata of every role; nothing for an unknown collection."""
        return await self._database.read(_current, gun)

    async def find_current(self, gun: Gun, role: RoleName) -> MetadataRecord | None:
        """Return a role's current metadata."""
        where = "role = ? ORDER BY version DESC LIMIT 1"
        return await self._database.read(_find, gun, where, str(role))

    async def find_version(self, gun: Gun, role: RoleName, version: int) -> MetadataRecord | None:
        """Return one version of a role's metadata."""
        return await self._database.read(_find, gun, "role = ? AND version = ?", str(role), version)

    async def find_checksum(self, gun: Gun, role: RoleName, sha256: str) -> MetadataRecord | None:
        """Return the version of a role's metadata whose bytes have that hash."""
        where = "role = ? AND sha256 = ? ORDER BY version DESC LIMIT 1"
        return await self._database.read(_find, gun, where, str(role), sha256)

    async def list_expiring(self, role: RoleName, before: datetime, limit: int) -> Sequence[Gun]:
        """Return collections whose current metadata of a role expires before an instant, soonest first."""
        return await self._database.read(_list_expiring, role, before, limit)

    async def list_collections(self, repository: RepositoryName) -> Sequence[Gun]:
        """Return the collections of a repository, one for each host name it was signed under."""
        return await self._database.read(_list_collections, repository)

    async def delete(self, gun: Gun, event: TrustEvent | None = None) -> None:
        """Forget every version of every role of a collection; its online keys stay."""
        await self._database.write(_delete, gun, event)


def _publish(records: Sequence[MetadataRecord], event: TrustEvent | None) -> Transaction[None]:
    for record in records:
        gun, role = str(record.gun), str(record.role)
        rows = yield Statement(
            "SELECT MAX(version) FROM trust_files WHERE gun = ? AND role = ?", (gun, role)
        )
        if (rows[0][0] or 0) >= record.version:
            raise MetadataVersionError(gun, role, record.version)
        yield Statement(
            "INSERT INTO trust_files (gun, role, version, repository, namespace, sha256, payload, expires_at, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                gun,
                role,
                record.version,
                str(record.gun.repository),
                record.gun.repository.namespace,
                record.sha256,
                record.raw,
                to_micros(record.expires_at),
                to_micros(record.created_at),
            ),
        )
        if record.role == TIMESTAMP:
            yield change(record.gun, record.version, record.sha256, UPDATE, record.created_at)
    if event is not None:
        yield from keep_event(event)


def _current(gun: Gun) -> Transaction[dict[RoleName, MetadataRecord]]:
    rows = yield Statement(_CURRENT_OF_ALL_ROLES, (str(gun),) * 4)
    records = [_record(gun, row) for row in rows]
    return {record.role: record for record in records}


def _find(gun: Gun, where: str, *values: str | int) -> Transaction[MetadataRecord | None]:
    rows = yield Statement(_SELECT + where, (str(gun), *values))
    return _record(gun, rows[0]) if rows else None


def _list_expiring(role: RoleName, before: datetime, limit: int) -> Transaction[Sequence[Gun]]:
    rows = yield Statement(
        f"SELECT gun FROM trust_files WHERE role = ? AND expires_at < ? AND {_CURRENT} "  # noqa: S608
        "ORDER BY expires_at LIMIT ?",
        (str(role), to_micros(before), limit),
    )
    return [Gun.parse(row[0]) for row in rows]


def _list_collections(repository: RepositoryName) -> Transaction[Sequence[Gun]]:
    rows = yield Statement(
        "SELECT DISTINCT gun FROM trust_files WHERE namespace = ? AND repository = ? ORDER BY gun",
        (repository.namespace, str(repository)),
    )
    return [Gun.parse(row[0]) for row in rows]


def _delete(gun: Gun, event: TrustEvent | None) -> Transaction[None]:
    rows = yield Statement(
        "DELETE FROM trust_files WHERE gun = ? RETURNING created_at", (str(gun),)
    )
    if rows:
        at = event.at if event else from_micros(max(row[0] for row in rows))
        yield change(gun, 0, "", DELETION, at)
    if event is not None:
        yield from keep_event(event)


def _record(gun: Gun, row: Row) -> MetadataRecord:
    role, version, sha256, payload, expires_at, created_at = row
    return MetadataRecord(
        gun,
        RoleName(role),
        version,
        sha256,
        payload,
        from_micros(expires_at),
        from_micros(created_at),
    )
