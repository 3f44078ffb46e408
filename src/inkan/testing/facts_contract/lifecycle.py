"""The promises of the stores about what becomes of images."""

from dataclasses import replace
from datetime import timedelta

from inkan.errors import (
    BlobUnknownError,
    ManifestBlobUnknownError,
    NamespaceUnknownError,
    TagImmutableError,
    TagTakenError,
    TrashUnknownError,
)
from inkan.oci.digest import Digest
from inkan.oci.reference import Namespace, Tag
from inkan.store.records import NamespaceRecord, Quota, RetentionPolicy, StorageKey
from inkan.store.sql.catalog import SqlCatalog
from inkan.store.sql.database import Database
from inkan.store.sql.deletions import SqlDeletions
from inkan.store.sql.garbage import SqlGarbage
from inkan.store.sql.immutable_tags import SqlImmutableTags
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.retention import SqlRetention
from inkan.store.sql.trash import SqlTrash
from inkan.store.sql.usage import SqlUsage
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

TEAM = Namespace("team")


async def sweep(database: Database) -> list[StorageKey]:
    """Collect all garbage, without any grace; return the keys of what went."""
    garbage = SqlGarbage(database)
    await garbage.mark(1)
    await garbage.begin_grace(1, NOW)
    await garbage.sweep_links(NOW, 99)
    await garbage.sweep_blobs(2, 99)
    await garbage.begin_grace(2, NOW)
    return list(await garbage.doomed_keys(NOW, 99))


class TrashContract(DatabaseContract):
    """One test for each promise of `Trash`."""

    async def test_what_was_deleted_is_listed_hidden_and_comes_back_whole(self) -> None:
        """Promises 2 and 3: with its blobs, which no collector takes, and with its tags."""
        database = await self.make_database()
        catalog, trash = SqlCatalog(database), SqlTrash(database)
        kept = manifest(b"m", blob(b"1"))
        await catalog.link_blob(APP, blob(b"1"))
        await catalog.put_manifest(kept, Tag("a"), Tag("b"))
        await SqlDeletions(database).delete_manifest(APP, kept.digest, ACT)
        (listed,) = await trash.list(TEAM)
        assert (listed.digest, listed.tags, listed.deleted) == (
            kept.digest,
            (Tag("a"), Tag("b")),
            ACT,
        )
        assert await trash.list(Namespace("team_a")) == []
        assert await sweep(database) == []
        assert await catalog.find_blob(APP, Digest.of(b"1")) is None
        assert not await catalog.has_repository(APP)
        back = await trash.restore(APP, kept.digest, ACT)
        assert back.tags == (Tag("a"), Tag("b"))
        assert await trash.list(None) == []
        assert await catalog.find_manifest(APP, Tag("b")) == replace(kept, blobs=())
        assert await catalog.find_blob(APP, Digest.of(b"1")) == blob(b"1")
        assert await sweep(database) == []
        async with raises(TrashUnknownError):
            await trash.restore(APP, kept.digest, ACT)

    async def test_a_tag_that_is_another_image_by_now_is_left_alone(self) -> None:
        """Promise 3: by digest the others come back, by that tag nothing does."""
        database = await self.make_database()
        catalog, trash = SqlCatalog(database), SqlTrash(database)
        old, new = manifest(b"old"), manifest(b"new")
        await catalog.put_manifest(old, Tag("a"), Tag("b"), Tag("c"))
        await SqlDeletions(database).delete_manifest(APP, old.digest, ACT)
        await catalog.put_manifest(new, Tag("a"))
        async with raises(TagTakenError):
            await trash.restore(APP, Tag("a"), ACT)
        assert await catalog.find_manifest(APP, old.digest) is None
        assert (await trash.restore(APP, Tag("b"), ACT)).tags == (Tag("b"),)
        assert await catalog.list_tags(APP, "", 9) == ["a", "b"]
        assert [one.tags for one in await trash.list(None)] == [(Tag("a"), Tag("c"))]
        assert (await trash.restore(APP, old.digest, ACT)).tags == (Tag("c"),)
        found = await catalog.find_manifest(APP, Tag("a"))
        assert found is not None
        assert found.digest == new.digest

    async def test_the_newest_image_that_had_a_tag_is_the_one_that_comes_back(self) -> None:
        """Promise 3, where several were deleted under one tag."""
        database = await self.make_database()
        catalog, deletions = SqlCatalog(database), SqlDeletions(database)
        for number in (1, 2, 3):
            one = manifest(b"%d" % number)
            await catalog.put_manifest(one, Tag("v"))
            await deletions.delete_manifest(
                APP, one.digest, replace(ACT, at=NOW + timedelta(days=number % 3))
            )
        restored = await SqlTrash(database).restore(APP, Tag("v"), ACT)
        assert restored.digest == Digest.of(b"2")

    async def test_an_index_comes_back_with_its_images_or_not_at_all(self) -> None:
        """Promise 3."""
        database = await self.make_database()
        catalog, trash = SqlCatalog(database), SqlTrash(database)
        deletions, child = SqlDeletions(database), manifest(b"child")
        index = replace(manifest(b"index"), children=(child.digest,))
        await catalog.put_manifest(child)
        await catalog.put_manifest(index, Tag("v"))
        for one in (index, child):
            await deletions.delete_manifest(APP, one.digest, ACT)
        await trash.restore(APP, Tag("v"), ACT)
        assert await catalog.find_manifest(APP, child.digest) is not None
        for one in (child, index):
            await deletions.delete_manifest(
                APP, one.digest, ACT if one is child else replace(ACT, at=LATER)
            )
        assert await trash.expire(NOW, 9) == 1
        async with raises(ManifestBlobUnknownError):
            await trash.restore(APP, Tag("v"), ACT)
        assert await catalog.find_manifest(APP, index.digest) is None

    async def test_what_nobody_wanted_back_goes_for_good(self) -> None:
        """Promise 4: not before its time, and its blobs are garbage then, except where others hold them."""
        database = await self.make_database()
        catalog, trash = SqlCatalog(database), SqlTrash(database)
        shared, alone = blob(b"1", "k1"), blob(b"2", "k2")
        kept = manifest(b"m", shared, alone)
        for one in (shared, alone):
            await catalog.link_blob(APP, one)
        await catalog.link_blob(OTHER, shared)
        await catalog.put_manifest(manifest(b"o", shared, repository=OTHER))
        await catalog.put_manifest(kept)
        await SqlDeletions(database).delete_manifest(APP, kept.digest, ACT)
        assert await sweep(database) == []
        assert await trash.expire(NOW - timedelta(seconds=1), 9) == 0
        assert await trash.expire(NOW, 9) == 1
        assert await trash.expire(NOW, 9) == 0
        assert await sweep(database) == ["k2"]
        assert await trash.list(None) == []

    async def test_the_trash_of_a_namespace_goes_with_it(self) -> None:
        """Of that one and of no other."""
        database = await self.make_database()
        catalog, trash = SqlCatalog(database), SqlTrash(database)
        namespaces = SqlNamespaces(database)
        await namespaces.add(NamespaceRecord(TEAM, NOW, "a"), 9)
        for repository in (APP, OTHER):
            await catalog.link_blob(repository, blob(b"1"))
            one = manifest(b"m", blob(b"1"), repository=repository)
            await catalog.put_manifest(one, Tag("v"))
            await SqlDeletions(database).delete_manifest(repository, one.digest, ACT)
        await namespaces.remove(TEAM, force=True)
        assert [one.repository for one in await trash.list(None)] == [OTHER]
        assert await sweep(database) == []
        async with raises(BlobUnknownError):
            await catalog.link_blob(APP, blob(b"1"), OTHER)
        await trash.expire(NOW, 9)
        assert await sweep(database) == ["k1"]


class ImmutableTagsContract(DatabaseContract):
    """One test for each promise of `ImmutableTags`."""

    async def test_an_immutable_tag_stays_where_it_points(self) -> None:
        """Promise 2, by every way a tag moves or goes; what is refused has changed nothing."""
        database = await self.make_database()
        catalog, deletions = SqlCatalog(database), SqlDeletions(database)
        rules = SqlImmutableTags(database)
        await SqlNamespaces(database).add(NamespaceRecord(TEAM, NOW, "a"), 9)
        await rules.set(TEAM, ["v*", "1.?"])
        first, second = manifest(b"1"), manifest(b"2")
        await catalog.put_manifest(first, Tag("v1"), Tag("1.0"), Tag("x"))
        await catalog.put_manifest(first, Tag("v1"))
        for tag in ("v1", "1.0"):
            async with raises(TagImmutableError):
                await catalog.put_manifest(second, Tag("x"), Tag(tag))
            async with raises(TagImmutableError):
                await deletions.delete_tag(APP, Tag(tag), ACT)
        async with raises(TagImmutableError):
            await deletions.delete_manifest(APP, first.digest, ACT)
        assert await catalog.find_manifest(APP, second.digest) is None
        assert await SqlTrash(database).list(None) == []
        found = await catalog.find_manifest(APP, Tag("x"))
        assert found is not None
        assert found.digest == first.digest
        await catalog.put_manifest(second, Tag("x"), Tag("v2"))
        assert not await deletions.delete_tag(APP, Tag("v3"), ACT)
        # another namespace, though its name begins alike
        await catalog.put_manifest(manifest(b"1", repository=OTHER), Tag("v1"))
        await catalog.put_manifest(manifest(b"2", repository=OTHER), Tag("v1"))

    async def test_patterns_are_replaced_and_listed(self) -> None:
        """Promise 1."""
        database = await self.make_database()
        rules, namespaces = SqlImmutableTags(database), SqlNamespaces(database)
        async with raises(NamespaceUnknownError):
            await rules.set(TEAM, ["v*"])
        await namespaces.add(NamespaceRecord(TEAM, NOW, "a"), 9)
        await rules.set(TEAM, ["v*", "latest", "v*"])
        assert await rules.list() == {TEAM: ["latest", "v*"]}
        await rules.set(TEAM, ["1.*"])
        assert await rules.list() == {TEAM: ["1.*"]}
        await namespaces.remove(TEAM, force=False)
        assert await rules.list() == {}


class RetentionContract(DatabaseContract):
    """One test for each promise of `Retention`."""

    async def test_a_policy_is_replaced_and_goes_with_its_namespace(self) -> None:
        """Promise 1."""
        database = await self.make_database()
        retention, namespaces = SqlRetention(database), SqlNamespaces(database)
        policy = RetentionPolicy(TEAM, 5, 30, keeps_untagged=True)
        async with raises(NamespaceUnknownError):
            await retention.set(policy)
        await namespaces.add(NamespaceRecord(TEAM, NOW, "a"), 9)
        await retention.set(policy)
        assert await retention.list() == [policy]
        everything = RetentionPolicy(TEAM, None, 0, keeps_untagged=False)
        await retention.set(everything)
        assert await retention.list() == [everything]
        await namespaces.remove(TEAM, force=False)
        assert await retention.list() == []

    async def test_what_is_not_as_it_was_seen_stays(self) -> None:
        """Promise 2: another tag, or an index, since then."""
        database = await self.make_database()
        catalog, retention = SqlCatalog(database), SqlRetention(database)
        child, other = manifest(b"child"), manifest(b"other")
        await catalog.put_manifest(child)
        await catalog.put_manifest(other, Tag("v"))
        await catalog.put_manifest(manifest(b"elsewhere", repository=OTHER))
        images = (await retention.list_images(TEAM))[APP]
        seen = {one.digest: one for one in images}
        assert set(seen) == {child.digest, other.digest}
        assert seen[other.digest].tags == (Tag("v"),)
        await catalog.put_manifest(other, Tag("w"))
        attached = replace(manifest(b"a"), subject=child.digest)
        index = replace(manifest(b"index"), children=(child.digest,))
        await catalog.put_manifest(attached)
        await catalog.put_manifest(index)
        for one in seen.values():
            assert not await retention.delete(APP, one, ACT)
        seen = {one.digest: one for one in (await retention.list_images(TEAM))[APP]}
        assert seen[index.digest].children == (child.digest,)
        assert seen[attached.digest].subject == child.digest
        for gone in (index, child, other):
            assert await retention.delete(APP, seen[gone.digest], ACT)
        assert len(await SqlTrash(database).list(TEAM)) == 3


class UsageContract(DatabaseContract):
    """One test for each promise of `Usage`."""

    async def test_a_quota_is_replaced_and_goes_with_its_namespace(self) -> None:
        """Promise 1."""
        database = await self.make_database()
        usage, namespaces = SqlUsage(database), SqlNamespaces(database)
        async with raises(NamespaceUnknownError):
            await usage.set_quota("team", Quota(1, 2))
        await namespaces.add(NamespaceRecord(TEAM, NOW, "a"), 9)
        await usage.set_quota("team", Quota(1, 2))
        await usage.set_quota("team", Quota(None, 3))
        await usage.set_quota("", Quota(4, None))
        assert await usage.quotas() == {"team": Quota(None, 3), "": Quota(4, None)}
        await namespaces.remove(TEAM, force=False)
        assert await usage.quotas() == {"": Quota(4, None)}

    async def test_a_blob_counts_once_until_its_images_are_deleted(self) -> None:
        """Promise 2."""
        database = await self.make_database()
        catalog, usage = SqlCatalog(database), SqlUsage(database)
        deletions, beside = SqlDeletions(database), replace(APP, text="team/beside")

        async def used() -> tuple[int, int, int]:
            spaces = ("", "team", "team_a")
            whole, ours, theirs = [await usage.count_storage(name) for name in spaces]
            return whole, ours, theirs

        assert await used() == (0, 0, 0)
        shared, alone = blob(b"12345", "k1"), blob(b"123", "k2")
        for repository in (APP, beside, OTHER):
            await catalog.link_blob(repository, shared)
        await catalog.link_blob(APP, alone)
        assert await used() == (8, 8, 5)
        one, two = manifest(b"1", shared, alone), manifest(b"2", shared)
        for kept in (one, two):
            await catalog.put_manifest(kept)
        await deletions.delete_manifest(APP, one.digest, ACT)
        assert await used() == (5, 5, 5)
        # brought again, it counts again
        await catalog.link_blob(APP, alone)
        assert await used() == (8, 8, 5)
        await SqlTrash(database).restore(APP, one.digest, ACT)
        assert await used() == (8, 8, 5)

    async def test_traffic_is_added_up_by_month_and_namespace(self) -> None:
        """Promise 3."""
        usage = SqlUsage(await self.make_database())
        await usage.add_traffic("2031-01", {"team": 5, "team_a": 1})
        await usage.add_traffic("2031-01", {"team": 2})
        await usage.add_traffic("2031-02", {"team": 1})
        assert await usage.traffic("2031-01") == {"team": 7, "team_a": 1}
        assert await usage.traffic("2031-03") == {}
