"""Referrers in SQL.

Digests first and the rows a few at a time: annotations may be as long as a manifest, and a page of very long ones must not be read to be thrown away.
"""

import json
from collections.abc import Sequence

from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName
from inkan.store.records import ReferrerPage, ReferrerRecord
from inkan.store.sql.database import Database, Row, Statement, Transaction, Value
from inkan.store.sql.many import marks

_AT_ONCE = 16


class SqlReferrers:
    """The `Referrers` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self,
        repository: RepositoryName,
        subject: Digest,
        artifact_type: str | None,
        after: str,
        limit: int,
        most_bytes: int,
    ) -> ReferrerPage:
        """Return referrers, of one artifact type or of all."""
        where, values = "repository = ? AND subject = ? AND digest > ?", [str(repository), str(subject), after]  # fmt: skip
        if artifact_type is not None:
            where, values = f"{where} AND artifact_type = ?", [*values, artifact_type]
        return await self._database.read(_list, where, (*values, limit + 1), limit, most_bytes)


def _list(
    where: str, values: Sequence[Value], limit: int, most_bytes: int
) -> Transaction[ReferrerPage]:
    found: list[ReferrerRecord] = []
    size = 0
    rows = yield Statement(f"SELECT digest FROM manifests WHERE {where} ORDER BY digest LIMIT ?", tuple(values))  # noqa: S608 - constants  # fmt: skip
    digests = [row[0] for row in rows]
    for start in range(0, len(digests), _AT_ONCE):
        wanted = digests[start : start + _AT_ONCE]
        for row in (yield from _rows(str(values[0]), wanted)):
            size += len(row[4])
            if found and (len(found) == limit or size > most_bytes):
                return ReferrerPage(found, has_more=True)
            found.append(_record(row))
    return ReferrerPage(found, has_more=False)


def _rows(repository: str, digests: Sequence[str]) -> Transaction[Sequence[Row]]:
    return (
        yield Statement(
            "SELECT digest, media_type, LENGTH(payload), artifact_type, annotations FROM manifests "  # noqa: S608 - question marks
            f"WHERE repository = ? AND digest IN ({marks(digests)}) ORDER BY digest",
            (repository, *digests),
        )
    )


def _record(row: Row) -> ReferrerRecord:
    digest, media_type, size, kind, annotations = row
    return ReferrerRecord(Digest.parse(digest), media_type, size, kind, json.loads(annotations))  # noqa: TID251 - we wrote it
