"""Who holds a blob, in SQL."""

from collections.abc import Collection, Sequence

from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName
from inkan.store.sql.database import Database, Statement, Transaction
from inkan.store.sql.many import marks, pages


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
    # in a repository's name a slash comes behind the namespace, `a-b/x` is before `a/x`: so the repositories of one page sort before those of the next
    for group in pages(sorted(namespaces, key=lambda one: f"{one}/")):
        rows = yield Statement(
            "SELECT repository FROM repository_blobs WHERE digest = ? "  # noqa: S608 - question marks
            f"AND namespace IN ({marks(group)}) ORDER BY repository LIMIT ?",
            (str(digest), *group, limit - len(found)),
        )
        found += [RepositoryName(row[0]) for row in rows]
        if len(found) == limit:
            break
    return found
