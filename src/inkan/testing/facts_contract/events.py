"""The promises of the stores about webhooks."""

from dataclasses import replace
from datetime import timedelta

from inkan import limits
from inkan.errors import ManifestBlobUnknownError, NamespaceUnknownError
from inkan.oci.reference import Namespace, Tag
from inkan.store.records import Event, EventKind, NamespaceRecord, WebhookRecord
from inkan.store.sql.catalog import SqlCatalog
from inkan.store.sql.database import Database
from inkan.store.sql.deletions import SqlDeletions
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.trash import SqlTrash
from inkan.store.sql.webhooks import SqlWebhooks
from inkan.testing.expect import raises
from inkan.testing.facts_contract.samples import (
    ACT,
    APP,
    LATER,
    NOW,
    OTHER,
    DatabaseContract,
    blob,
    manifest,
)

EVERYTHING = frozenset(EventKind)
HOOK = WebhookRecord("w1", "https://a.example/", "", EVERYTHING, b"s", NOW, "alice")


async def waiting(database: Database, webhook_id: str = "w1") -> list[Event]:
    """Return what a webhook is to be told, and leave it as it is."""
    webhooks = SqlWebhooks(database)
    message = await webhooks.claim(webhook_id, NOW, NOW, 99)
    return list(message.events) if message else []


class WebhooksContract(DatabaseContract):
    """One test for each promise of `Webhooks`."""

    async def test_webhooks_are_listed_and_removed_and_go_with_their_namespace(self) -> None:
        """Promise 1."""
        database = await self.make_database()
        webhooks, namespaces = SqlWebhooks(database), SqlNamespaces(database)
        ours = replace(HOOK, webhook_id="w2", namespace="team", kinds=frozenset({EventKind.PULL}))
        async with raises(NamespaceUnknownError):
            await webhooks.add(ours)
        await namespaces.add(NamespaceRecord(Namespace("team"), NOW, "a"), 9)
        await webhooks.add(HOOK)
        await webhooks.add(ours)
        assert await webhooks.list() == [HOOK, ours]
        pull = Event("e", EventKind.PULL, NOW, "team", "bob")
        await webhooks.announce([pull])
        assert await webhooks.list() == [replace(HOOK, waiting=1), replace(ours, waiting=1)]
        await namespaces.remove(Namespace("team"), force=True)
        assert await webhooks.list() == [replace(HOOK, waiting=1)]
        assert await webhooks.remove("w1")
        assert not await webhooks.remove("w1")

    async def test_what_is_done_to_an_image_is_to_be_told_in_its_order(self) -> None:
        """Promise 2: to who wants it, and nothing of what was not done."""
        database = await self.make_database()
        catalog, deletions = SqlCatalog(database), SqlDeletions(database)
        webhooks = SqlWebhooks(database)
        await SqlNamespaces(database).add(NamespaceRecord(Namespace("team"), NOW, "a"), 9)
        few = frozenset({EventKind.DELETE, EventKind.RESTORE})
        await webhooks.add(HOOK)
        await webhooks.add(replace(HOOK, webhook_id="w2", namespace="team", kinds=few))
        one = manifest(b"m")
        await catalog.put_manifest(one, Tag("v"))
        await catalog.put_manifest(one, Tag("v"))
        async with raises(ManifestBlobUnknownError):
            await catalog.put_manifest(manifest(b"n", blob(b"1")), Tag("v"))
        await deletions.delete_tag(APP, Tag("w"), ACT)
        await deletions.delete_tag(APP, Tag("v"), ACT)
        await deletions.delete_manifest(APP, one.digest, ACT)
        await deletions.delete_manifest(APP, one.digest, ACT)
        await SqlTrash(database).restore(APP, one.digest, ACT)
        await catalog.put_manifest(manifest(b"o", repository=OTHER))
        digest = str(one.digest)
        told = [(str(e.kind), e.repository, e.digest, e.tag) for e in await waiting(database)]
        assert told[:-1] == [
            ("push", "team/app", digest, "v"),
            ("tag", "team/app", digest, "v"),
            ("push", "team/app", digest, "v"),
            ("delete", "team/app", "", "v"),
            ("delete", "team/app", digest, ""),
            ("restore", "team/app", digest, ""),
        ]
        assert told[-1][:2] == ("push", "team_a/app")
        kinds = [str(event.kind) for event in await waiting(database, "w2")]
        assert kinds == ["delete", "delete", "restore"]
        first = (await waiting(database))[0]
        assert (first.account, first.at, first.media_type, first.size_bytes) == (
            "alice",
            NOW,
            "m/t",
            1,
        )

    async def test_one_caller_at_a_time_tells_a_webhook_its_oldest_events(self) -> None:
        """Promises 3 and 4."""
        database = await self.make_database()
        webhooks = SqlWebhooks(database)
        await webhooks.add(HOOK)
        assert await webhooks.list_due(NOW, 9) == []
        events = [Event(f"e{n}", EventKind.PULL, NOW, "team", "bob") for n in range(3)]
        await webhooks.announce(events)
        assert await webhooks.list_due(NOW, 9) == ["w1"]
        message = await webhooks.claim("w1", NOW, LATER, 2)
        assert message is not None
        assert list(message.events) == events[:2]
        assert await webhooks.list_due(NOW, 9) == []
        assert await webhooks.claim("w1", NOW, LATER, 2) is None
        assert await webhooks.failed(message, "no answer", LATER, 2) == 0
        (listed,) = await webhooks.list()
        assert (listed.failures, listed.outcome) == (1, "no answer")
        assert await webhooks.claim("w1", LATER - timedelta(seconds=1), LATER, 2) is None
        again = await webhooks.claim("w1", LATER, LATER, 1)
        assert again is not None
        assert list(again.events) == events[:1]
        # tried twice: given up
        before = (await webhooks.list())[0].waiting
        assert await webhooks.failed(again, "no answer", LATER, 2) == 1
        assert (await webhooks.list())[0].waiting == before - 1
        rest = await webhooks.claim("w1", LATER, LATER, 9)
        assert rest is not None
        assert list(rest.events) == events[1:]
        await webhooks.told(rest, "200")
        (listed,) = await webhooks.list()
        assert (listed.failures, listed.outcome) == (0, "200")
        assert await webhooks.list_due(LATER, 9) == []
        assert await webhooks.claim("w1", LATER, LATER, 9) is None

    async def test_a_webhook_that_is_away_for_long_hears_no_more(self) -> None:
        """Promise 2: what waits is bounded."""
        database = await self.make_database()
        webhooks = SqlWebhooks(database)
        await webhooks.add(HOOK)
        one = Event("e", EventKind.PULL, NOW, "team", "bob")
        await webhooks.announce([one] * limits.WEBHOOK_EVENTS_WAITING)
        await webhooks.announce([one])
        message = await webhooks.claim("w1", NOW, NOW, limits.WEBHOOK_EVENTS_WAITING + 9)
        assert message is not None
        assert len(message.events) == limits.WEBHOOK_EVENTS_WAITING
