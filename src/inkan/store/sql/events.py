"""Events in SQL: what is to be told is written in the transaction of what happened, for each webhook that wants it."""

import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace

from inkan import limits
from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName, Tag
from inkan.store.records import Act, Event, EventKind, ManifestRecord, TrustEvent
from inkan.store.sql.database import Statement, Transaction, from_micros, to_micros


def announce(events: Sequence[Event]) -> Transaction[None]:
    """Let webhooks be told; one that has been away for too long hears no more until it is back."""
    for namespace in dict.fromkeys(event.namespace for event in events):
        for webhook, kinds in (yield from _subscribers(namespace)):
            wanted = [one for one in events if one.namespace == namespace and one.kind in kinds]
            if wanted:
                yield from _enqueue(webhook, wanted)


def announce_push(manifest: ManifestRecord, tags: Sequence[Tag]) -> Transaction[None]:
    """Let webhooks be told of a manifest that is about to be kept, and of tags that are about to move."""
    repository, act = manifest.repository, Act(manifest.pushed_by, manifest.created_at)
    if not (yield from _subscribers(repository.namespace)):
        return
    digest = str(manifest.digest)
    moved = []
    for tag in tags:
        rows = yield Statement(
            "SELECT digest FROM tags WHERE repository = ? AND name = ?", (str(repository), str(tag))
        )
        if not rows or rows[0][0] != digest:
            moved.append(tag)
    told = [
        *((EventKind.PUSH, str(tag)) for tag in tags),
        *((EventKind.TAG, str(tag)) for tag in moved),
    ] or [(EventKind.PUSH, "")]
    events = [
        replace(
            event(kind, repository, act, digest, tag),
            media_type=manifest.media_type,
            size_bytes=len(manifest.payload),
        )
        for kind, tag in told
    ]
    yield from announce(events)


def announce_deletion(
    repository: RepositoryName, act: Act, *, digest: Digest | None = None, tag: Tag | None = None
) -> Transaction[None]:
    """Let webhooks be told of a manifest or a tag that is about to go."""
    one = event(EventKind.DELETE, repository, act, str(digest or ""), str(tag or ""))
    yield from announce([one])


def announce_trust(done: TrustEvent) -> Transaction[None]:
    """Let webhooks be told of what is done to a trust collection; nobody is told of what was refused."""
    if done.is_refused or not (yield from _subscribers(done.gun.repository.namespace)):
        return
    yield from announce([_of_trust(done, *one) for one in _told_of_trust(done)])


def _told_of_trust(done: TrustEvent) -> list[tuple[EventKind, str, str]]:
    """Return what is to be told: kind, tag, and a note."""
    told = []
    for role, changes in done.detail.get("tags", {}).items():
        for word, tags in changes.items():
            kind = EventKind.REVOKE if word == "revoked" else EventKind.SIGN
            # very many are told by their first ones and a number
            told += [(kind, "", f"{word} by {role}: {tag}") if " " in tag else (kind, tag, f"{word} by {role}") for tag in tags]  # fmt: skip
    reason = done.detail.get("reason")
    return told or [(EventKind.TRUST, "", f"{done.act}: {reason}" if reason else str(done.act))]


def _of_trust(done: TrustEvent, kind: EventKind, tag: str, note: str) -> Event:
    one = event(kind, done.gun.repository, Act(done.account, done.at), "", tag)
    return replace(one, note=f"{note} in {done.gun}")


def event(kind: EventKind, repository: RepositoryName, act: Act, digest: str, tag: str) -> Event:
    """Return an event about an image."""
    return Event(
        secrets.token_hex(16),
        kind,
        act.at,
        repository.namespace,
        act.account,
        str(repository),
        digest,
        tag,
    )


def parse_kinds(text: str) -> frozenset[EventKind]:
    """Return the kinds that a row names."""
    return frozenset(EventKind(word) for word in text.split(","))


def read_event(text: str) -> Event:
    """Return the event that a row holds."""
    tree = json.loads(text)  # noqa: TID251 - we wrote it
    return Event(**{**tree, "kind": EventKind(tree["kind"]), "at": from_micros(tree["at"])})


def _subscribers(namespace: str) -> Transaction[list[tuple[str, frozenset[EventKind]]]]:
    rows = yield Statement("SELECT id, events FROM webhooks WHERE namespace IN ('', ?)", (namespace,))  # fmt: skip
    return [(row[0], parse_kinds(row[1])) for row in rows]


def _enqueue(webhook: str, events: Iterable[Event]) -> Transaction[None]:
    waiting = yield Statement(
        "SELECT COUNT(*) FROM (SELECT 1 FROM webhook_events WHERE webhook = ? LIMIT ?) waiting",
        (webhook, limits.WEBHOOK_EVENTS_WAITING),
    )
    if waiting[0][0] >= limits.WEBHOOK_EVENTS_WAITING:
        return
    for one in events:
        text = json.dumps({**asdict(one), "at": to_micros(one.at)})
        yield Statement(
            "INSERT INTO webhook_events (webhook, attempts, event) VALUES (?, 0, ?)",
            (webhook, text),
        )
