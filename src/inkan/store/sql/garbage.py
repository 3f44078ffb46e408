"""Garbage in SQL: what may be needed no more is noted where it ceases to be needed, and looked at again before it goes.

```text
garbage_links    a blob that a repository holds and no manifest of it names        noted by link_blob and delete_manifest, cleared by put_manifest
garbage_blobs    a blob that perhaps no repository holds any more                  noted when a repository ceases to hold it
garbage_keys     bytes that nothing stands for; their key never comes back         noted when the blob's row goes
```

The time of grace runs from when a sweep has first seen a link; whoever is told that the blob is here makes it unseen again, which is the lease.

An instant below zero is a turn: a collection has seen it, and says since when in its next transaction, with a time that it takes in between. A time taken before could be old by
the time it is written, for a process may stand still for an hour, and whoever was told something meanwhile would have lost that hour.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName
from inkan.store.records import GarbageRecord, StorageKey
from inkan.store.sql.database import (
    Database,
    Statement,
    Transaction,
    from_micros,
    to_micros,
)
from inkan.store.sql.many import marks, pages

_NOT_SEEN = 0


class SqlGarbage:
    """The `Garbage` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lease(self, repository: RepositoryName, digest: Digest) -> None:
        """Let the time of grace begin anew for a blob that somebody is about to name."""
        if await self._database.read(_is_seen, repository, digest):
            await self._database.write(_lease, repository, digest)

    async def mark(self, turn: int) -> int:
        """See what is noted since the last time; return how many links that is."""
        if not await self._database.read(_has_unseen):
            return 0
        return await self._database.write(_mark, turn)

    async def begin_grace(self, turn: int, now: datetime) -> None:
        """Let the time of grace begin for what a turn has seen and doomed."""
        if await self._database.read(_has_pending, turn):
            await self._database.write(_begin_grace, turn, now)

    async def sweep_links(self, before: datetime, limit: int) -> int:
        """Let repositories cease to hold blobs whose grace began before an instant; return how many."""
        due = await self._database.read(_due_links, before, limit)
        return await self._database.write(_sweep_links, due, before) if due else 0

    async def sweep_blobs(self, turn: int, limit: int) -> int:
        """Forget blobs that no repository holds, and note their bytes; return how many."""
        due = await self._database.read(_due_blobs, limit)
        return await self._database.write(_sweep_blobs, due, turn) if due else 0

    async def doomed_keys(self, before: datetime, limit: int) -> Sequence[StorageKey]:
        """Return keys whose bytes nothing has stood for since before an instant."""
        return await self._database.read(_doomed_keys, before, limit)

    async def forget_keys(self, keys: Sequence[StorageKey]) -> None:
        """Forget keys whose bytes are gone."""
        await self._database.write(_forget_keys, keys)

    async def list(self, limit: int) -> Sequence[GarbageRecord]:
        """Return what would go, the longest seen first."""
        return await self._database.read(_list, limit)


# --- noting, within the transactions of others ------------------------------------------------------


def note_link(repository: RepositoryName, digest: Digest) -> Iterator[Statement]:
    """Note that a repository holds a blob that nothing may name yet."""
    yield Statement(
        "INSERT INTO garbage_links (repository, digest, namespace, seen_at, was_named) VALUES (?, ?, ?, ?, 0) "
        "ON CONFLICT (repository, digest) DO UPDATE SET seen_at = excluded.seen_at, was_named = 0",
        (str(repository), str(digest), repository.namespace, _NOT_SEEN),
    )


def note_links_of_manifest(repository: RepositoryName, digest: Digest) -> Iterator[Statement]:
    """Note the blobs of a manifest that is about to go."""
    yield Statement(
        "INSERT INTO garbage_links (repository, digest, namespace, seen_at, was_named) "
        "SELECT repository, blob, ?, ?, 1 FROM manifest_blobs WHERE repository = ? AND manifest = ? "
        "ON CONFLICT (repository, digest) DO UPDATE SET seen_at = excluded.seen_at, was_named = 1",
        (repository.namespace, _NOT_SEEN, str(repository), str(digest)),
    )


def clear_link(repository: RepositoryName, digest: Digest) -> Statement:
    """Note that a manifest names a blob."""
    return Statement(
        "DELETE FROM garbage_links WHERE repository = ? AND digest = ?",
        (str(repository), str(digest)),
    )


def note_blob(digest: str) -> Statement:
    """Note that a repository holds a blob no more."""
    return Statement("INSERT INTO garbage_blobs (digest) VALUES (?) ON CONFLICT DO NOTHING", (digest,))  # fmt: skip


def clear_links(repository: RepositoryName, digests: Iterable[Digest]) -> Iterator[Statement]:
    """Note that a manifest names blobs."""
    for page in pages(map(str, digests)):
        yield Statement(
            f"DELETE FROM garbage_links WHERE repository = ? AND digest IN ({marks(page)})",  # noqa: S608 - question marks
            (str(repository), *page),
        )


NAMESPACE_GOES = (
    "INSERT INTO garbage_blobs (digest) SELECT DISTINCT digest FROM repository_blobs WHERE namespace = ? ON CONFLICT DO NOTHING",
    "DELETE FROM garbage_links WHERE namespace = ?",
)
"""Statements that note the blobs of a namespace, before its links go."""


# --- transactions -------------------------------------------------------------------------------


def _is_seen(repository: RepositoryName, digest: Digest) -> Transaction[bool]:
    rows = yield Statement(
        "SELECT seen_at FROM garbage_links WHERE repository = ? AND digest = ?",
        (str(repository), str(digest)),
    )
    return bool(rows) and rows[0][0] != _NOT_SEEN


def _lease(repository: RepositoryName, digest: Digest) -> Transaction[None]:
    yield Statement(
        "UPDATE garbage_links SET seen_at = ? WHERE repository = ? AND digest = ?",
        (_NOT_SEEN, str(repository), str(digest)),
    )


def _has_unseen() -> Transaction[bool]:
    # also what a collection has left that died in between
    rows = yield Statement(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM garbage_links WHERE seen_at <= ?) OR EXISTS (SELECT 1 FROM garbage_keys WHERE since < ?)",
        (_NOT_SEEN, _NOT_SEEN),
    )
    return bool(rows)


def _mark(turn: int) -> Transaction[int]:
    rows = yield Statement(
        "UPDATE garbage_links SET seen_at = ? WHERE seen_at <= ? RETURNING digest",
        (-turn, _NOT_SEEN),
    )
    yield Statement("UPDATE garbage_keys SET since = ? WHERE since < ?", (-turn, _NOT_SEEN))
    return len(rows)


def _has_pending(turn: int) -> Transaction[bool]:
    rows = yield Statement(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM garbage_links WHERE seen_at = ?) OR EXISTS (SELECT 1 FROM garbage_keys WHERE since = ?)",
        (-turn, -turn),
    )
    return bool(rows)


def _begin_grace(turn: int, now: datetime) -> Transaction[None]:
    values = (to_micros(now), -turn)
    yield Statement("UPDATE garbage_links SET seen_at = ? WHERE seen_at = ?", values)
    yield Statement("UPDATE garbage_keys SET since = ? WHERE since = ?", values)


def _due_links(before: datetime, limit: int) -> Transaction[list[tuple[str, str]]]:
    rows = yield Statement(
        "SELECT repository, digest FROM garbage_links WHERE seen_at > ? AND seen_at <= ? ORDER BY seen_at LIMIT ?",
        (_NOT_SEEN, to_micros(before), limit),
    )
    return [(row[0], row[1]) for row in rows]


def _sweep_links(due: Sequence[tuple[str, str]], before: datetime) -> Transaction[int]:
    swept = 0
    for repository, digest in due:
        # looked at again: it may have been leased, or named by a manifest, since it was found
        still = yield Statement(
            "DELETE FROM garbage_links WHERE repository = ? AND digest = ? AND seen_at > ? AND seen_at <= ? RETURNING digest",
            (repository, digest, _NOT_SEEN, to_micros(before)),
        )
        if not still:
            continue
        gone = yield Statement(
            "DELETE FROM repository_blobs WHERE repository = ? AND digest = ? AND NOT EXISTS "
            "(SELECT 1 FROM manifest_blobs WHERE repository = ? AND blob = ?) RETURNING digest",
            (repository, digest, repository, digest),
        )
        if gone:
            swept += 1
            yield note_blob(digest)
    return swept


def _due_blobs(limit: int) -> Transaction[list[str]]:
    rows = yield Statement("SELECT digest FROM garbage_blobs LIMIT ?", (limit,))
    return [row[0] for row in rows]


def _sweep_blobs(due: Sequence[str], turn: int) -> Transaction[int]:
    swept = 0
    for digest in due:
        yield Statement("DELETE FROM garbage_blobs WHERE digest = ?", (digest,))
        gone = yield Statement(
            "DELETE FROM blobs WHERE digest = ? AND NOT EXISTS (SELECT 1 FROM repository_blobs WHERE digest = ?) "
            # the trash notes them again when it lets them go
            "AND NOT EXISTS (SELECT 1 FROM trash_blobs WHERE blob = ?) RETURNING storage_key",
            (digest, digest, digest),
        )
        for row in gone:
            swept += 1
            yield Statement(
                "INSERT INTO garbage_keys (storage_key, since) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (row[0], -turn),
            )
    return swept


def _doomed_keys(before: datetime, limit: int) -> Transaction[list[StorageKey]]:
    rows = yield Statement(
        "SELECT storage_key FROM garbage_keys WHERE since >= ? AND since <= ? ORDER BY since LIMIT ?",
        (_NOT_SEEN, to_micros(before), limit),
    )
    return [StorageKey(row[0]) for row in rows]


def _forget_keys(keys: Sequence[StorageKey]) -> Transaction[None]:
    for key in keys:
        yield Statement("DELETE FROM garbage_keys WHERE storage_key = ?", (key,))


def _list(limit: int) -> Transaction[list[GarbageRecord]]:
    rows = yield Statement(
        "SELECT g.repository, g.digest, b.size_bytes, g.seen_at FROM garbage_links g JOIN blobs b ON b.digest = g.digest "
        "WHERE NOT EXISTS (SELECT 1 FROM manifest_blobs m WHERE m.repository = g.repository AND m.blob = g.digest) "
        "ORDER BY g.seen_at, g.repository, g.digest LIMIT ?",
        (limit,),
    )
    return [
        GarbageRecord(
            RepositoryName(name),
            Digest.parse(digest),
            size,
            from_micros(seen) if seen > _NOT_SEEN else None,
        )
        for name, digest, size, seen in rows
    ]
