"""The promises of the stores about images."""

import asyncio
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from inkan.errors import (
    BlobInUseError,
    BlobUnknownError,
    ManifestBlobUnknownError,
    SizeMismatchError,
    UploadRangeError,
    UploadUnknownError,
)
from inkan.oci.digest import Digest
from inkan.oci.reference import Namespace, RepositoryName, Tag
from inkan.store.records import (
    AuditQuery,
    NamespaceRecord,
    StorageKey,
    UploadId,
    UploadRecord,
)
from inkan.store.sql.audit_log import SqlAuditLog
from inkan.store.sql.catalog import SqlCatalog
from inkan.store.sql.deletions import SqlDeletions
from inkan.store.sql.garbage import SqlGarbage
from inkan.store.sql.holders import SqlHolders
from inkan.store.sql.images import SqlImages
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.referrers import SqlReferrers
from inkan.store.sql.upload_sessions import SqlUploadSessions
from inkan.testing.expect import raises
from inkan.testing.facts_contract.samples import (
    ACT,
    APP,
    LATER,
    NOW,
    OTHER,
    PUSH,
    DatabaseContract,
    blob,
    manifest,
)


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

    async def test_a_manifest_that_states_a_false_size_is_not_kept(self) -> None:
        """Promise 3: of a blob that is held; nobody knows the size of another one."""
        catalog = SqlCatalog(await self.make_database())
        held, foreign = blob(b"held"), Digest.of(b"foreign")
        await catalog.link_blob(APP, held)
        one = manifest(b"m", held)
        async with raises(SizeMismatchError):
            await catalog.put_manifest(replace(one, stated_sizes={held.digest: 5, foreign: 7}))
        assert await catalog.find_manifest(APP, one.digest) is None
        await catalog.put_manifest(replace(one, stated_sizes={held.digest: 4, foreign: 7}))
        assert await catalog.find_manifest(APP, one.digest) is not None

    async def test_a_manifest_of_very_many_blobs_is_kept_with_each(self) -> None:
        """Promise 3: also of more than one statement takes."""
        catalog = SqlCatalog(await self.make_database())
        held = [blob(b"%d" % number, f"k{number}") for number in range(310)]
        one = manifest(b"m", *held)
        for each in held[:-1]:
            await catalog.link_blob(APP, each)
        async with raises(ManifestBlobUnknownError):
            await catalog.put_manifest(one)
        await catalog.link_blob(APP, held[-1])
        await catalog.put_manifest(one)
        assert await catalog.find_manifest(APP, one.digest) is not None

    async def test_a_manifest_over_missing_content_is_not_kept(self) -> None:
        """Promise 3: neither it nor its tag."""
        catalog = SqlCatalog(await self.make_database())
        await catalog.link_blob(OTHER, blob(b"1"))
        async with raises(ManifestBlobUnknownError):
            await catalog.put_manifest(manifest(b"m", blob(b"1")), Tag("v1"))
        assert await catalog.find_manifest(APP, Tag("v1")) is None
        assert await catalog.list_tags(APP, "", 10) == []

    async def test_a_push_is_in_the_audit_log_if_it_is_kept_and_else_not(self) -> None:
        """Promise 3: in the same transaction."""
        database = await self.make_database()
        catalog, log = SqlCatalog(database), SqlAuditLog(database)
        async with raises(ManifestBlobUnknownError):
            await catalog.put_manifest(manifest(b"m", blob(b"1")), Tag("v1"), act=PUSH)
        assert await log.list(AuditQuery()) == []
        await catalog.put_manifest(manifest(b"m"), Tag("v1"), act=PUSH)
        assert [one.account for one in await log.list(AuditQuery())] == ["alice"]

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
        assert await catalog.list_repositories("", 10, None) == ["team/app", "team_a/app"]
        assert await catalog.list_repositories("team/app", 10, None) == ["team_a/app"]
        assert await catalog.list_repositories("", 10, ["team_a", "nowhere"]) == ["team_a/app"]
        assert list(await catalog.list_repositories("", 10, [])) == []

    async def test_repositories_are_listed_once_and_in_order_across_namespaces(self) -> None:
        """Promise 5: whether they hold blobs, manifests or both, and though `-` comes before `/`."""
        catalog = SqlCatalog(await self.make_database())
        names = ["team-a/app", "team/app", "team/app/b", "team0/app", "team_a/app"]
        for name in names:
            await catalog.link_blob(RepositoryName(name), blob(b"1"))
            await catalog.put_manifest(manifest(b"m", repository=RepositoryName(name)))
        await catalog.link_blob(APP, blob(b"2", "k2"))
        assert await catalog.list_repositories("", 10, None) == names
        assert await catalog.list_repositories("", 2, None) == names[:2]
        within = ["team_a", "team", "team-a"]
        listed = [one for one in names if not one.startswith("team0")]
        assert await catalog.list_repositories("", 10, within) == listed
        assert await catalog.list_repositories("team-a/zzz", 2, within) == listed[1:3]
        assert await catalog.list_repositories("team/app", 10, ["team"]) == ["team/app/b"]
        assert list(await catalog.list_repositories("~~", 10, None)) == []

    async def test_repositories_of_very_many_namespaces_are_listed_in_order(self) -> None:
        """A statement takes some thousands of values; whoever may see more namespaces than that gets the same pages."""
        database = await self.make_database()
        catalog, holders = SqlCatalog(database), SqlHolders(database)
        names = ["n0007-b/app", "n0007/app", "n0007/bpp", "n1999/app", "n3499/app"]
        for name in (*names, "other/app"):
            await catalog.link_blob(RepositoryName(name), blob(b"1"))
        visible = {f"n{number:04}" for number in range(40_000)} | {"n0007-b"}
        assert await catalog.list_repositories("", 9, visible) == names
        assert await catalog.list_repositories("", 4, visible) == names[:4]
        assert await catalog.list_repositories("n0007/app", 2, visible) == names[2:4]
        assert await catalog.list_repositories("n1999/app", 9, visible) == names[4:]
        assert await catalog.list_repositories("n9", 9, visible) == []
        found = await holders.find(Digest.of(b"1"), visible, 4)
        assert [str(one) for one in found] == names[:4]


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
            assert not await images.delete_untagged(APP, kept.digest, ACT)
        assert await images.delete_untagged(APP, Digest.of(b"alone"), ACT)
        assert not await images.delete_untagged(APP, Digest.of(b"alone"), ACT)


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
        assert await deletions.delete_tag(APP, Tag("a"), ACT)
        assert not await deletions.delete_tag(APP, Tag("a"), ACT)
        assert await catalog.list_tags(APP, "", 9) == ["b"]
        async with raises(BlobInUseError):
            await deletions.unlink_blob(APP, Digest.of(b"1"))
        assert await deletions.delete_manifest(APP, kept.digest, ACT)
        assert not await deletions.delete_manifest(APP, kept.digest, ACT)
        assert await catalog.list_tags(APP, "", 9) == []
        assert await deletions.unlink_blob(APP, Digest.of(b"1"))
        assert not await deletions.unlink_blob(APP, Digest.of(b"1"))
        assert await catalog.find_blob(OTHER, Digest.of(b"1")) == blob(b"1")
        assert await catalog.list_tags(OTHER, "", 9) == ["a", "b"]


async def seen(garbage: SqlGarbage, now: datetime) -> int:
    """Mark, and let the grace begin; return how many links were marked."""
    turn = secrets.randbelow(2**62) + 1
    marked = await garbage.mark(turn)
    await garbage.begin_grace(turn, now)
    return marked


class GarbageContract(DatabaseContract):
    """One test for each promise of `Garbage`."""

    async def test_a_blob_goes_when_its_grace_is_over_and_nothing_names_it(self) -> None:
        """Promises 1 to 3, from the link to the key; everything asked twice does nothing more."""
        database = await self.make_database()
        catalog, garbage = SqlCatalog(database), SqlGarbage(database)
        await catalog.link_blob(APP, blob(b"1"))
        assert [one.seen_at for one in await garbage.list(9)] == [None]
        assert await garbage.sweep_links(LATER, 9) == 0
        assert (await seen(garbage, NOW), await seen(garbage, LATER)) == (1, 0)
        assert [one.seen_at for one in await garbage.list(9)] == [NOW]
        assert await garbage.sweep_links(NOW - timedelta(microseconds=1), 9) == 0
        assert (await garbage.sweep_links(NOW, 9), await garbage.sweep_links(NOW, 9)) == (1, 0)
        assert await catalog.find_blob(APP, Digest.of(b"1")) is None
        assert (await garbage.sweep_blobs(9, 9), await garbage.sweep_blobs(9, 9)) == (1, 0)
        assert await garbage.doomed_keys(LATER, 9) == []
        await garbage.begin_grace(9, NOW)
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
        await seen(garbage, NOW)
        await catalog.put_manifest(kept)
        await catalog.link_blob(APP, blob(b"1", "again"))
        assert await garbage.list(9) == []
        assert (await seen(garbage, NOW), await garbage.sweep_links(LATER, 9)) == (0, 0)
        other = manifest(b"n", blob(b"1"))
        await catalog.put_manifest(other)
        await deletions.delete_manifest(APP, kept.digest, ACT)
        assert await garbage.list(9) == []
        assert (await seen(garbage, NOW), await garbage.sweep_links(LATER, 9)) == (1, 0)
        await deletions.delete_manifest(APP, other.digest, ACT)
        assert (await seen(garbage, NOW), await garbage.sweep_links(NOW, 9)) == (1, 1)

    async def test_a_lease_begins_the_grace_anew(self) -> None:
        """Promise 2: whoever was told that a blob is here has the whole grace to name it."""
        database = await self.make_database()
        catalog, garbage = SqlCatalog(database), SqlGarbage(database)
        await catalog.link_blob(APP, blob(b"1"))
        await seen(garbage, NOW)
        await garbage.lease(APP, Digest.of(b"1"))
        await garbage.lease(APP, Digest.of(b"no such blob"))
        assert await garbage.sweep_links(LATER, 9) == 0
        await seen(garbage, LATER)
        assert (await garbage.sweep_links(NOW, 9), await garbage.sweep_links(LATER, 9)) == (0, 1)

    async def test_the_grace_begins_when_the_turn_that_has_seen_it_says_so(self) -> None:
        """Promises 2 and 3: not for what was leased in between, and what a turn that died has left is the next one's."""
        database = await self.make_database()
        catalog, garbage = SqlCatalog(database), SqlGarbage(database)
        for content in (b"1", b"2"):
            await catalog.link_blob(APP, blob(content, content.decode()))
        assert (await garbage.mark(1), await garbage.sweep_links(LATER, 9)) == (2, 0)
        await garbage.lease(APP, Digest.of(b"1"))
        await garbage.begin_grace(1, NOW)
        assert [one.seen_at for one in await garbage.list(9)] == [None, NOW]
        assert (await garbage.mark(2), await garbage.mark(3)) == (1, 1)
        await garbage.begin_grace(2, NOW)
        assert await garbage.sweep_links(NOW, 9) == 1
        await garbage.begin_grace(3, LATER)
        assert await garbage.sweep_links(NOW, 9) == 0
        assert (await garbage.sweep_links(LATER, 9), await garbage.sweep_blobs(3, 9)) == (1, 2)
        # the turn that doomed them has died
        await garbage.mark(4)
        await garbage.begin_grace(3, NOW)
        assert await garbage.doomed_keys(LATER, 9) == []
        await garbage.begin_grace(4, LATER)
        assert await garbage.doomed_keys(NOW, 9) == []
        assert sorted(await garbage.doomed_keys(LATER, 9)) == ["1", "2"]

    async def test_a_blob_that_another_repository_holds_stays(self) -> None:
        """Promise 3, and what is mounted from a blob that has gone meanwhile is not mounted."""
        database = await self.make_database()
        catalog, garbage = SqlCatalog(database), SqlGarbage(database)
        deletions, digest = SqlDeletions(database), Digest.of(b"1")
        await catalog.link_blob(APP, blob(b"1"))
        assert await catalog.link_blob(OTHER, blob(b"1"), APP) == blob(b"1")
        await deletions.unlink_blob(APP, digest)
        assert await garbage.sweep_blobs(9, 9) == 0
        assert await catalog.find_blob(OTHER, digest) == blob(b"1")
        await deletions.unlink_blob(OTHER, digest)
        assert await garbage.list(9) == []
        assert await garbage.sweep_blobs(9, 9) == 1
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
        assert await garbage.sweep_blobs(9, 9) == 1
        await garbage.begin_grace(9, NOW)
        assert await garbage.doomed_keys(NOW, 9) == ["k2"]


class HoldersContract(DatabaseContract):
    """One test for each promise of `Holders`."""

    async def test_holders_are_found_in_the_named_namespaces_only(self) -> None:
        """Promise 1: of others nothing is said."""
        database = await self.make_database()
        catalog, holders = SqlCatalog(database), SqlHolders(database)
        for name in (OTHER, APP, RepositoryName("elsewhere/app")):
            await catalog.link_blob(name, blob(b"1"))
        await catalog.link_blob(APP, blob(b"2", "k2"))
        within = {APP.namespace, OTHER.namespace}
        assert list(await holders.find(Digest.of(b"1"), within, 9)) == sorted((APP, OTHER))
        assert list(await holders.find(Digest.of(b"1"), within, 1)) == sorted((APP, OTHER))[:1]
        assert list(await holders.find(Digest.of(b"2"), within, 9)) == [APP]
        assert list(await holders.find(Digest.of(b"3"), within, 9)) == []
        assert list(await holders.find(Digest.of(b"1"), (), 9)) == []


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
        page = await referrers.list(APP, subject, None, "", 9, 999)
        found = page.referrers
        assert [one.digest for one in found] == sorted(Digest.of(b"m%d" % n) for n in range(3))
        assert found[0].annotations == {"a": "b"}
        assert not page.has_more
        after = await referrers.list(APP, subject, None, str(found[0].digest), 1, 999)
        assert (list(after.referrers), after.has_more) == ([found[1]], True)
        last = await referrers.list(APP, subject, None, str(found[1].digest), 1, 999)
        assert (list(last.referrers), last.has_more) == ([found[2]], False)
        assert len((await referrers.list(APP, subject, "t0", "", 9, 999)).referrers) == 2
        none = await referrers.list(APP, Digest.of(b"other"), None, "", 9, 999)
        assert (list(none.referrers), none.has_more) == ([], False)

    async def test_long_annotations_make_a_page_shorter_but_never_empty(self) -> None:
        """Promise 2: however many there are, one is read after the other."""
        database = await self.make_database()
        catalog, referrers = SqlCatalog(database), SqlReferrers(database)
        subject = Digest.of(b"subject")
        for number in range(40):
            one = replace(manifest(b"m%d" % number), subject=subject, annotations={"a": "x" * 90})
            await catalog.put_manifest(one)
        for most_bytes, wanted in ((1, 1), (220, 2), (2_000, 20), (9_999, 40)):
            page = await referrers.list(APP, subject, None, "", 99, most_bytes)
            assert (len(page.referrers), page.has_more) == (wanted, wanted < 40)


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
