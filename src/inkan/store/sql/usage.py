"""Quotas, and what is used of them, in SQL."""

from collections.abc import Mapping

from inkan.errors import NamespaceUnknownError
from inkan.store.records import Quota
from inkan.store.sql.database import Database, Statement, Transaction, Value

# what only deleted images named waits for its collection, and counts no more; what nothing has named yet counts
_COUNTS = (
    "NOT EXISTS (SELECT 1 FROM garbage_links g WHERE g.repository = r.repository AND g.digest = r.digest AND g.was_named = 1 "
    "AND NOT EXISTS (SELECT 1 FROM manifest_blobs m WHERE m.repository = r.repository AND m.blob = r.digest))"
)


class SqlUsage:
    """The `Usage` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def set_quota(self, namespace: str, quota: Quota) -> None:
        """Let this be the quota of a namespace, or of the whole registry where the name is empty."""
        await self._database.write(_set_quota, namespace, quota)

    async def quotas(self) -> Mapping[str, Quota]:
        """Return every quota, by namespace; the whole registry's name is empty."""
        return await self._database.read(_quotas)

    async def count_storage(self, namespace: str) -> int:
        """Return how many bytes the blobs of a namespace have, or of the whole registry, each counted once."""
        return await self._database.read(_count_storage, namespace)

    async def traffic(self, month: str) -> Mapping[str, int]:
        """Return how many bytes were pulled in a month, by namespace."""
        return await self._database.read(_traffic, month)

    async def add_traffic(self, month: str, pulled: Mapping[str, int]) -> None:
        """Add what was pulled, by namespace."""
        await self._database.write(_add_traffic, month, pulled)


def _set_quota(namespace: str, quota: Quota) -> Transaction[None]:
    if namespace and not (yield Statement("SELECT 1 FROM namespaces WHERE name = ?", (namespace,))):
        raise NamespaceUnknownError(namespace)
    yield Statement(
        "INSERT INTO quotas (namespace, storage_bytes, traffic_bytes) VALUES (?, ?, ?) "
        "ON CONFLICT (namespace) DO UPDATE SET storage_bytes = excluded.storage_bytes, traffic_bytes = excluded.traffic_bytes",
        (namespace, quota.storage_bytes, quota.traffic_bytes),
    )


def _quotas() -> Transaction[dict[str, Quota]]:
    rows = yield Statement("SELECT namespace, storage_bytes, traffic_bytes FROM quotas")
    return {name: Quota(storage, traffic) for name, storage, traffic in rows}


def _count_storage(namespace: str) -> Transaction[int]:
    within = "r.namespace = ? AND " if namespace else ""
    values: tuple[Value, ...] = (namespace,) if namespace else ()
    rows = yield Statement(
        "SELECT COALESCE(SUM(b.size_bytes), 0) FROM blobs b WHERE b.digest IN "  # noqa: S608 - constants
        f"(SELECT r.digest FROM repository_blobs r WHERE {within}{_COUNTS})",
        values,
    )
    # PostgreSQL's sum of whole numbers is a decimal
    return int(rows[0][0])


def _traffic(month: str) -> Transaction[dict[str, int]]:
    rows = yield Statement("SELECT namespace, bytes FROM traffic WHERE month = ?", (month,))
    return {row[0]: row[1] for row in rows}


def _add_traffic(month: str, pulled: Mapping[str, int]) -> Transaction[None]:
    for namespace, count in sorted(pulled.items()):
        yield Statement(
            "INSERT INTO traffic (month, namespace, bytes) VALUES (?, ?, ?) "
            "ON CONFLICT (month, namespace) DO UPDATE SET bytes = traffic.bytes + excluded.bytes",
            (month, namespace, count),
        )
