"""Who holds a blob, in SQL."""

from collections.abc import Collection, Iterator, Sequence

from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName
from inkan.store.sql.database import Database, Statement, Transaction

# one statement takes some thousands of values at most
_NAMESPACES_AT_ONCE = 1_000


class SqlHolders:
    """The `Holders` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self, digest: Digest, namespaces: Collection[str], limit: int
    ) -> Sequence[RepositoryName]:
        """Return repositories that hold a blob."""
        return await self._database.read(_find, digest, namespaces, limit)


def _find(
    digest: Digest, namespaces: Collection[str], limit: int
) -> Transaction[list[RepositoryName]]:
    found: list[RepositoryName] = []
    for group in _groups(namespaces):
        marks = ", ".join("?" * len(group))
        rows = yield Statement(
            "SELECT repository FROM repository_blobs WHERE digest = ? "  # noqa: S608 - question marks
            f"AND namespace IN ({marks}) ORDER BY repository LIMIT ?",
            (str(digest), *group, limit - len(found)),
        )
        found += [RepositoryName(row[0]) for row in rows]
        if len(found) == limit:
            break
    return found


def _groups(namespaces: Collection[str]) -> Iterator[Sequence[str]]:
    """Return namespaces in groups, such that every repository of one group sorts before those of the next."""
    # in a repository's name a slash comes behind the namespace: `a-b/x` is before `a/x`
    ordered = sorted(namespaces, key=lambda one: f"{one}/")
    for first in range(0, len(ordered), _NAMESPACES_AT_ONCE):
        yield ordered[first : first + _NAMESPACES_AT_ONCE]
