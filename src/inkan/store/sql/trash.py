"""The trash in SQL: a deleted manifest is moved aside whole, with its tags, and can be moved back.

The trash holds blobs by itself, beside the repositories: a repository ceases to hold them in its time, as if the manifest were gone for good, and whoever
asks for one is told so. `sweep_blobs` spares what is in the trash.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from inkan.errors import ManifestBlobUnknownError, TagTakenError, TrashUnknownError
from inkan.oci.digest import Digest
from inkan.oci.reference import Namespace, RepositoryName, Tag
from inkan.store.records import Act, EventKind, TrashRecord
from inkan.store.sql.database import (
    Database,
    Statement,
    Transaction,
    Value,
    from_micros,
    to_micros,
)
from inkan.store.sql.events import announce, event
from inkan.store.sql.garbage import clear_link

_MANIFEST = "repository, digest, namespace, media_type, artifact_type, subject, image_bytes, payload, pushed_by, created_at, annotations"

NAMESPACE_TRASH_GOES = tuple(
    f"{act} IN (SELECT repository FROM trash_manifests WHERE namespace = ?){rest}"  # noqa: S608 - constants
    for act, rest in (
        ("INSERT INTO garbage_blobs (digest) SELECT DISTINCT blob FROM trash_blobs WHERE repository", " ON CONFLICT DO NOTHING"),
        ("DELETE FROM trash_blobs WHERE repository", ""),
        ("DELETE FROM trash_children WHERE repository", ""),
        ("DELETE FROM trash_tags WHERE repository", ""),
        ("DELETE FROM trash_manifests WHERE repository", ""),
    )
)  # fmt: skip
"""Statements that empty the trash of a namespace that goes."""


class SqlTrash:
    """The `Trash` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, namespace: Namespace | None) -> Sequence[TrashRecord]:
        """Return what is in the trash of a namespace, or of all, by repository and digest."""
        return await self._database.read(_list, namespace)

    async def restore(
        self, repository: RepositoryName, reference: Tag | Digest, act: Act
    ) -> TrashRecord:
        """Put a manifest back; return it with the tags that came back."""
        return await self._database.write(_restore, repository, reference, act)

    async def expire(self, before: datetime, limit: int) -> int:
        """Forget for good what was deleted before an instant; return how much that was."""
        due = await self._database.read(_due, before, limit)
        return await self._database.write(_expire, due, before) if due else 0


def put_aside(repository: RepositoryName, digest: Digest, act: Act) -> Iterator[Statement]:
    """Move a manifest that is about to go into the trash, with the tags that point to it."""
    values = (str(repository), str(digest))
    yield Statement(
        f"INSERT INTO trash_manifests ({_MANIFEST}, deleted_at, deleted_by) SELECT {_MANIFEST}, ?, ? FROM manifests "  # noqa: S608 - constants
        "WHERE repository = ? AND digest = ? ON CONFLICT (repository, digest) DO UPDATE SET "
        "payload = excluded.payload, deleted_at = excluded.deleted_at, deleted_by = excluded.deleted_by",
        (to_micros(act.at), act.account, *values),
    )
    for statement in (
        (
            "INSERT INTO trash_blobs (repository, manifest, blob) SELECT repository, manifest, blob FROM manifest_blobs "
            "WHERE repository = ? AND manifest = ? ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO trash_children (repository, parent, child) SELECT repository, parent, child FROM manifest_children "
            "WHERE repository = ? AND parent = ? ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO trash_tags (repository, manifest, name) SELECT repository, digest, name FROM tags "
            "WHERE repository = ? AND digest = ? ON CONFLICT DO NOTHING"
        ),
    ):
        yield Statement(statement, values)


def _list(namespace: Namespace | None) -> Transaction[list[TrashRecord]]:
    where = "WHERE namespace = ? " if namespace is not None else ""
    values: tuple[Value, ...] = (str(namespace),) if namespace is not None else ()
    rows = yield Statement(
        f"SELECT repository, digest, image_bytes, deleted_by, deleted_at FROM trash_manifests {where}"  # noqa: S608 - constants
        "ORDER BY repository, digest",
        values,
    )
    found = []
    for name, digest, size, account, at in rows:
        tags = yield from _tags(name, digest)
        act = Act(account, from_micros(at))
        found.append(TrashRecord(RepositoryName(name), Digest.parse(digest), tags, size, act))
    return found


def _tags(name: str, digest: str) -> Transaction[tuple[Tag, ...]]:
    rows = yield Statement(
        "SELECT name FROM trash_tags WHERE repository = ? AND manifest = ? ORDER BY name",
        (name, digest),
    )
    return tuple(Tag(row[0]) for row in rows)


def _restore(
    repository: RepositoryName, reference: Tag | Digest, act: Act
) -> Transaction[TrashRecord]:
    name, digest = str(repository), str(reference)
    if isinstance(reference, Tag):
        rows = yield Statement(
            "SELECT t.manifest FROM trash_tags t JOIN trash_manifests m ON m.repository = t.repository AND m.digest = t.manifest "
            "WHERE t.repository = ? AND t.name = ? ORDER BY m.deleted_at DESC LIMIT 1",
            (name, str(reference)),
        )
        digest = rows[0][0] if rows else ""
    rows = yield Statement(
        "SELECT image_bytes, deleted_by, deleted_at FROM trash_manifests WHERE repository = ? AND digest = ?",
        (name, digest),
    )
    if not rows:
        raise TrashUnknownError(name, str(reference))
    tags = (reference,) if isinstance(reference, Tag) else (yield from _tags(name, digest))
    yield from _put_back(repository, digest)
    back = yield from _tag(repository, digest, tags)
    if isinstance(reference, Tag) and not back:
        raise TagTakenError(name, str(reference))
    left = yield from _tags(name, digest)
    if isinstance(reference, Digest) or not left:
        yield from _forget(name, digest)
    yield from announce(
        [event(EventKind.RESTORE, repository, act, digest, str(tag)) for tag in back or ("",)]
    )
    size, account, at = rows[0]
    return TrashRecord(repository, Digest.parse(digest), back, size, Act(account, from_micros(at)))


def _put_back(repository: RepositoryName, digest: str) -> Transaction[None]:
    name = str(repository)
    yield from _put_children_back(repository, digest)
    blobs = yield Statement(
        "SELECT blob FROM trash_blobs WHERE repository = ? AND manifest = ?", (name, digest)
    )
    for (blob,) in blobs:
        yield Statement(
            "INSERT INTO repository_blobs (repository, digest, namespace) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (name, blob, repository.namespace),
        )
        yield clear_link(repository, Digest.parse(blob))
    for statement in (
        (
            f"INSERT INTO manifests ({_MANIFEST}) SELECT {_MANIFEST} FROM trash_manifests "  # noqa: S608 - constants
            "WHERE repository = ? AND digest = ? ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO manifest_blobs (repository, manifest, blob) SELECT repository, manifest, blob FROM trash_blobs "
            "WHERE repository = ? AND manifest = ? ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO manifest_children (repository, parent, child) SELECT repository, parent, child FROM trash_children "
            "WHERE repository = ? AND parent = ? ON CONFLICT DO NOTHING"
        ),
    ):
        yield Statement(statement, (name, digest))


def _put_children_back(repository: RepositoryName, digest: str) -> Transaction[None]:
    name = str(repository)
    children = yield Statement(
        "SELECT c.child FROM trash_children c WHERE c.repository = ? AND c.parent = ? AND NOT EXISTS "
        "(SELECT 1 FROM manifests m WHERE m.repository = c.repository AND m.digest = c.child)",
        (name, digest),
    )
    for (child,) in children:
        rows = yield Statement(
            "SELECT 1 FROM trash_manifests WHERE repository = ? AND digest = ?", (name, child)
        )
        if not rows:
            raise ManifestBlobUnknownError([child])
        yield from _put_back(repository, child)
        yield from _tag(repository, child, (yield from _tags(name, child)))
        yield from _forget(name, child)


def _tag(repository: RepositoryName, digest: str, tags: Sequence[Tag]) -> Transaction[tuple[Tag, ...]]:  # fmt: skip
    """Point tags that are free at a manifest; return those that point to it now."""
    name, back = str(repository), []
    for tag in tags:
        yield Statement(
            "INSERT INTO tags (repository, name, namespace, digest, updated_at) "
            "SELECT repository, ?, namespace, digest, created_at FROM manifests WHERE repository = ? AND digest = ? "
            "ON CONFLICT DO NOTHING",
            (str(tag), name, digest),
        )
        rows = yield Statement(
            "SELECT digest FROM tags WHERE repository = ? AND name = ?", (name, str(tag))
        )
        if rows[0][0] == digest:
            back.append(tag)
            yield Statement(
                "DELETE FROM trash_tags WHERE repository = ? AND manifest = ? AND name = ?",
                (name, digest, str(tag)),
            )
    return tuple(back)


def _forget(name: str, digest: str) -> Iterator[Statement]:
    for statement in (
        "DELETE FROM trash_blobs WHERE repository = ? AND manifest = ?",
        "DELETE FROM trash_children WHERE repository = ? AND parent = ?",
        "DELETE FROM trash_tags WHERE repository = ? AND manifest = ?",
        "DELETE FROM trash_manifests WHERE repository = ? AND digest = ?",
    ):
        yield Statement(statement, (name, digest))


def _due(before: datetime, limit: int) -> Transaction[list[tuple[str, str]]]:
    rows = yield Statement(
        "SELECT repository, digest FROM trash_manifests WHERE deleted_at <= ? ORDER BY deleted_at LIMIT ?",
        (to_micros(before), limit),
    )
    return [(row[0], row[1]) for row in rows]


def _expire(due: Sequence[tuple[str, str]], before: datetime) -> Transaction[int]:
    gone = 0
    for name, digest in due:
        # looked at again: it may have been restored, or deleted anew, since it was found
        still = yield Statement(
            "SELECT 1 FROM trash_manifests WHERE repository = ? AND digest = ? AND deleted_at <= ?",
            (name, digest, to_micros(before)),
        )
        if not still:
            continue
        gone += 1
        yield Statement(
            "INSERT INTO garbage_blobs (digest) SELECT DISTINCT blob FROM trash_blobs "
            "WHERE repository = ? AND manifest = ? ON CONFLICT DO NOTHING",
            (name, digest),
        )
        yield from _forget(name, digest)
    return gone
