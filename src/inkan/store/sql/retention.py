"""Retention in SQL: the policies, and what they look at."""

from collections.abc import Mapping, Sequence

from inkan.errors import NamespaceUnknownError
from inkan.oci.digest import Digest
from inkan.oci.reference import Namespace, RepositoryName, Tag
from inkan.store.records import Act, RetainedRecord, RetentionPolicy
from inkan.store.sql.database import Database, Statement, Transaction, from_micros
from inkan.store.sql.deletions import forget_manifest

_ALL = -1


class SqlRetention:
    """The `Retention` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set(self, policy: RetentionPolicy) -> None:
        """Let this be the policy of its namespace."""
        await self._database.write(_set, policy)

    async def list(self) -> Sequence[RetentionPolicy]:
        """Return every policy, by namespace."""
        return await self._database.read(_list)

    async def list_images(self, namespace: Namespace) -> Mapping[RepositoryName, Sequence[RetainedRecord]]:  # fmt: skip
        """Return every manifest of a namespace, by repository."""
        return await self._database.read(_list_images, namespace)

    async def delete(self, repository: RepositoryName, seen: RetainedRecord, act: Act) -> bool:
        """Move a manifest into the trash, if it is as it was seen; return whether it went."""
        return await self._database.write(_delete, repository, seen, act)


def _set(policy: RetentionPolicy) -> Transaction[None]:
    name = str(policy.namespace)
    if not (yield Statement("SELECT 1 FROM namespaces WHERE name = ?", (name,))):
        raise NamespaceUnknownError(name)
    count = policy.images_per_repository
    yield Statement(
        "INSERT INTO retention_policies (namespace, images_per_repository, threshold_days, keeps_untagged) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (namespace) DO UPDATE SET images_per_repository = excluded.images_per_repository, "
        "threshold_days = excluded.threshold_days, keeps_untagged = excluded.keeps_untagged",
        (name, _ALL if count is None else count, policy.threshold_days, int(policy.keeps_untagged)),
    )


def _list() -> Transaction[list[RetentionPolicy]]:
    rows = yield Statement(
        "SELECT namespace, images_per_repository, threshold_days, keeps_untagged FROM retention_policies ORDER BY namespace"
    )
    return [
        RetentionPolicy(Namespace(name), None if count == _ALL else count, days, bool(untagged))
        for name, count, days, untagged in rows
    ]


def _list_images(
    namespace: Namespace,
) -> Transaction[dict[RepositoryName, list[RetainedRecord]]]:
    values = (str(namespace),)
    tags: dict[tuple[str, str], list[Tag]] = {}
    for name, digest, tag in (
        yield Statement(
            "SELECT repository, digest, name FROM tags WHERE namespace = ? ORDER BY repository, name",
            values,
        )
    ):
        tags.setdefault((name, digest), []).append(Tag(tag))
    children: dict[tuple[str, str], list[Digest]] = {}
    for name, parent, child in (
        yield Statement(
            "SELECT c.repository, c.parent, c.child FROM manifest_children c "
            "JOIN manifests m ON m.repository = c.repository AND m.digest = c.parent WHERE m.namespace = ?",
            values,
        )
    ):
        children.setdefault((name, parent), []).append(Digest.parse(child))
    found: dict[RepositoryName, list[RetainedRecord]] = {}
    for name, digest, subject, size, created in (
        yield Statement(
            "SELECT repository, digest, subject, image_bytes, created_at FROM manifests WHERE namespace = ? ORDER BY repository, digest",
            values,
        )
    ):
        record = RetainedRecord(
            Digest.parse(digest),
            tuple(tags.get((name, digest), ())),
            tuple(children.get((name, digest), ())),
            Digest.parse(subject) if subject else None,
            size,
            from_micros(created),
        )
        found.setdefault(RepositoryName(name), []).append(record)
    return found


def _delete(repository: RepositoryName, seen: RetainedRecord, act: Act) -> Transaction[bool]:
    name, digest = str(repository), str(seen.digest)
    tags = yield Statement(
        "SELECT name FROM tags WHERE repository = ? AND digest = ? ORDER BY name", (name, digest)
    )
    if [row[0] for row in tags] != [str(tag) for tag in seen.tags]:
        return False
    needed = yield Statement(
        "SELECT 1 FROM manifest_children WHERE repository = ? AND child = ? LIMIT 1", (name, digest)
    )
    if needed:
        return False
    return (yield from forget_manifest(repository, seen.digest, act))
