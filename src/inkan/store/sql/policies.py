"""The policies in SQL."""

import builtins
from collections.abc import Sequence

from inkan.errors import AccountUnknownError, GroupUnknownError, NamespaceUnknownError
from inkan.store.records import Grant, PolicyRecord, Role, SubjectKind
from inkan.store.sql.database import (
    Database,
    Statement,
    Transaction,
    Value,
    from_micros,
    to_micros,
)

_KEY = "subject_kind = ? AND subject = ? AND role = ? AND namespace = ?"
_GRANTS = (
    "SELECT role, namespace FROM policies WHERE subject_kind = 'account' AND subject = ? "
    "UNION SELECT p.role, p.namespace FROM policies p "
    "JOIN group_members m ON m.group_name = p.subject "
    "WHERE p.subject_kind = 'group' AND m.account = ? ORDER BY 2, 1"
)


class SqlPolicies:
    """The `Policies` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, policy: PolicyRecord) -> None:
        """Keep a policy."""
        await self._database.write(_add, policy)

    async def remove(self, policy: PolicyRecord) -> bool:
        """Forget a policy; return whether it was there."""
        return await self._database.write(_remove, policy)

    async def list(self) -> Sequence[PolicyRecord]:
        """Return every policy, by namespace, role and subject."""
        return await self._database.read(_list)

    async def grants_of(self, account: str) -> Sequence[Grant]:
        """Return every role that an account has."""
        return await self._database.read(_grants_of, account)


def _add(policy: PolicyRecord) -> Transaction[None]:
    yield from _require_subject(policy)
    namespace = policy.grant.namespace
    if namespace and not (yield Statement("SELECT 1 FROM namespaces WHERE name = ?", (namespace,))):
        raise NamespaceUnknownError(namespace)
    yield Statement(
        "INSERT INTO policies (subject_kind, subject, role, namespace, created_at, created_by) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (subject_kind, subject, role, namespace) DO NOTHING",
        (*_key(policy), to_micros(policy.created_at), policy.created_by),
    )


def _require_subject(policy: PolicyRecord) -> Transaction[None]:
    if policy.subject_kind is SubjectKind.GROUP:
        if not (yield Statement("SELECT 1 FROM account_groups WHERE name = ?", (policy.subject,))):
            raise GroupUnknownError(policy.subject)
    elif not (yield Statement("SELECT 1 FROM accounts WHERE name = ?", (policy.subject,))):
        raise AccountUnknownError(policy.subject)


def _remove(policy: PolicyRecord) -> Transaction[bool]:
    rows = yield Statement(f"SELECT 1 FROM policies WHERE {_KEY}", _key(policy))  # noqa: S608 - a constant
    yield Statement(f"DELETE FROM policies WHERE {_KEY}", _key(policy))  # noqa: S608 - a constant
    return bool(rows)


def _list() -> Transaction[builtins.list[PolicyRecord]]:
    rows = yield Statement(
        "SELECT subject_kind, subject, role, namespace, created_at, created_by FROM policies "
        "ORDER BY namespace, role, subject_kind, subject"
    )
    return [
        PolicyRecord(SubjectKind(kind), subject, Grant(Role(role), where), from_micros(at), by)
        for kind, subject, role, where, at, by in rows
    ]


def _grants_of(account: str) -> Transaction[builtins.list[Grant]]:
    rows = yield Statement(_GRANTS, (account, account))
    return [Grant(Role(role), namespace) for role, namespace in rows]


def _key(policy: PolicyRecord) -> tuple[Value, ...]:
    grant = policy.grant
    return (str(policy.subject_kind), policy.subject, str(grant.role), grant.namespace)
