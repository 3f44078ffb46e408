"""What every store of facts must keep of its promises; a driver's suite is a subclass that makes a database."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from inkan.errors import (
    BlobInUseError,
    BlobUnknownError,
    ManifestBlobUnknownError,
    MetadataUnknownError,
    MetadataVersionError,
    NamespaceExistsError,
    NamespaceNotEmptyError,
    NamespaceQuotaError,
    NamespaceUnknownError,
    UploadRangeError,
    UploadUnknownError,
)
from inkan.oci.digest import Digest
from inkan.oci.reference import Gun, Namespace, RepositoryName, Tag
from inkan.store.records import (
    AccountRecord,
    BlobRecord,
    ManifestRecord,
    MetadataRecord,
    NamespaceRecord,
    OnlineKeyRecord,
    StorageKey,
    TokenKeyRecord,
    TrustAct,
    TrustArchive,
    TrustEvent,
    UploadId,
    UploadRecord,
)
from inkan.store.sql.accounts import SqlAccounts
from inkan.store.sql.catalog import SqlCatalog
from inkan.store.sql.database import Database
from inkan.store.sql.deletions import SqlDeletions
from inkan.store.sql.garbage import SqlGarbage
from inkan.store.sql.images import SqlImages
from inkan.store.sql.keys import SqlOnlineKeys, SqlTokenKeys
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.referrers import SqlReferrers
from inkan.store.sql.trust_history import SqlTrustHistory
from inkan.store.sql.trust_store import SqlTrustStore
from inkan.store.sql.upload_sessions import SqlUploadSessions
from inkan.testing.expect import raises
from inkan.tuf.roles import ROOT, TARGETS, TIMESTAMP

NOW = datetime(2031, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
APP, OTHER = RepositoryName("team/app"), RepositoryName("team_a/app")
GUN = Gun.parse("localhost:5000/team/app")


def blob(content: bytes, key: str = "k1") -> BlobRecord:
    """Return the record of some content."""
    return BlobRecord(Digest.of(content), len(content), StorageKey(key))


def manifest(
    payload: bytes, *blobs: BlobRecord, repository: RepositoryName = APP
) -> ManifestRecord:
    """Return a manifest over blobs."""
    digests = tuple(one.digest for one in blobs)
    return ManifestRecord(
        repository=repository,
        digest=Digest.of(payload),
        media_type="m/t",
        payload=payload,
        blobs=digests,
        children=(),
        subject=None,
        artifact_type="",
        image_bytes=7,
        pushed_by="alice",
        created_at=NOW,
    )


def metadata(role: str, version: int, raw: bytes = b"{}", gun: Gun = GUN) -> MetadataRecord:
    """Return one version of a role."""
    names = {"root": ROOT, "targets": TARGETS, "timestamp": TIMESTAMP}
    sha256 = Digest.of(raw).encoded
    return MetadataRecord(
        gun, names[role], version, sha256, raw, NOW + timedelta(days=version), NOW
    )


class DatabaseContract:
    """Makes the database that the suites of facts run on."""

    async def make_database(self) -> Database:
        """Return an empty database with the schema."""
        raise NotImplementedError


class CatalogContract(DatabaseContract):
    """One test for each promise of `Catalog`."""

    async def test_a_repository_holds_what_was_linked_and_no_other_does(self) -> None:
        """Promise 2: a blob is read through its repository."""
        catalog = SqlCatalog(await self.make_database())
        assert await catalog.link_blob(APP, blob(b"1")) == blob(b"1")
        assert await catalog.find_blob(APP, Digest.of(b"1")) == blob(b"1")
        assert await catalog.find_blob(OTHER, Digest.of(b"1")) is None
        assert await catalog.has_repository(APP)
        assert not await catalog.has_repository(OTHER)

    async def test_the_first_bytes_of_a_digest_are_kept(self) -> None:
        """Promise 2: also when many bring the same at once, one storage key wins for all."""
        catalog = SqlCatalog(await self.make_database())
        kept = await asyncio.gather(
            *(catalog.link_blob(APP, blob(b"1", f"k{number}")) for number in range(8))
        )
        assert len({one.key for one in kept}) == 1
        assert (await catalog.link_blob(OTHER, blob(b"1", "late"))).key == kept[0].key

    async def test_a_manifest_over_missing_content_is_not_kept(self) -> None:
        """Promise 3: neither it nor its tag."""
        catalog = SqlCatalog(await self.make_database())
        await catalog.link_blob(OTHER, blob(b"1"))
        async with raises(ManifestBlobUnknownError):
            await catalog.put_manifest(manifest(b"m", blob(b"1")), Tag("v1"))
        assert await catalog.find_manifest(APP, Tag("v1")) is None
        assert await catalog.list_tags(APP, "", 10) == []

    async def test_a_manifest_is_found_by_tag_and_by_digest_as_it_came(self) -> None:
        """Promise 3: byte for byte."""
        catalog = SqlCatalog(await self.make_database())
        await catalog.link_blob(APP, blob(b"1"))
        kept = manifest(b"\x00\xffm", blob(b"1"))
        await catalog.put_manifest(kept, Tag("v1"))
        await catalog.put_manifest(kept, Tag("v1"))
        for reference in (Tag("v1"), kept.digest):
            found = await catalog.find_manifest(APP, reference)
            assert found == replace(kept, blobs=())

    async def test_a_tag_moves_and_the_old_manifest_stays(self) -> None:
        """Promise 3: the last writer's is what the tag points to."""
        catalog = SqlCatalog(await self.make_database())
        first, second = manifest(b"1"), manifest(b"2")
        await catalog.put_manifest(first, Tag("v"))
        await catalog.put_manifest(second, Tag("v"))
        moved = await catalog.find_manifest(APP, Tag("v"))
        assert moved is not None
        assert moved.digest == second.digest
        assert await catalog.find_manifest(APP, first.digest) is not None

    async def test_lists_are_by_code_point_and_begin_after(self) -> None:
        """Promise 5: upper case before lower case, and `last` need not exist."""
        catalog = SqlCatalog(await self.make_database())
        for tag in ("b", "A", "a", "B", "_"):
            await catalog.put_manifest(manifest(b"m"), Tag(tag))
        assert await catalog.list_tags(APP, "", 10) == ["A", "B", "_", "a", "b"]
        assert await catalog.list_tags(APP, "Z", 2) == ["_", "a"]
        await catalog.put_manifest(manifest(b"m", repository=OTHER))
        assert await catalog.list_repositories("", 10) == ["team/app", "team_a/app"]
        assert await catalog.list_repositories("team/app", 10) == ["team_a/app"]


class HealingContract(DatabaseContract):
    """What `Catalog.heal_blob` promises."""

    async def test_a_digest_stands_for_other_bytes_once(self) -> None:
        """Only while it stands for the broken ones, and for every repository that holds it."""
        catalog = SqlCatalog(await self.make_database())
        for repository in (APP, OTHER):
            await catalog.link_blob(repository, blob(b"1"))
        assert await catalog.heal_blob(blob(b"1"), blob(b"1", "k2")) == blob(b"1", "k2")
        assert await catalog.heal_blob(blob(b"1"), blob(b"1", "k3")) == blob(b"1", "k2")
        assert await catalog.find_blob(OTHER, Digest.of(b"1")) == blob(b"1", "k2")


class ImagesContract(DatabaseContract):
    """One test for each promise of `Images`."""

    async def test_images_are_listed_by_namespace(self) -> None:
        """Promise 1: by tag and by digest; a namespace's name is matched whole."""
        database = await self.make_database()
        catalog, images = SqlCatalog(database), SqlImages(database)
        await catalog.put_manifest(manifest(b"m"), Tag("v"), Tag("w"))
        await catalog.put_manifest(manifest(b"m", repository=OTHER), Tag("v"))
        await catalog.put_manifest(manifest(b"n"))
        assert len(await images.list_tagged(None)) == 3
        image, _ = await images.list_tagged(Namespace("team"))
        assert (image.repository, image.image_bytes, image.created_at) == (APP, 7, NOW)
        assert len(await images.list_digests(None)) == 3
        found = {one.digest: one for one in await images.list_digests(Namespace("team"))}
        assert found[Digest.of(b"m")].tags == (Tag("v"), Tag("w"))
        assert found[Digest.of(b"n")].tags == ()
        assert not found[Digest.of(b"n")].is_needed

    async def test_only_what_nothing_keeps_is_forgotten(self) -> None:
        """Promise 2: tags, indexes and subjects keep a manifest."""
        database = await self.make_database()
        catalog, images = SqlCatalog(database), SqlImages(database)
        child, attached = manifest(b"child"), manifest(b"attached")
        await catalog.put_manifest(child)
        await catalog.put_manifest(
            replace(manifest(b"index"), children=(child.digest,)), Tag("index")
        )
        await catalog.put_manifest(replace(attached, subject=child.digest))
        await catalog.put_manifest(manifest(b"alone"))
        listed = {one.digest: one.is_needed for one in await images.list_digests(None)}
        assert [listed[one.digest] for one in (child, attached, manifest(b"alone"))] == [True, True, False]  # fmt: skip
        for kept in (child, attached, manifest(b"index"), manifest(b"unknown")):
            assert not await images.delete_untagged(APP, kept.digest)
        assert await images.delete_untagged(APP, Digest.of(b"alone"))
        assert not await images.delete_untagged(APP, Digest.of(b"alone"))


class DeletionsContract(DatabaseContract):
    """One test for each promise of `Deletions`."""

    async def test_a_tag_a_manifest_and_a_blob_cease_to_be_held(self) -> None:
        """Promises 1 to 3: each says whether there was anything, and takes along no more than it says."""
        database = await self.make_database()
        catalog, deletions = SqlCatalog(database), SqlDeletions(database)
        kept = manifest(b"m", blob(b"1"))
        for repository in (APP, OTHER):
            await catalog.link_blob(repository, blob(b"1"))
            await catalog.put_manifest(replace(kept, repository=repository), Tag("a"), Tag("b"))
        assert await deletions.delete_tag(APP, Tag("a"))
        assert not await deletions.delete_tag(APP, Tag("a"))
        assert await catalog.list_tags(APP, "", 9) == ["b"]
        async with raises(BlobInUseError):
            await deletions.unlink_blob(APP, Digest.of(b"1"))
        assert await deletions.delete_manifest(APP, kept.digest)
        assert not await deletions.delete_manifest(APP, kept.digest)
        assert await catalog.list_tags(APP, "", 9) == []
        assert await deletions.unlink_blob(APP, Digest.of(b"1"))
        assert not await deletions.unlink_blob(APP, Digest.of(b"1"))
        assert await catalog.find_blob(OTHER, Digest.of(b"1")) == blob(b"1")
        assert await catalog.list_tags(OTHER, "", 9) == ["a", "b"]


class GarbageContract(DatabaseContract):
    """One test for each promise of `Garbage`."""

    async def test_a_blob_goes_when_its_grace_is_over_and_nothing_names_it(self) -> None:
        """Promises 1 to 3, from the link to the key; everything asked twice does nothing more."""
        database = await self.make_database()
        catalog, garbage = SqlCatalog(database), SqlGarbage(database)
        await catalog.link_blob(APP, blob(b"1"))
        assert [one.seen_at for one in await garbage.list(9)] == [None]
        assert await garbage.sweep_links(LATER, 9) == 0
        assert (await garbage.mark(NOW), await garbage.mark(LATER)) == (1, 0)
        assert [one.seen_at for one in await garbage.list(9)] == [NOW]
        assert await garbage.sweep_links(NOW - timedelta(microseconds=1), 9) == 0
        assert (await garbage.sweep_links(NOW, 9), await garbage.sweep_links(NOW, 9)) == (1, 0)
        assert await catalog.find_blob(APP, Digest.of(b"1")) is None
        assert (await garbage.sweep_blobs(NOW, 9), await garbage.sweep_blobs(NOW, 9)) == (1, 0)
        assert await garbage.doomed_keys(NOW - timedelta(seconds=1), 9) == []
        assert await garbage.doomed_keys(NOW, 9) == ["k1"]
        await garbage.forget_keys([StorageKey("k1")])
        assert await garbage.doomed_keys(LATER, 9) == []
        # brought again, it is a new blob with bytes of its own
        assert (await catalog.link_blob(APP, blob(b"1", "k2"))).key == "k2"

    async def test_what_a_manifest_names_stays_and_what_it_named_gets_its_grace(self) -> None:
        """Promise 2, by every way that a manifest comes and goes."""
        database = await self.make_database()
        catalog, garbage = SqlCatalog(database), SqlGarbage(database)
        deletions, kept = SqlDeletions(database), manifest(b"m", blob(b"1"))
        await catalog.link_blob(APP, blob(b"1"))
        await garbage.mark(NOW)
        await catalog.put_manifest(kept)
        await catalog.link_blob(APP, blob(b"1", "again"))
        assert await garbage.list(9) == []
        assert (await garbage.mark(NOW), await garbage.sweep_links(LATER, 9)) == (0, 0)
        other = manifest(b"n", blob(b"1"))
        await catalog.put_manifest(other)
        await deletions.delete_manifest(APP, kept.digest)
        assert await garbage.list(9) == []
        assert (await garbage.mark(NOW), await garbage.sweep_links(LATER, 9)) == (1, 0)
        await deletions.delete_manifest(APP, other.digest)
        assert (await garbage.mark(NOW), await garbage.sweep_links(NOW, 9)) == (1, 1)

    async def test_a_lease_begins_the_grace_anew(self) -> None:
        """Promise 2: whoever was told that a blob is here has the whole grace to name it."""
        database = await self.make_database()
        catalog, garbage = SqlCatalog(database), SqlGarbage(database)
        await catalog.link_blob(APP, blob(b"1"))
        await garbage.mark(NOW)
        await garbage.lease(APP, Digest.of(b"1"))
        await garbage.lease(APP, Digest.of(b"no such blob"))
        assert await garbage.sweep_links(LATER, 9) == 0
        await garbage.mark(LATER)
        assert (await garbage.sweep_links(NOW, 9), await garbage.sweep_links(LATER, 9)) == (0, 1)

    async def test_a_blob_that_another_repository_holds_stays(self) -> None:
        """Promise 3, and what is mounted from a blob that has gone meanwhile is not mounted."""
        database = await self.make_database()
        catalog, garbage = SqlCatalog(database), SqlGarbage(database)
        deletions, digest = SqlDeletions(database), Digest.of(b"1")
        await catalog.link_blob(APP, blob(b"1"))
        assert await catalog.link_blob(OTHER, blob(b"1"), APP) == blob(b"1")
        await deletions.unlink_blob(APP, digest)
        assert await garbage.sweep_blobs(NOW, 9) == 0
        assert await catalog.find_blob(OTHER, digest) == blob(b"1")
        await deletions.unlink_blob(OTHER, digest)
        assert await garbage.list(9) == []
        assert await garbage.sweep_blobs(NOW, 9) == 1
        async with raises(BlobUnknownError):
            await catalog.link_blob(APP, blob(b"1"), OTHER)

    async def test_the_blobs_of_a_namespace_go_with_it(self) -> None:
        """Promise 3, for a namespace that is removed with everything in it."""
        database = await self.make_database()
        catalog, garbage = SqlCatalog(database), SqlGarbage(database)
        namespaces = SqlNamespaces(database)
        await namespaces.add(NamespaceRecord(Namespace("team"), NOW, "a"), 9)
        for repository in (APP, OTHER):
            await catalog.link_blob(repository, blob(b"1"))
        await catalog.link_blob(APP, blob(b"2", "k2"))
        await namespaces.remove(Namespace("team"), force=True)
        assert [one.repository for one in await garbage.list(9)] == [OTHER]
        assert await garbage.sweep_blobs(NOW, 9) == 1
        assert await garbage.doomed_keys(NOW, 9) == ["k2"]


class ReferrersContract(DatabaseContract):
    """One test for the promise of `Referrers`."""

    async def test_referrers_are_a_repositorys_own(self) -> None:
        """Promise 1: whether or not the subject is there, by digest and in pages."""
        database = await self.make_database()
        catalog, referrers = SqlCatalog(database), SqlReferrers(database)
        subject = Digest.of(b"subject")
        for number in range(3):
            one = replace(
                manifest(b"m%d" % number),
                subject=subject,
                artifact_type=f"t{number % 2}",
                annotations={"a": "b"},
            )
            await catalog.put_manifest(one)
            await catalog.put_manifest(replace(one, repository=OTHER))
        found = await referrers.list(APP, subject, None, "", 9)
        assert [one.digest for one in found] == sorted(Digest.of(b"m%d" % n) for n in range(3))
        assert found[0].annotations == {"a": "b"}
        assert await referrers.list(APP, subject, None, str(found[0].digest), 1) == [found[1]]
        assert len(await referrers.list(APP, subject, "t0", "", 9)) == 2
        assert await referrers.list(APP, Digest.of(b"other"), None, "", 9) == []


class UploadSessionsContract(DatabaseContract):
    """One test for each promise of `UploadSessions`."""

    async def test_an_upload_advances_from_where_it_stands(self) -> None:
        """Promise 2: of two who saw the same offset one wins."""
        sessions = SqlUploadSessions(await self.make_database())
        seen = UploadRecord(UploadId("a" * 32), APP, "alice", 0, Digest.of(b""), NOW)
        await sessions.begin(seen)
        later = replace(seen, offset_bytes=5, sha256=None, updated_at=NOW + timedelta(hours=1))
        await sessions.advance(seen, later)
        async with raises(UploadRangeError):
            await sessions.advance(seen, later)
        assert await sessions.find(seen.upload_id) == later
        assert await sessions.list_idle(NOW, 10) == []
        assert await sessions.list_idle(NOW + timedelta(days=1), 10) == [later]

    async def test_a_finished_upload_is_gone(self) -> None:
        """Promise 3: and finishing again is no error."""
        sessions = SqlUploadSessions(await self.make_database())
        seen = UploadRecord(UploadId("a" * 32), APP, "alice", 0, None, NOW)
        await sessions.begin(seen)
        await sessions.finish(seen.upload_id)
        await sessions.finish(seen.upload_id)
        assert await sessions.find(seen.upload_id) is None
        async with raises(UploadUnknownError):
            await sessions.advance(seen, seen)


class NamespacesContract(DatabaseContract):
    """One test for each promise of `Namespaces`."""

    async def test_names_are_unique_and_counted_also_in_a_race(self) -> None:
        """Promise 1."""
        namespaces = SqlNamespaces(await self.make_database())
        team = NamespaceRecord(Namespace("team"), NOW, "alice")
        await namespaces.add(team, 3)
        async with raises(NamespaceExistsError):
            await namespaces.add(team, 3)
        tries = [
            namespaces.add(NamespaceRecord(Namespace(f"team{n}"), NOW, "alice"), 3)
            for n in range(6)
        ]
        ended = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(isinstance(one, NamespaceQuotaError) for one in ended) == 4
        assert len(await namespaces.list()) == 3
        assert await namespaces.find("team") == team
        assert await namespaces.find("nowhere") is None

    async def test_a_namespace_that_holds_something_goes_only_by_force(self) -> None:
        """Promise 2: and takes along what is in it, nothing of a neighbour."""
        database = await self.make_database()
        namespaces, catalog, trust = (
            SqlNamespaces(database),
            SqlCatalog(database),
            SqlTrustStore(database),
        )
        for name in ("team", "team_a"):
            await namespaces.add(NamespaceRecord(Namespace(name), NOW, "alice"), 9)
        for repository in (APP, OTHER):
            await catalog.link_blob(repository, blob(b"1"))
            await catalog.put_manifest(manifest(b"m", blob(b"1"), repository=repository), Tag("v"))
        await trust.publish([metadata("root", 1)])
        async with raises(NamespaceNotEmptyError):
            await namespaces.remove(Namespace("team"), force=False)
        await namespaces.remove(Namespace("team"), force=True)
        assert not await catalog.has_repository(APP)
        assert await catalog.find_manifest(OTHER, Tag("v")) is not None
        assert await trust.current(GUN) == {}
        async with raises(NamespaceUnknownError):
            await namespaces.remove(Namespace("team"), force=True)


class AccountsContract(DatabaseContract):
    """One test for each promise of `Accounts`."""

    async def test_an_account_is_what_was_put_last(self) -> None:
        """Promise 1."""
        accounts = SqlAccounts(await self.make_database())
        alice = AccountRecord("alice", "hash", is_admin=True, is_disabled=False, created_at=NOW)
        assert await accounts.count() == 0
        await accounts.put(alice)
        await accounts.put(replace(alice, is_disabled=True))
        assert await accounts.find("alice") == replace(alice, is_disabled=True)
        assert await accounts.find("Alice") is None
        assert await accounts.count() == 1


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
        for number in (1, 2):
            at = NOW + timedelta(days=number)
            await online.add(OnlineKeyRecord(GUN, TIMESTAMP, f"k{number}", b"p", b"s", at))
            await tokens.add(TokenKeyRecord(f"k{number}", b"s", at))
        assert [key.key_id for key in await online.list(GUN, TIMESTAMP)] == ["k2", "k1"]
        assert await online.list(GUN, ROOT) == []
        assert [key.key_id for key in await tokens.list()] == ["k2", "k1"]
