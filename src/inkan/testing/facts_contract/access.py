"""The promises of the stores about who may what."""

import asyncio
from dataclasses import replace

from inkan.errors import (
    NamespaceExistsError,
    NamespaceNotEmptyError,
    NamespaceQuotaError,
    NamespaceUnknownError,
)
from inkan.oci.reference import Namespace, Tag
from inkan.store.records import (
    AccountRecord,
    NamespaceRecord,
)
from inkan.store.sql.accounts import SqlAccounts
from inkan.store.sql.catalog import SqlCatalog
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.trust_store import SqlTrustStore
from inkan.testing.expect import raises
from inkan.testing.facts_contract.samples import (
    APP,
    GUN,
    NOW,
    OTHER,
    DatabaseContract,
    blob,
    manifest,
    metadata,
)


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

    async def test_a_namespace_is_opened_to_all_and_closed_again(self) -> None:
        """Promise 4."""
        namespaces = SqlNamespaces(await self.make_database())
        team = NamespaceRecord(Namespace("team"), NOW, "alice")
        await namespaces.add(team, 3)
        for is_public in (True, False):
            await namespaces.set_public(team.namespace, is_public=is_public)
            assert await namespaces.find("team") == replace(team, is_public=is_public)
        async with raises(NamespaceUnknownError):
            await namespaces.set_public(Namespace("nowhere"), is_public=True)


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

    async def test_of_first_accounts_made_at_once_one_is_kept(self) -> None:
        """Promise 2: two servers that start together."""
        accounts = SqlAccounts(await self.make_database())
        made = [
            AccountRecord("admin", f"hash{n}", is_admin=True, is_disabled=False, created_at=NOW)
            for n in range(6)
        ]
        added = await asyncio.gather(*(accounts.add_first(one) for one in made))
        assert sum(added) == 1
        kept = await accounts.find("admin")
        assert kept == made[added.index(True)]
        assert not await accounts.add_first(replace(made[0], name="late"))
        assert await accounts.find("late") is None
