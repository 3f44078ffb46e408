"""Webhooks: others are told what happens to images, at least once and in order, whatever breaks.

What happened is written down in the transaction in which it happened (`store/sql/events`); pulls and crossed quotas, which no transaction knows of, every few
seconds. A job takes each webhook's oldest events and sends them in one message. If that fails, the webhook waits, ten seconds at first, an hour at most, and its events
are given up after twelve attempts. Several servers may send: a webhook is one server's at a time.
"""

import asyncio
import logging
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from inkan import limits
from inkan.clock import Clock
from inkan.errors import RequestInvalidError, WebhookUnknownError
from inkan.keys.sealing import KeyEncryptionKey, open_sealed, seal
from inkan.registry.webhook_metrics import WebhookMetrics
from inkan.registry.webhook_sender import Outcome, WebhookSender, ping
from inkan.registry.webhook_target import Target
from inkan.store.ports import Webhooks
from inkan.store.records import Event, EventKind, Message, WebhookRecord

logger = logging.getLogger(__name__)
KINDS = frozenset(EventKind) - {EventKind.PING}
_LEASE = timedelta(minutes=1)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
_ATTEMPTS = 12
_EVENTS_PER_MESSAGE = 20
_MESSAGES_PER_TURN = 50
_NOTED_MOST = 1_000


class Happenings:
    """What has happened outside of any transaction, until it is written down; so many and no more."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks
        self._noted: dict[tuple[str, ...], Event] = {}
        self.wanted: frozenset[EventKind] = frozenset()
        """The kinds that some webhook wants; others need not be noted."""

    def note(self, event: Event) -> None:
        """Note something; the same by the same account within a few seconds is told once."""
        key = (event.kind, event.account, event.repository, event.tag, event.digest, event.namespace, event.note)  # fmt: skip
        if event.kind in self.wanted and len(self._noted) < _NOTED_MOST:
            self._noted.setdefault(key, event)

    async def flush(self) -> None:
        """Write down what was noted, and learn what is wanted."""
        noted, self._noted = self._noted, {}
        if noted:
            await self._webhooks.announce(list(noted.values()))
        kinds = [one.kinds for one in await self._webhooks.list()]
        self.wanted = frozenset().union(*kinds)


@dataclass(frozen=True, slots=True)
class WebhookService:
    """Keeps webhooks, and tells them."""

    webhooks: Webhooks
    happenings: Happenings
    sender: WebhookSender
    key_encryption_key: KeyEncryptionKey
    clock: Clock
    metrics: WebhookMetrics

    async def add(
        self, url: str, kinds: Collection[EventKind], namespace: str, account: str
    ) -> tuple[WebhookRecord, str]:
        """Keep a new webhook; return it and its secret, which is shown this once.

        Raises:
            RequestInvalidError: if the address cannot be one, or there are too many.
            AccessDeniedError: if the address is a private one.
            NamespaceUnknownError: if there is no such namespace.
        """
        Target.parse(url, allow_private=self.sender.allow_private)
        if len(await self.webhooks.list()) >= limits.WEBHOOKS:
            raise RequestInvalidError(f"there are {limits.WEBHOOKS} webhooks already; remove one")
        webhook_id, secret = secrets.token_hex(8), secrets.token_hex(32)
        sealed = seal(self.key_encryption_key, secret.encode(), _purpose(webhook_id))
        now = self.clock.now()
        record = WebhookRecord(webhook_id, url, namespace, frozenset(kinds), sealed, now, account)
        await self.webhooks.add(record)
        await self.happenings.flush()
        return record, secret

    async def list(self, namespace: str) -> Sequence[WebhookRecord]:
        """Return the webhooks of a namespace, or every one where the name is empty, the oldest first."""
        found = await self.webhooks.list()
        return [one for one in found if not namespace or one.namespace == namespace]

    async def remove(self, webhook_id: str, namespace: str) -> None:
        """Forget a webhook, of a namespace where one is named, and what it is still to be told.

        Raises:
            WebhookUnknownError: if there is none such.
        """
        await self.webhooks.remove((await self._get(webhook_id, namespace)).webhook_id)
        await self.happenings.flush()

    async def test(self, webhook_id: str, namespace: str, account: str) -> Outcome:
        """Send a ping now; return what came of it.

        Raises:
            WebhookUnknownError: if there is none such.
        """
        one = await self._get(webhook_id, namespace)
        event = ping(secrets.token_hex(16), one.namespace, account, self.clock.now())
        return await self._send(one, [event])

    async def _get(self, webhook_id: str, namespace: str) -> WebhookRecord:
        for one in await self.list(namespace):
            if one.webhook_id == webhook_id:
                return one
        raise WebhookUnknownError(webhook_id)

    async def tell(self) -> None:
        """Tell every webhook what it is to be told by now."""
        due = await self.webhooks.list_due(self.clock.now(), limits.WEBHOOKS)
        ended = await asyncio.gather(*(self._tell(one) for one in due), return_exceptions=True)
        self.metrics.waiting.set(sum(one.waiting for one in await self.webhooks.list()))
        for one in ended:
            if one is not None:
                raise one

    async def _tell(self, webhook_id: str) -> None:
        for _ in range(_MESSAGES_PER_TURN):
            now = self.clock.now()
            message = await self.webhooks.claim(webhook_id, now, now + _LEASE, _EVENTS_PER_MESSAGE)
            if message is None or not await self._deliver(message):
                return

    async def _deliver(self, message: Message) -> bool:
        outcome = await self._send(message.webhook, message.events)
        self.metrics.messages.inc(labels=("taken" if outcome.is_taken else "failed",))
        if outcome.is_taken:
            await self.webhooks.told(message, outcome.text)
            return True
        # capped before it is raised: a number of failures has no bound
        pause = _FIRST_PAUSE * 2 ** min(message.webhook.failures, 10)
        due_at = self.clock.now() + min(pause, _LONGEST_PAUSE)
        given_up = await self.webhooks.failed(message, outcome.text, due_at, _ATTEMPTS)
        if given_up:
            self.metrics.given_up.inc(given_up)
            logger.warning("a webhook's events are given up", extra={"webhook": message.webhook.webhook_id, "events": given_up})  # fmt: skip
        return False

    async def _send(self, webhook: WebhookRecord, events: Sequence[Event]) -> Outcome:
        purpose = _purpose(webhook.webhook_id)
        secret = open_sealed(self.key_encryption_key, webhook.sealed, purpose).decode()
        return await self.sender.send(webhook.url, secret, events, self.clock.now())


def _purpose(webhook_id: str) -> bytes:
    return f"webhook:{webhook_id}".encode()
