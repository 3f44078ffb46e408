"""The facts about webhooks: who is told what, and what they are still to be told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from inkan.store.records import Event, Message, WebhookRecord


class Webhooks(Protocol):
    """Who is told what happens to images.

    1. Every method is one transaction, durable when it returns; `add` raises `NamespaceUnknownError`.
    2. What is done to an image is to be told in the same transaction: to each webhook of its namespace, or of all, that wants its kind,
       in the order in which it happened. Of a webhook that has very many events waiting, further ones are dropped.
    3. `claim` gives a webhook's oldest events to one caller at a time: until it has told, failed, or the instant it claimed until is past.
    4. `told` and `failed` are about exactly the events of the message; `failed` gives up those that were tried so often.
    """

    async def add(self, webhook: WebhookRecord) -> None:
        """Keep a new webhook."""
        ...

    async def list(self) -> Sequence[WebhookRecord]:
        """Return every webhook with the number of its events that wait, the oldest first."""
        ...

    async def remove(self, webhook_id: str) -> bool:
        """Forget a webhook and what it is still to be told; return whether there was one."""
        ...

    async def announce(self, events: Sequence[Event]) -> None:
        """Let webhooks be told of what happened outside of any transaction."""
        ...

    async def list_due(self, now: datetime, limit: int) -> Sequence[str]:
        """Return webhooks that are to be told something now."""
        ...

    async def claim(self, webhook_id: str, now: datetime, until: datetime, limit: int) -> Message | None:  # fmt: skip
        """Take on to tell a webhook its oldest events until an instant; nothing where another has, or there are none."""
        ...

    async def told(self, message: Message, outcome: str) -> None:
        """Forget events that a webhook has taken."""
        ...

    async def failed(self, message: Message, outcome: str, due_at: datetime, attempts: int) -> int:
        """Try again later; events that were tried so often are given up. Return how many that are."""
        ...
