"""The history of trust collections in SQL: changes, acts, old versions, archives."""

import json
from collections.abc import Sequence
from datetime import datetime

from inkan.errors import MetadataUnknownError
from inkan.oci.reference import Gun
from inkan.store.records import (
    TrustAct,
    TrustArchive,
    TrustChange,
    TrustEvent,
    TrustVersion,
)
from inkan.store.sql.database import (
    Database,
    Row,
    Statement,
    Transaction,
    Value,
    from_micros,
    to_micros,
)
from inkan.store.sql.events import announce_trust
from inkan.tuf.roles import TIMESTAMP, RoleName

UPDATE, DELETION = "update", "deletion"
_FILE = "gun, role, version, repository, namespace, sha256, payload, expires_at, created_at"
_EVENT = "id, at, gun, act, account, address, is_refused, detail"


class SqlTrustHistory:
    """The `TrustHistory` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_changes(
        self, gun: Gun | None, after: int, limit: int, *, backwards: bool
    ) -> Sequence[TrustChange]:
        """Return entries of the change feed of a collection, or of all."""
        return await self._database.read(_list_changes, gun, after, limit, backwards=backwards)

    async def add_event(self, event: TrustEvent) -> None:
        """Keep what somebody did or tried."""
        await self._database.write(_add_event, event)

    async def list_events(self, gun: Gun | None, limit: int) -> Sequence[TrustEvent]:
        """Return the newest events of a collection, or of all."""
        return await self._database.read(_list_events, gun, limit)

    async def list_versions(self, gun: Gun) -> Sequence[TrustVersion]:
        """Return every kept version of every role."""
        return await self._database.read(_list_versions, gun)

    async def list_long(self, more_than: int, limit: int) -> Sequence[Gun]:
        """Return collections that keep more timestamps than that."""
        return await self._database.read(_list_long, more_than, limit)

    async def prune(self, gun: Gun, doomed: Sequence[TrustVersion]) -> None:
        """Remove versions."""
        await self._database.write(_prune, gun, doomed)

    async def archive(self, archive: TrustArchive, event: TrustEvent) -> None:
        """Move a collection aside."""
        await self._database.write(_archive, archive, event)

    async def restore(self, archive_id: str, aside: TrustArchive, event: TrustEvent) -> bool:
        """Put a collection back; return whether there was something to move aside as `aside`."""
        return await self._database.write(_restore, archive_id, aside, event)


def change(gun: Gun, version: int, sha256: str, category: str, at: datetime) -> Statement:
    """Return the statement that adds an entry to the change feed."""
    return Statement(
        "INSERT INTO trust_changes (created_at, gun, version, sha256, category) VALUES (?, ?, ?, ?, ?)",
        (to_micros(at), str(gun), version, sha256, category),
    )


def keep_event(event: TrustEvent) -> Transaction[None]:
    """Keep an event, and let webhooks be told of it."""
    yield from announce_trust(event)
    yield Statement(
        "INSERT INTO trust_events (at, gun, namespace, act, account, address, is_refused, detail) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            to_micros(event.at),
            str(event.gun),
            event.gun.repository.namespace,
            str(event.act),
            event.account,
            event.address,
            int(event.is_refused),
            json.dumps(event.detail),
        ),
    )


def _list_changes(
    gun: Gun | None, after: int, limit: int, *, backwards: bool
) -> Transaction[Sequence[TrustChange]]:
    where: list[str] = []
    values: list[Value] = []
    if gun is not None:
        where.append("gun = ?")
        values.append(str(gun))
    if after or not backwards:
        where.append("id < ?" if backwards else "id > ?")
        values.append(after)
    condition = f"WHERE {' AND '.join(where)} " if where else ""
    rows = yield Statement(
        "SELECT id, created_at, gun, version, sha256, category FROM trust_changes "  # noqa: S608 - constants
        f"{condition}ORDER BY id {'DESC' if backwards else 'ASC'} LIMIT ?",
        (*values, limit),
    )
    return [
        TrustChange(number, from_micros(at), Gun.parse(name), version, sha256, category)
        for number, at, name, version, sha256, category in rows
    ]


def _add_event(event: TrustEvent) -> Transaction[None]:
    yield from keep_event(event)


def _list_events(gun: Gun | None, limit: int) -> Transaction[Sequence[TrustEvent]]:
    where = "WHERE gun = ? " if gun is not None else ""
    values: tuple[Value, ...] = (str(gun), limit) if gun is not None else (limit,)
    rows = yield Statement(
        f"SELECT {_EVENT} FROM trust_events {where}ORDER BY id DESC LIMIT ?",  # noqa: S608 - constants
        values,
    )
    return [_event(row) for row in rows]


def _event(row: Row) -> TrustEvent:
    number, at, gun, act, account, address, is_refused, detail = row
    return TrustEvent(
        from_micros(at),
        Gun.parse(gun),
        TrustAct(act),
        account,
        address,
        bool(is_refused),
        json.loads(detail),  # noqa: TID251 - we wrote it
        number,
    )


def _list_versions(gun: Gun) -> Transaction[Sequence[TrustVersion]]:
    rows = yield Statement(
        "SELECT role, version, sha256, created_at FROM trust_files WHERE gun = ?", (str(gun),)
    )
    return [
        TrustVersion(RoleName(role), version, sha256, from_micros(at))
        for role, version, sha256, at in rows
    ]


def _list_long(more_than: int, limit: int) -> Transaction[Sequence[Gun]]:
    rows = yield Statement(
        "SELECT gun FROM trust_files WHERE role = ? GROUP BY gun HAVING COUNT(*) > ? ORDER BY gun LIMIT ?",
        (str(TIMESTAMP), more_than, limit),
    )
    return [Gun.parse(row[0]) for row in rows]


def _prune(gun: Gun, doomed: Sequence[TrustVersion]) -> Transaction[None]:
    for one in doomed:
        yield Statement(
            "DELETE FROM trust_files WHERE gun = ? AND role = ? AND version = ?",
            (str(gun), str(one.role), one.version),
        )


def _archive(archive: TrustArchive, event: TrustEvent) -> Transaction[None]:
    if not (yield from _move_aside(archive)):
        raise MetadataUnknownError(str(archive.gun), "trust data")
    yield change(archive.gun, 0, "", DELETION, archive.created_at)
    yield from keep_event(event)


def _move_aside(archive: TrustArchive) -> Transaction[bool]:
    rows = yield Statement("SELECT COUNT(*) FROM trust_files WHERE gun = ?", (str(archive.gun),))
    if not rows[0][0]:
        return False
    yield Statement(
        "INSERT INTO trust_archives (id, gun, created_at, created_by) VALUES (?, ?, ?, ?)",
        (archive.archive_id, str(archive.gun), to_micros(archive.created_at), archive.created_by),
    )
    yield Statement(
        f"INSERT INTO trust_archived_files (archive, {_FILE}) SELECT ?, {_FILE} FROM trust_files WHERE gun = ?",  # noqa: S608
        (archive.archive_id, str(archive.gun)),
    )
    yield Statement("DELETE FROM trust_files WHERE gun = ?", (str(archive.gun),))
    return True


def _restore(archive_id: str, aside: TrustArchive, event: TrustEvent) -> Transaction[bool]:
    rows = yield Statement("SELECT gun FROM trust_archives WHERE id = ?", (archive_id,))
    if not rows or rows[0][0] != str(event.gun):
        raise MetadataUnknownError(str(event.gun), f"archive {archive_id[:60]}")
    moved = yield from _move_aside(aside)
    yield Statement(
        f"INSERT INTO trust_files ({_FILE}) SELECT {_FILE} FROM trust_archived_files WHERE archive = ?",  # noqa: S608
        (archive_id,),
    )
    newest = yield Statement(
        "SELECT version, sha256 FROM trust_files WHERE gun = ? AND role = ? ORDER BY version DESC LIMIT 1",
        (str(event.gun), str(TIMESTAMP)),
    )
    if newest:
        yield change(event.gun, newest[0][0], newest[0][1], UPDATE, event.at)
    yield from keep_event(event)
    return moved
