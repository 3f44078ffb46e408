"""What happens to images and is told to others, as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What can happen."""

    PUSH = "push"
    TAG = "tag"
    PULL = "pull"
    DELETE = "delete"
    RESTORE = "restore"
    QUOTA = "quota"
    SIGN = "sign"
    REVOKE = "revoke"
    TRUST = "trust"
    PING = "ping"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        event_id: the same however often it is told.
        namespace: where; empty for the whole registry.
        account: who; empty for nobody in particular.
        repository: of the image; empty where it is about none.
        digest: of its manifest, where it is known.
        tag: that it was about.
        size_bytes: of the manifest.
        note: in words, what the members do not say.
    """

    event_id: str
    kind: EventKind
    at: datetime
    namespace: str
    account: str
    repository: str = ""
    digest: str = ""
    tag: str = ""
    media_type: str = ""
    size_bytes: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class WebhookRecord:
    """Who is told what.

    Attributes:
        namespace: of which events; empty for those of all.
        sealed: the key that its messages are signed with, encrypted.
        waiting: how many events it is still to be told, where that was asked for.
        failures: how often in a row it could not be told.
        outcome: what came of the last message; empty before the first.
    """

    webhook_id: str
    url: str
    namespace: str
    kinds: frozenset[EventKind]
    sealed: bytes
    created_at: datetime
    created_by: str
    failures: int = 0
    outcome: str = ""
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """What a webhook is to be told next: its oldest events.

    Attributes:
        numbers: of the events, in the store.
    """

    webhook: WebhookRecord
    numbers: tuple[int, ...]
    events: tuple[Event, ...]
