"""Images by tag and by digest, in SQL."""

from collections.abc import Sequence

from inkan.oci.digest import Digest
from inkan.oci.reference import Namespace, RepositoryName, Tag
from inkan.store.records import Act, DigestRecord, ImageRecord
from inkan.store.sql.database import Database, Statement, Transaction, Value, from_micros
from inkan.store.sql.deletions import forget_manifest

# an index needs its images, and what is attached to an image (a signature, a list of its parts) is found by it, not by a tag
_IS_NEEDED = "(m.subject IS NOT NULL OR EXISTS (SELECT 1 FROM manifest_children c WHERE c.repository = m.repository AND c.child = m.digest))"


class SqlImages:
    """The `Images` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_tagged(self, namespace: Namespace | None) -> Sequence[ImageRecord]:
        """Return every tag of a namespace, or of all, by repository and tag."""
        return await self._database.read(_list_tagged, namespace)

    async def list_digests(self, namespace: Namespace | None) -> Sequence[DigestRecord]:
        """Return every manifest of a namespace, or of all, by repository and digest."""
        return await self._database.read(_list_digests, namespace)

    async def delete_untagged(self, repository: RepositoryName, digest: Digest, act: Act) -> bool:
        """Move a manifest into the trash, unless a tag, an index or a subject keeps it; return whether it went."""
        return await self._database.write(_delete_untagged, repository, digest, act)


def _list_tagged(namespace: Namespace | None) -> Transaction[Sequence[ImageRecord]]:
    where, values = _within("t", namespace)
    rows = yield Statement(
        "SELECT t.repository, t.name, t.digest, m.media_type, m.image_bytes, m.created_at FROM tags t "  # noqa: S608 - constants
        f"JOIN manifests m ON m.repository = t.repository AND m.digest = t.digest {where}ORDER BY t.repository, t.name",
        values,
    )
    return [
        ImageRecord(
            RepositoryName(name), Tag(tag), Digest.parse(digest), kind, size, from_micros(created)
        )
        for name, tag, digest, kind, size, created in rows
    ]


def _list_digests(namespace: Namespace | None) -> Transaction[Sequence[DigestRecord]]:
    where, values = _within("t", namespace)
    tagged = yield Statement(
        f"SELECT t.repository, t.digest, t.name FROM tags t {where}ORDER BY t.repository, t.name",  # noqa: S608 - constants
        values,
    )
    tags: dict[tuple[str, str], list[Tag]] = {}
    for name, digest, tag in tagged:
        tags.setdefault((name, digest), []).append(Tag(tag))
    where, values = _within("m", namespace)
    rows = yield Statement(
        f"SELECT m.repository, m.digest, m.media_type, m.image_bytes, m.created_at, CASE WHEN {_IS_NEEDED} THEN 1 ELSE 0 END "  # noqa: S608 - constants
        f"FROM manifests m {where}ORDER BY m.repository, m.digest",
        values,
    )
    return [
        DigestRecord(
            RepositoryName(name),
            Digest.parse(digest),
            tuple(tags.get((name, digest), ())),
            kind,
            size,
            from_micros(created),
            bool(needed),
        )
        for name, digest, kind, size, created, needed in rows
    ]


def _delete_untagged(repository: RepositoryName, digest: Digest, act: Act) -> Transaction[bool]:
    values = (str(repository), str(digest))
    rows = yield Statement(
        "SELECT 1 FROM manifests m WHERE m.repository = ? AND m.digest = ? "  # noqa: S608 - constants
        "AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.repository = m.repository AND t.digest = m.digest) "
        f"AND NOT {_IS_NEEDED}",
        values,
    )
    if not rows:
        return False
    return (yield from forget_manifest(repository, digest, act))


def _within(table: str, namespace: Namespace | None) -> tuple[str, tuple[Value, ...]]:
    if namespace is None:
        return "", ()
    return f"WHERE {table}.namespace = ? ", (str(namespace),)
