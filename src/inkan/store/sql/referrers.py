"""Referrers in SQL."""

import builtins
import json
from collections.abc import Sequence

from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName
from inkan.store.records import ReferrerRecord
from inkan.store.sql.database import Database, Statement, Transaction, Value


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
    ) -> Sequence[ReferrerRecord]:
        """Return referrers, of one artifact type or of all."""
        return await self._database.read(_list, repository, subject, artifact_type, after, limit)


def _list(
    repository: RepositoryName, subject: Digest, artifact_type: str | None, after: str, limit: int
) -> Transaction[builtins.list[ReferrerRecord]]:
    where = "repository = ? AND subject = ? AND digest > ?"
    values: tuple[Value, ...] = (str(repository), str(subject), after)
    if artifact_type is not None:
        where, values = f"{where} AND artifact_type = ?", (*values, artifact_type)
    rows = yield Statement(
        "SELECT digest, media_type, LENGTH(payload), artifact_type, annotations FROM manifests "  # noqa: S608 - constants
        f"WHERE {where} ORDER BY digest LIMIT ?",
        (*values, limit),
    )
    return [
        ReferrerRecord(Digest.parse(digest), media_type, size, kind, json.loads(annotations))  # noqa: TID251 - we wrote it
        for digest, media_type, size, kind, annotations in rows
    ]
