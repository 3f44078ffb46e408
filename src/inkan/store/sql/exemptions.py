"""What scanners are to leave out, in SQL."""

from collections.abc import Sequence

from inkan.errors import ExemptionUnknownError, NamespaceUnknownError, RequestInvalidError
from inkan.oci.reference import Namespace
from inkan.store.records import Act, Exemption, ExemptionRecord, ExemptionScope, IssueType
from inkan.store.sql.database import Database, Row, Statement, Transaction, from_micros, to_micros

_COLUMNS = "scope, issue_type, issue_id, created_by, created_at"
_ONE = "WHERE scope = ? AND issue_type = ? AND issue_id = ?"
NAMESPACE_EXEMPTIONS_GO = "DELETE FROM exemptions WHERE namespace = ?"


class SqlExemptions:
    """The `Exemptions` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, exemption: Exemption, act: Act, limit: int) -> ExemptionRecord:
        """Keep an exemption; return it as it is kept."""
        return await self._database.write(_add, exemption, act, limit)

    async def remove(self, exemption: Exemption) -> None:
        """Forget an exemption."""
        await self._database.write(_remove, exemption)

    async def list(self, namespace: Namespace | None) -> Sequence[ExemptionRecord]:
        """Return the exemptions that hold in a namespace, those for everything among them; without one, all."""
        return await self._database.read(_list, namespace)


def _key(exemption: Exemption) -> tuple[str, str, str]:
    return str(exemption.scope), str(exemption.issue_type), exemption.issue_id


def _add(exemption: Exemption, act: Act, limit: int) -> Transaction[ExemptionRecord]:
    name = exemption.scope.namespace
    if name and not (yield Statement("SELECT 1 FROM namespaces WHERE name = ?", (name,))):
        raise NamespaceUnknownError(name)
    found = yield Statement(f"SELECT {_COLUMNS} FROM exemptions {_ONE}", _key(exemption))  # noqa: S608 - constants
    if found:
        return _record(found[0])
    if (yield Statement("SELECT COUNT(*) FROM exemptions"))[0][0] >= limit:
        raise RequestInvalidError(f"there are {limit} exemptions, and no more may be: remove some with inkan exemption-rm")  # fmt: skip
    yield Statement(
        "INSERT INTO exemptions (scope, issue_type, issue_id, namespace, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?)",
        (*_key(exemption), name, to_micros(act.at), act.account),
    )
    return ExemptionRecord(exemption, act)


def _remove(exemption: Exemption) -> Transaction[None]:
    key = _key(exemption)
    if not (yield Statement(f"SELECT 1 FROM exemptions {_ONE}", key)):  # noqa: S608 - constants
        raise ExemptionUnknownError(exemption.issue_id, str(exemption.scope))
    yield Statement(f"DELETE FROM exemptions {_ONE}", key)  # noqa: S608 - constants


def _list(namespace: Namespace | None) -> Transaction[Sequence[ExemptionRecord]]:
    where = "" if namespace is None else "WHERE namespace = '' OR namespace = ? "
    values = () if namespace is None else (str(namespace),)
    rows = yield Statement(
        f"SELECT {_COLUMNS} FROM exemptions {where}ORDER BY scope, issue_type, issue_id",  # noqa: S608 - constants
        values,
    )
    return [_record(row) for row in rows]


def _record(row: Row) -> ExemptionRecord:
    scope, kind, issue_id, account, created = row
    exemption = Exemption(ExemptionScope.parse(scope), IssueType(kind), issue_id)
    return ExemptionRecord(exemption, Act(account, from_micros(created)))
