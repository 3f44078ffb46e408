"""Immutable tags in SQL: asked in the transaction that would move or delete one, so that no race gets past."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

from inkan.errors import NamespaceUnknownError, TagImmutableError
from inkan.oci.digest import Digest
from inkan.oci.reference import Namespace, RepositoryName, Tag
from inkan.store.sql.database import Database, Statement, Transaction


class SqlImmutableTags:
    """The `ImmutableTags` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set(self, namespace: Namespace, patterns: Sequence[str]) -> None:
        """Let these be the patterns of a namespace, and no others."""
        await self._database.write(_set, namespace, patterns)

    async def list(self) -> Mapping[Namespace, Sequence[str]]:
        """Return the patterns of every namespace that has some."""
        return await self._database.read(_list)


def require_movable(
    repository: RepositoryName, tags: Sequence[Tag], digest: Digest | None
) -> Transaction[None]:
    """Return unless a tag that is immutable would point elsewhere than before, or nowhere.

    Args:
        repository: whose tags they are.
        tags: what is about to be moved or deleted.
        digest: where they would point; nothing where they would go.

    Raises:
        TagImmutableError: if one is immutable, exists, and would change.
    """
    if not tags:
        return
    rows = yield Statement(
        "SELECT pattern FROM immutable_tags WHERE namespace = ?", (repository.namespace,)
    )
    for pattern in (row[0] for row in rows):
        for tag in tags:
            if not fnmatchcase(str(tag), pattern):
                continue
            found = yield Statement(
                "SELECT digest FROM tags WHERE repository = ? AND name = ?",
                (str(repository), str(tag)),
            )
            if found and found[0][0] != str(digest):
                raise TagImmutableError(str(repository), str(tag), pattern)


def _set(namespace: Namespace, patterns: Sequence[str]) -> Transaction[None]:
    name = str(namespace)
    if not (yield Statement("SELECT 1 FROM namespaces WHERE name = ?", (name,))):
        raise NamespaceUnknownError(name)
    yield Statement("DELETE FROM immutable_tags WHERE namespace = ?", (name,))
    for pattern in dict.fromkeys(patterns):
        yield Statement(
            "INSERT INTO immutable_tags (namespace, pattern) VALUES (?, ?)", (name, pattern)
        )


def _list() -> Transaction[dict[Namespace, list[str]]]:
    rows = yield Statement(
        "SELECT namespace, pattern FROM immutable_tags ORDER BY namespace, pattern"
    )
    found: dict[Namespace, list[str]] = {}
    for name, pattern in rows:
        found.setdefault(Namespace(name), []).append(pattern)
    return found
