"""Who holds a blob, in SQL."""

from collections.abc import Collection, Sequence

from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName
from inkan.store.sql.database import Database, Statement, Transaction


class SqlHolders:
    """The `Holders` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self, digest: Digest, namespaces: Collection[str], limit: int
    ) -> Sequence[RepositoryName]:
        """Return repositories that hold a blob."""
        if not namespaces:
            return ()
        return await self._database.read(_find, digest, sorted(namespaces), limit)


def _find(
    digest: Digest, namespaces: Sequence[str], limit: int
) -> Transaction[list[RepositoryName]]:
    rows = yield Statement(
        "SELECT repository FROM repository_blobs WHERE digest = ? "  # noqa: S608 - question marks
        f"AND namespace IN ({', '.join('?' * len(namespaces))}) ORDER BY repository LIMIT ?",
        (str(digest), *namespaces, limit),
    )
    return [RepositoryName(row[0]) for row in rows]
