"""The audit log in SQL: what was done here, and what was done to trust data, as one list."""

import builtins
import json
from collections.abc import Sequence
from datetime import datetime

from inkan.store.records import AuditEvent, AuditQuery
from inkan.store.sql.database import (
    Database,
    Row,
    Statement,
    Transaction,
    Value,
    from_micros,
    to_micros,
)

_ALL = (
    "SELECT 'a' AS origin, id, at, act, account, address, namespace, target, outcome, times, detail FROM audit_events "
    "UNION ALL SELECT 't' AS origin, id, at, 'trust-' || act, account, address, namespace, gun, "
    "CASE WHEN is_refused = 1 THEN 'refused' ELSE 'done' END, 1, detail FROM trust_events"
)


class SqlAuditLog:
    """The `AuditLog` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, events: Sequence[AuditEvent]) -> None:
        """Keep events."""
        await self._database.write(keep_events, events)

    async def list(self, query: AuditQuery) -> Sequence[AuditEvent]:
        """Return events."""
        return await self._database.read(_list, query)

    async def has_logged_in(self, account: str, network: str, since: datetime) -> bool:
        """Return whether an account was used from a network."""
        return await self._database.read(_has_logged_in, account, network, since)


def keep_events(events: Sequence[AuditEvent]) -> Transaction[None]:
    """Keep events; also within the transaction of what they tell."""
    for event in events:
        yield Statement(
            "INSERT INTO audit_events (at, act, account, address, namespace, target, outcome, times, detail) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                to_micros(event.at),
                event.act,
                event.account,
                event.address,
                event.namespace,
                event.target,
                event.outcome,
                event.times,
                json.dumps(event.detail),
            ),
        )


def _list(query: AuditQuery) -> Transaction[builtins.list[AuditEvent]]:
    where: builtins.list[str] = []
    values: builtins.list[Value] = []
    if query.since is not None:
        where.append("at >= ?")
        values.append(to_micros(query.since))
    for column, wanted in (("account", query.account), ("namespace", query.namespace)):
        if wanted:
            where.append(f"{column} = ?")
            values.append(wanted)
    condition = f"WHERE {' AND '.join(where)} " if where else ""
    rows = yield Statement(
        f"SELECT origin, id, at, act, account, address, namespace, target, outcome, times, detail FROM ({_ALL}) found "  # noqa: S608 - constants
        f"{condition}ORDER BY at DESC, origin, id DESC LIMIT ?",
        (*values, query.limit),
    )
    return [_record(row) for row in rows]


def _has_logged_in(account: str, network: str, since: datetime) -> Transaction[bool]:
    rows = yield Statement(
        "SELECT 1 FROM audit_events WHERE account = ? AND at >= ? AND act = 'login' AND outcome = 'done' "
        "AND SUBSTR(address, 1, ?) = ? LIMIT 1",
        (account, to_micros(since), len(network), network),
    )
    return bool(rows)


def _record(row: Row) -> AuditEvent:
    origin, number, at, act, account, address, namespace, target, outcome, times, detail = row
    return AuditEvent(
        from_micros(at),
        act,
        account,
        address,
        namespace,
        target,
        outcome,
        times,
        json.loads(detail),  # noqa: TID251 - written by us, above
        f"{origin}{number}",
    )
