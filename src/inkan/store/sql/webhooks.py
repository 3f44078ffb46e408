"""The webhooks, and what they are still to be told, in SQL."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from inkan.errors import NamespaceUnknownError
from inkan.store.records import Event, Message, WebhookRecord
from inkan.store.sql.database import (
    Database,
    Row,
    Statement,
    Transaction,
    from_micros,
    to_micros,
)
from inkan.store.sql.events import announce, parse_kinds, read_event

_COLUMNS = "id, url, namespace, events, sealed, created_at, created_by, failures, outcome"

NAMESPACE_WEBHOOKS_GO = (
    "DELETE FROM webhook_events WHERE webhook IN (SELECT id FROM webhooks WHERE namespace = ?)",
    "DELETE FROM webhooks WHERE namespace = ?",
)
"""Statements that forget the webhooks of a namespace that goes."""


class SqlWebhooks:
    """The `Webhooks` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, webhook: WebhookRecord) -> None:
        """Keep a new webhook."""
        await self._database.write(_add, webhook)

    async def list(self) -> Sequence[WebhookRecord]:
        """Return every webhook with the number of its events that wait, the oldest first."""
        return await self._database.read(_list)

    async def remove(self, webhook_id: str) -> bool:
        """Forget a webhook and what it is still to be told; return whether there was one."""
        return await self._database.write(_remove, webhook_id)

    async def announce(self, events: Sequence[Event]) -> None:
        """Let webhooks be told of what happened outside of any transaction."""
        await self._database.write(announce, events)

    async def list_due(self, now: datetime, limit: int) -> Sequence[str]:
        """Return webhooks that are to be told something now."""
        return await self._database.read(_list_due, now, limit)

    async def claim(self, webhook_id: str, now: datetime, until: datetime, limit: int) -> Message | None:  # fmt: skip
        """Take on to tell a webhook its oldest events until an instant; nothing where another has, or there are none."""
        return await self._database.write(_claim, webhook_id, now, until, limit)

    async def told(self, message: Message, outcome: str) -> None:
        """Forget events that a webhook has taken."""
        await self._database.write(_told, message, outcome)

    async def failed(self, message: Message, outcome: str, due_at: datetime, attempts: int) -> int:
        """Try again later; events that were tried so often are given up. Return how many that are."""
        return await self._database.write(_failed, message, outcome, due_at, attempts)


def _add(webhook: WebhookRecord) -> Transaction[None]:
    name = webhook.namespace
    if name and not (yield Statement("SELECT 1 FROM namespaces WHERE name = ?", (name,))):
        raise NamespaceUnknownError(name)
    yield Statement(
        f"INSERT INTO webhooks ({_COLUMNS}, due_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0, '', 0)",  # noqa: S608 - a constant
        (
            webhook.webhook_id,
            webhook.url,
            name,
            ",".join(sorted(webhook.kinds)),
            webhook.sealed,
            to_micros(webhook.created_at),
            webhook.created_by,
        ),
    )


def _list() -> Transaction[list[WebhookRecord]]:
    rows = yield Statement(
        f"SELECT {_COLUMNS}, (SELECT COUNT(*) FROM webhook_events e WHERE e.webhook = webhooks.id) "  # noqa: S608 - a constant
        "FROM webhooks ORDER BY created_at, id"
    )
    return [replace(_record(row[:-1]), waiting=row[-1]) for row in rows]


def _remove(webhook_id: str) -> Transaction[bool]:
    yield Statement("DELETE FROM webhook_events WHERE webhook = ?", (webhook_id,))
    rows = yield Statement("DELETE FROM webhooks WHERE id = ? RETURNING id", (webhook_id,))
    return bool(rows)


def _list_due(now: datetime, limit: int) -> Transaction[list[str]]:
    rows = yield Statement(
        "SELECT w.id FROM webhooks w WHERE w.due_at <= ? AND EXISTS "
        "(SELECT 1 FROM webhook_events e WHERE e.webhook = w.id) ORDER BY w.due_at LIMIT ?",
        (to_micros(now), limit),
    )
    return [row[0] for row in rows]


def _claim(
    webhook_id: str, now: datetime, until: datetime, limit: int
) -> Transaction[Message | None]:
    rows = yield Statement(
        f"UPDATE webhooks SET due_at = ? WHERE id = ? AND due_at <= ? RETURNING {_COLUMNS}",  # noqa: S608 - a constant
        (to_micros(until), webhook_id, to_micros(now)),
    )
    if not rows:
        return None
    events = yield Statement(
        "SELECT id, event FROM webhook_events WHERE webhook = ? ORDER BY id LIMIT ?",
        (webhook_id, limit),
    )
    if not events:
        yield Statement("UPDATE webhooks SET due_at = 0 WHERE id = ?", (webhook_id,))
        return None
    numbers = tuple(row[0] for row in events)
    return Message(_record(rows[0]), numbers, tuple(read_event(row[1]) for row in events))


def _told(message: Message, outcome: str) -> Transaction[None]:
    for number in message.numbers:
        yield Statement("DELETE FROM webhook_events WHERE id = ?", (number,))
    yield Statement(
        "UPDATE webhooks SET due_at = 0, failures = 0, outcome = ? WHERE id = ?",
        (outcome, message.webhook.webhook_id),
    )


def _failed(message: Message, outcome: str, due_at: datetime, attempts: int) -> Transaction[int]:
    given_up = 0
    for number in message.numbers:
        yield Statement("UPDATE webhook_events SET attempts = attempts + 1 WHERE id = ?", (number,))
        gone = yield Statement(
            "DELETE FROM webhook_events WHERE id = ? AND attempts >= ? RETURNING id",
            (number, attempts),
        )
        given_up += len(gone)
    yield Statement(
        "UPDATE webhooks SET due_at = ?, failures = failures + 1, outcome = ? WHERE id = ?",
        (to_micros(due_at), outcome, message.webhook.webhook_id),
    )
    return given_up


def _record(row: Row) -> WebhookRecord:
    webhook_id, url, namespace, kinds, sealed, created_at, created_by, failures, outcome = row
    return WebhookRecord(
        webhook_id,
        url,
        namespace,
        parse_kinds(kinds),
        bytes(sealed),
        from_micros(created_at),
        created_by,
        failures,
        outcome,
    )
