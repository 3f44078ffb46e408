"""The promises of the stores about signatures."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from inkan.errors import (
    MetadataUnknownError,
    MetadataVersionError,
)
from inkan.oci.reference import Gun
from inkan.store.records import (
    OnlineKeyRecord,
    TokenKeyRecord,
    TrustAct,
    TrustArchive,
    TrustEvent,
)
from inkan.store.sql.keys import SqlOnlineKeys, SqlTokenKeys
from inkan.store.sql.trust_history import SqlTrustHistory
from inkan.store.sql.trust_store import SqlTrustStore
from inkan.testing.expect import raises
from inkan.testing.facts_contract.samples import APP, GUN, LATER, NOW, DatabaseContract, metadata
from inkan.tuf.roles import ROOT, TARGETS, TIMESTAMP


class TrustStoreContract(DatabaseContract):
    """One test for each promise of `TrustStore`."""

    async def test_all_of_a_publish_is_kept_or_none(self) -> None:
        """Promise 1."""
        trust = SqlTrustStore(await self.make_database())
        await trust.publish([metadata("root", 1), metadata("targets", 2)])
        async with raises(MetadataVersionError):
            await trust.publish([metadata("root", 2), metadata("targets", 2)])
        assert await trust.find_version(GUN, ROOT, 2) is None
        async with raises(MetadataVersionError):
            await trust.publish([metadata("targets", 1)])

    async def test_of_many_publishers_of_one_version_one_wins(self) -> None:
        """Promise 1: and it is the winner's bytes that are kept."""
        trust = SqlTrustStore(await self.make_database())
        batches = [
            [metadata("targets", 1, b"%d" % n), metadata("timestamp", 1, b"%d" % n)]
            for n in range(20)
        ]
        ended = await asyncio.gather(*map(trust.publish, batches), return_exceptions=True)
        winners = [n for n, outcome in enumerate(ended) if outcome is None]
        assert len(winners) == 1
        current = await trust.current(GUN)
        assert {record.raw for record in current.values()} == {b"%d" % winners[0]}

    async def test_the_highest_version_is_current_and_all_are_found(self) -> None:
        """Promise 2: by role, by version, by checksum, byte for byte."""
        trust = SqlTrustStore(await self.make_database())
        for version in (1, 2, 10):
            await trust.publish([metadata("targets", version, b"\x00v%d" % version)])
        newest = metadata("targets", 10, b"\x00v10")
        assert await trust.find_current(GUN, TARGETS) == newest
        assert (await trust.current(GUN))[TARGETS] == newest
        second = metadata("targets", 2, b"\x00v2")
        assert await trust.find_version(GUN, TARGETS, 2) == second
        assert await trust.find_checksum(GUN, TARGETS, second.sha256) == second
        assert await trust.find_checksum(GUN, ROOT, second.sha256) is None

    async def test_a_collections_name_is_matched_whole(self) -> None:
        """Promise 3: the reference deletes `a/prefix` with `a/pre`."""
        trust = SqlTrustStore(await self.make_database())
        longer = Gun.parse(f"{GUN}-and-more")
        elsewhere = Gun.parse("other.test/team/app")
        for gun in (GUN, longer, elsewhere):
            await trust.publish([metadata("root", 1, gun=gun)])
        assert await trust.list_collections(APP) == [GUN, elsewhere]
        await trust.delete(GUN)
        await trust.delete(GUN)
        assert await trust.current(GUN) == {}
        assert await trust.find_current(longer, ROOT) is not None

    async def test_only_current_metadata_counts_as_expiring(self) -> None:
        """What a newer version has replaced needs no renewal."""
        trust = SqlTrustStore(await self.make_database())
        await trust.publish([metadata("timestamp", 1)])
        before = NOW + timedelta(days=2)
        assert await trust.list_expiring(TIMESTAMP, before, 10) == [GUN]
        await trust.publish([metadata("timestamp", 5)])
        assert await trust.list_expiring(TIMESTAMP, before, 10) == []


class TrustHistoryContract(DatabaseContract):
    """One test for each promise of `TrustHistory`."""

    async def test_changes_are_read_forwards_and_backwards(self) -> None:
        """Promise 1."""
        database = await self.make_database()
        trust, history = SqlTrustStore(database), SqlTrustHistory(database)
        other = Gun.parse("localhost:5000/team/other")
        for version in (1, 2, 3):
            await trust.publish([metadata("timestamp", version)])
        await trust.publish([metadata("timestamp", 1, gun=other)])
        await trust.delete(GUN)
        await trust.delete(GUN)
        everything = await history.list_changes(None, 0, 10, backwards=False)
        assert [one.category for one in everything] == ["update"] * 4 + ["deletion"]
        assert [one.change_id for one in everything] == sorted(
            {one.change_id for one in everything}
        )
        ours = await history.list_changes(GUN, 0, 10, backwards=False)
        assert [one.version for one in ours] == [1, 2, 3, 0]
        assert await history.list_changes(GUN, ours[1].change_id, 1, backwards=False) == [ours[2]]
        assert await history.list_changes(GUN, 0, 2, backwards=True) == [ours[3], ours[2]]
        assert await history.list_changes(GUN, ours[1].change_id, 9, backwards=True) == [ours[0]]

    async def test_events_come_newest_first_as_they_were_kept(self) -> None:
        """Also the one that is kept together with a publish."""
        database = await self.make_database()
        trust, history = SqlTrustStore(database), SqlTrustHistory(database)
        event = TrustEvent(
            NOW, GUN, TrustAct.PUBLISH, "alice", "::1", is_refused=False, detail={"a": ["b"]}
        )
        await trust.publish([metadata("root", 1)], event)
        await history.add_event(replace(event, is_refused=True))
        refused, done = await history.list_events(GUN, 10)
        assert (refused.is_refused, done.is_refused) == (True, False)
        assert replace(done, event_id=0) == event
        async with raises(MetadataVersionError):
            await trust.publish([metadata("root", 1)], event)
        assert len(await history.list_events(None, 10)) == 2

    async def test_exactly_the_named_versions_go(self) -> None:
        """Promise 2."""
        database = await self.make_database()
        trust, history = SqlTrustStore(database), SqlTrustHistory(database)
        for version in (1, 2, 3):
            await trust.publish([metadata("targets", version), metadata("timestamp", version)])
        assert await history.list_long(2, 10) == [GUN]
        assert await history.list_long(3, 10) == []
        doomed = [
            v for v in await history.list_versions(GUN) if v.version == 2 and v.role == TARGETS
        ]
        await history.prune(GUN, doomed)
        left = {(str(v.role), v.version) for v in await history.list_versions(GUN)}
        assert left == {("targets", 1), ("targets", 3), *(("timestamp", n) for n in (1, 2, 3))}

    async def test_an_archive_is_put_aside_and_back(self) -> None:
        """Promise 3: whole, and what has begun since is put aside in its turn."""
        database = await self.make_database()
        trust, history = SqlTrustStore(database), SqlTrustHistory(database)
        event = TrustEvent(NOW, GUN, TrustAct.RESET, "admin", "::1", is_refused=False, detail={})
        archive = TrustArchive("a1", GUN, NOW, "admin")
        async with raises(MetadataUnknownError):
            await history.archive(archive, event)
        await trust.publish([metadata("root", 1, b"old"), metadata("timestamp", 4, b"old")])
        await history.archive(archive, event)
        assert await trust.current(GUN) == {}
        await trust.publish([metadata("root", 1, b"new"), metadata("targets", 1, b"new")])
        elsewhere = replace(event, gun=Gun.parse("localhost:5000/team/other"))
        since = TrustArchive("a3", GUN, NOW, "admin")
        for archive_id, wrong in (("a1", elsewhere), ("a2", event)):
            async with raises(MetadataUnknownError):
                await history.restore(archive_id, since, wrong)
        assert await history.restore("a1", since, event)
        assert {record.raw for record in (await trust.current(GUN)).values()} == {b"old"}
        again = TrustArchive("a4", GUN, NOW, "admin")
        assert await history.restore("a3", again, event)
        assert {record.raw for record in (await trust.current(GUN)).values()} == {b"new"}
        await trust.delete(GUN)
        assert not await history.restore("a4", TrustArchive("a5", GUN, NOW, "admin"), event)
        assert {record.raw for record in (await trust.current(GUN)).values()} == {b"old"}


class KeysContract(DatabaseContract):
    """One test for each promise of `OnlineKeys` and `TokenKeys`."""

    async def test_keys_are_listed_newest_first(self) -> None:
        """Promise 2 of both."""
        database = await self.make_database()
        online, tokens = SqlOnlineKeys(database), SqlTokenKeys(database)
        for number, newest in ((1, None), (2, "k1")):
            at = NOW + timedelta(days=number)
            added = OnlineKeyRecord(GUN, TIMESTAMP, f"k{number}", b"p", b"s", at)
            assert await online.add(added, newest)
            await tokens.add(TokenKeyRecord(f"k{number}", b"s", at))
        assert [key.key_id for key in await online.list(GUN, TIMESTAMP)] == ["k2", "k1"]
        assert await online.list(GUN, ROOT) == []
        assert [key.key_id for key in await tokens.list()] == ["k2", "k1"]

    async def test_of_keys_made_at_once_one_is_kept(self) -> None:
        """Promise 3 of both: two servers that start, or are asked, together."""
        database = await self.make_database()
        online, tokens = SqlOnlineKeys(database), SqlTokenKeys(database)
        for newest in (None, "first"):
            made = [OnlineKeyRecord(GUN, TIMESTAMP, f"{newest}{n}", b"p", b"s", LATER) for n in range(6)]  # fmt: skip
            added = await asyncio.gather(*(online.add(one, newest) for one in made))
            assert sum(added) == (0 if newest else 1)
        made_first = [TokenKeyRecord(f"k{number}", b"s", NOW) for number in range(6)]
        assert sum(await asyncio.gather(*(tokens.add_first(one) for one in made_first))) == 1
        assert len(await tokens.list()) == len(await online.list(GUN, TIMESTAMP)) == 1
