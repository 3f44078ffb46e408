"""The namespaces in SQL."""

import builtins
from collections.abc import Sequence

from inkan.errors import (
    NamespaceExistsError,
    NamespaceNotEmptyError,
    NamespaceQuotaError,
    NamespaceUnknownError,
)
from inkan.oci.reference import Namespace
from inkan.store.records import NamespaceRecord
from inkan.store.sql.database import (
    Database,
    Row,
    Statement,
    Transaction,
    from_micros,
    to_micros,
)
from inkan.store.sql.exemptions import NAMESPACE_EXEMPTIONS_GO
from inkan.store.sql.garbage import NAMESPACE_GOES
from inkan.store.sql.trash import NAMESPACE_TRASH_GOES
from inkan.store.sql.webhooks import NAMESPACE_WEBHOOKS_GO

_REPOSITORIES = (
    "SELECT COUNT(*) FROM (SELECT repository FROM repository_blobs WHERE namespace = ? "
    "UNION SELECT repository FROM manifests WHERE namespace = ? "
    "UNION SELECT repository FROM trust_files WHERE namespace = ?) found"
)


class SqlNamespaces:
    """The `Namespaces` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, record: NamespaceRecord, limit: int) -> None:
        """Keep a new namespace."""
        await self._database.write(_add, record, limit)

    async def find(self, namespace: str) -> NamespaceRecord | None:
        """Return a namespace."""
        return await self._database.read(_find, namespace)

    async def list(self) -> Sequence[NamespaceRecord]:
        """Return every namespace, by name."""
        return await self._database.read(_list)

    async def set_public(self, namespace: Namespace, *, is_public: bool) -> None:
        """Let anybody pull from a namespace, or no longer."""
        await self._database.write(_set_public, namespace, is_public=is_public)

    async def remove(self, namespace: Namespace, *, force: bool) -> None:
        """Forget a namespace."""
        await self._database.write(_remove, namespace, force=force)


def _add(record: NamespaceRecord, limit: int) -> Transaction[None]:
    name = str(record.namespace)
    rows = yield Statement("SELECT name FROM namespaces")
    if any(row[0] == name for row in rows):
        raise NamespaceExistsError(name)
    if len(rows) >= limit:
        raise NamespaceQuotaError(limit)
    yield Statement(
        "INSERT INTO namespaces (name, created_at, created_by, is_public) VALUES (?, ?, ?, ?)",
        (name, to_micros(record.created_at), record.created_by, int(record.is_public)),
    )


def _find(namespace: str) -> Transaction[NamespaceRecord | None]:
    rows = yield Statement(
        "SELECT name, created_at, created_by, is_public FROM namespaces WHERE name = ?",
        (namespace,),
    )
    return _record(rows[0]) if rows else None


def _list() -> Transaction[builtins.list[NamespaceRecord]]:
    rows = yield Statement(
        "SELECT name, created_at, created_by, is_public FROM namespaces ORDER BY name"
    )
    return [_record(row) for row in rows]


def _set_public(namespace: Namespace, *, is_public: bool) -> Transaction[None]:
    name = str(namespace)
    if not (yield Statement("SELECT 1 FROM namespaces WHERE name = ?", (name,))):
        raise NamespaceUnknownError(name)
    yield Statement("UPDATE namespaces SET is_public = ? WHERE name = ?", (int(is_public), name))


def _remove(namespace: Namespace, *, force: bool) -> Transaction[None]:
    name = str(namespace)
    rows = yield Statement("SELECT 1 FROM namespaces WHERE name = ?", (name,))
    if not rows:
        raise NamespaceUnknownError(name)
    repositories = (yield Statement(_REPOSITORIES, (name, name, name)))[0][0]
    if repositories and not force:
        raise NamespaceNotEmptyError(name, repositories)
    held = "(SELECT repository FROM manifests WHERE namespace = ?)"
    for statement in (
        "DELETE FROM tags WHERE namespace = ?",
        f"DELETE FROM manifest_blobs WHERE repository IN {held}",  # noqa: S608 - constants
        f"DELETE FROM manifest_children WHERE repository IN {held}",  # noqa: S608 - constants
        "DELETE FROM manifests WHERE namespace = ?",
        *NAMESPACE_GOES,
        *NAMESPACE_TRASH_GOES,
        *NAMESPACE_WEBHOOKS_GO,
        "DELETE FROM repository_blobs WHERE namespace = ?",
        "DELETE FROM trust_files WHERE namespace = ?",
        "DELETE FROM immutable_tags WHERE namespace = ?",
        "DELETE FROM retention_policies WHERE namespace = ?",
        "DELETE FROM quotas WHERE namespace = ?",
        NAMESPACE_EXEMPTIONS_GO,
        "DELETE FROM policies WHERE namespace = ?",
        "DELETE FROM namespaces WHERE name = ?",
    ):
        yield Statement(statement, (name,))


def _record(row: Row) -> NamespaceRecord:
    return NamespaceRecord(Namespace(row[0]), from_micros(row[1]), row[2], bool(row[3]))
