"""The promises of the stores about people: identities, keys, groups, policies, refresh tokens, the audit log."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from inkan.errors import (
    AccountExistsError,
    AccountUnknownError,
    ApiKeyUnknownError,
    GroupUnknownError,
    NamespaceUnknownError,
)
from inkan.oci.reference import Namespace
from inkan.store.records import (
    AccountKind,
    AccountRecord,
    ApiKeyRecord,
    AuditEvent,
    AuditQuery,
    Grant,
    GroupRecord,
    MemberRecord,
    MemberSource,
    NamespaceRecord,
    PolicyRecord,
    RefreshTokenRecord,
    Role,
    SubjectKind,
    TrustAct,
    TrustEvent,
)
from inkan.store.sql.accounts import SqlAccounts
from inkan.store.sql.api_keys import SqlApiKeys
from inkan.store.sql.audit_log import SqlAuditLog
from inkan.store.sql.database import Database
from inkan.store.sql.groups import SqlGroups
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.policies import SqlPolicies
from inkan.store.sql.refresh_tokens import SqlRefreshTokens
from inkan.store.sql.trust_history import SqlTrustHistory
from inkan.testing.expect import raises
from inkan.testing.facts_contract.samples import GUN, LATER, NOW, DatabaseContract

ALICE = AccountRecord("alice", "hash", is_admin=False, is_disabled=False, created_at=NOW)
ROBOT = replace(ALICE, name="robot", password_hash="", kind=AccountKind.SERVICE)
FEDERATED = replace(
    ALICE, name="carol", password_hash="", email="c@x.test", issuer="https://idp.test", subject="7"
)
KEY = ApiKeyRecord(
    "k1",
    "robot",
    "ci",
    "0" * 64,
    NOW,
    expires_at=LATER,
    roles=frozenset({Role.READER, Role.PUSHER}),
    namespaces=frozenset({"team"}),
)
READER = PolicyRecord(SubjectKind.ACCOUNT, "alice", Grant(Role.READER, "team"), NOW, "admin")
SIGNERS = PolicyRecord(SubjectKind.GROUP, "signers", Grant(Role.SIGNER, ""), NOW, "admin")
TOKEN = RefreshTokenRecord("a" * 64, "f1", "alice", NOW, LATER)


async def people(database: Database) -> SqlAccounts:
    """Return the accounts of a database in which a few people, a group and a namespace are."""
    accounts = SqlAccounts(database)
    for account in (ALICE, ROBOT, FEDERATED):
        await accounts.put(account)
    await SqlGroups(database).add(GroupRecord("signers", NOW, "admin"))
    await SqlNamespaces(database).add(NamespaceRecord(Namespace("team"), NOW, "admin"), 9)
    return accounts


class IdentitiesContract(DatabaseContract):
    """One test for each promise of `Accounts` about identities and removal."""

    async def test_an_identity_belongs_to_one_account(self) -> None:
        """Promises 2 and 4: and is found by issuer and subject, not by an address."""
        accounts = await people(await self.make_database())
        assert await accounts.find_identity("https://idp.test", "7") == FEDERATED
        assert await accounts.find_identity("https://other.test", "7") is None
        async with raises(AccountExistsError):
            await accounts.put(replace(FEDERATED, name="dave"))
        await accounts.put(replace(FEDERATED, email="new@x.test", created_at=LATER))
        kept = await accounts.find("carol")
        assert kept == replace(FEDERATED, email="new@x.test")
        assert [one.name for one in await accounts.list()] == ["alice", "carol", "robot"]

    async def test_nothing_of_an_account_outlives_it(self) -> None:
        """Promise 3."""
        database = await self.make_database()
        accounts = await people(database)
        keys, tokens, policies = SqlApiKeys(database), SqlRefreshTokens(database), SqlPolicies(database)  # fmt: skip
        groups = SqlGroups(database)
        await keys.add(replace(KEY, account="alice"))
        await tokens.add(TOKEN)
        await policies.add(READER)
        await groups.add_member(MemberRecord("signers", "alice", MemberSource.LOCAL))
        await accounts.remove("alice")
        assert await accounts.find("alice") is None
        assert await keys.find("k1") is None
        assert await tokens.find(TOKEN.sha256) is None
        assert await policies.grants_of("alice") == []
        assert await groups.members() == []
        async with raises(AccountUnknownError):
            await accounts.remove("alice")


class ApiKeysContract(DatabaseContract):
    """One test for each promise of `ApiKeys`."""

    async def test_a_key_is_kept_with_its_limits_and_ends_once(self) -> None:
        """Promises 1 to 3."""
        keys = SqlApiKeys(await self.make_database())
        await keys.add(KEY)
        await keys.add(replace(KEY, key_id="k0", account="alice", created_at=LATER))
        assert await keys.find("k1") == KEY
        assert [one.key_id for one in await keys.list(None)] == ["k1", "k0"]
        assert [one.key_id for one in await keys.list("alice")] == ["k0"]
        await keys.note_use("k1", LATER)
        await keys.revoke("k1", LATER)
        await keys.revoke("k1", LATER + timedelta(days=1))
        assert await keys.find("k1") == replace(KEY, last_used_at=LATER, revoked_at=LATER)
        async with raises(ApiKeyUnknownError):
            await keys.revoke("nothing", LATER)


class GroupsContract(DatabaseContract):
    """One test for each promise of `Groups`."""

    async def test_a_group_holds_accounts_that_are_there(self) -> None:
        """Promises 1 and 2."""
        database = await self.make_database()
        await people(database)
        groups = SqlGroups(database)
        await groups.add(GroupRecord("signers", LATER, "eve"))
        assert await groups.list() == [GroupRecord("signers", NOW, "admin")]
        member = MemberRecord("signers", "alice", MemberSource.LOCAL)
        for _ in range(2):
            await groups.add_member(member)
        assert await groups.members() == [member]
        async with raises(AccountUnknownError):
            await groups.add_member(replace(member, account="nobody"))
        async with raises(GroupUnknownError):
            await groups.add_member(replace(member, group="nothing"))
        assert await groups.remove_member("signers", "alice")
        assert not await groups.remove_member("signers", "alice")
        await SqlPolicies(database).add(SIGNERS)
        await groups.remove("signers")
        assert await SqlPolicies(database).list() == []
        async with raises(GroupUnknownError):
            await groups.remove("signers")

    async def test_claims_are_the_whole_of_what_a_provider_says(self) -> None:
        """Promise 3."""
        database = await self.make_database()
        await people(database)
        groups = SqlGroups(database)
        await groups.add(GroupRecord("readers", NOW, "admin"))
        local = MemberRecord("signers", "carol", MemberSource.LOCAL)
        await groups.add_member(local)
        await groups.set_claimed("carol", ["readers", "signers", "unheard-of"])
        assert len(await groups.members()) == 3
        await groups.set_claimed("carol", [])
        assert await groups.members() == [local]


class PoliciesContract(DatabaseContract):
    """One test for each promise of `Policies`."""

    async def test_a_policy_names_what_is_there(self) -> None:
        """Promise 1: and goes with its namespace."""
        database = await self.make_database()
        await people(database)
        policies = SqlPolicies(database)
        await policies.add(READER)
        await policies.add(replace(READER, created_at=LATER))
        assert await policies.list() == [READER]
        for wrong, error in (
            (replace(READER, subject="nobody"), AccountUnknownError),
            (replace(SIGNERS, subject="nothing"), GroupUnknownError),
            (replace(READER, grant=Grant(Role.READER, "nowhere")), NamespaceUnknownError),
        ):
            async with raises(error):
                await policies.add(wrong)
        await SqlNamespaces(database).remove(Namespace("team"), force=False)
        assert await policies.list() == []
        assert not await policies.remove(READER)

    async def test_an_account_has_what_its_groups_have(self) -> None:
        """Promise 2."""
        database = await self.make_database()
        await people(database)
        policies = SqlPolicies(database)
        for policy in (READER, SIGNERS):
            await policies.add(policy)
        assert await policies.grants_of("alice") == [READER.grant]
        for source in MemberSource:
            await SqlGroups(database).add_member(MemberRecord("signers", "alice", source))
        assert await policies.grants_of("alice") == [SIGNERS.grant, READER.grant]
        assert await policies.grants_of("signers") == []
        assert await policies.remove(READER)
        assert await policies.grants_of("alice") == [SIGNERS.grant]


class RefreshTokensContract(DatabaseContract):
    """One test for each promise of `RefreshTokens`."""

    async def test_one_token_is_replaced_once(self) -> None:
        """Promise 1: also in a race."""
        tokens = SqlRefreshTokens(await self.make_database())
        await tokens.add(TOKEN)
        tries: Sequence[RefreshTokenRecord] = [
            replace(TOKEN, sha256=f"{n:064}", created_at=LATER) for n in range(4)
        ]
        won = await asyncio.gather(*(tokens.replace(TOKEN.sha256, one) for one in tries))
        assert sorted(won) == [False, False, False, True]
        assert await tokens.find(TOKEN.sha256) == replace(TOKEN, replaced_at=LATER)
        assert await tokens.find(tries[won.index(True)].sha256) == tries[won.index(True)]

    async def test_what_is_revoked_stays_so(self) -> None:
        """Promise 2."""
        tokens = SqlRefreshTokens(await self.make_database())
        other = replace(TOKEN, sha256="b" * 64, family="f2")
        for token in (TOKEN, other):
            await tokens.add(token)
        await tokens.revoke_family("f1", NOW)
        assert await tokens.find(TOKEN.sha256) == replace(TOKEN, revoked_at=NOW)
        assert await tokens.find(other.sha256) == other
        await tokens.revoke_all("alice", LATER)
        assert await tokens.find(TOKEN.sha256) == replace(TOKEN, revoked_at=NOW)
        assert await tokens.find(other.sha256) == replace(other, revoked_at=LATER)
        assert not await tokens.replace(other.sha256, replace(other, sha256="c" * 64))
        await tokens.prune(LATER)
        assert await tokens.find(other.sha256) is None


class AuditLogContract(DatabaseContract):
    """One test for each promise of `AuditLog`."""

    async def test_the_newest_comes_first_and_trust_is_in_it(self) -> None:
        """Promises 1 and 2."""
        database = await self.make_database()
        log = SqlAuditLog(database)
        made = AuditEvent(NOW, "namespace-add", "alice", "::1", "team", "team", "done")
        guessed = AuditEvent(LATER, "login", "", "::2", "", "", "refused", 7, {"names": 1})
        await log.add([made, guessed])
        signed = TrustEvent(NOW + timedelta(hours=1), GUN, TrustAct.PUBLISH, "bob", "::3", is_refused=False, detail={})  # fmt: skip
        await SqlTrustHistory(database).add_event(signed)
        found = await log.list(AuditQuery())
        assert [one.act for one in found] == ["login", f"trust-{TrustAct.PUBLISH}", "namespace-add"]
        assert replace(found[0], event_id="") == guessed
        assert found[1].target == str(GUN)
        assert len({one.event_id for one in found}) == 3
        for query, acts in (
            (AuditQuery(since=LATER), ["login"]),
            (AuditQuery(account="alice"), ["namespace-add"]),
            (AuditQuery(namespace="team", limit=1), [f"trust-{TrustAct.PUBLISH}"]),
        ):
            assert [one.act for one in await log.list(query)] == acts

    async def test_where_an_account_was_used_is_known(self) -> None:
        """Promise 3."""
        log = SqlAuditLog(await self.make_database())
        done = AuditEvent(NOW, "login", "alice", "192.0.2.7", "", "", "done")
        await log.add([done, replace(done, account="bob", outcome="refused")])
        assert await log.has_logged_in("alice", "192.0.2.", NOW)
        for account, network, since in (
            ("alice", "192.0.2.", LATER),
            ("alice", "192.0.3.", NOW),
            ("bob", "192.0.2.", NOW),
        ):
            assert not await log.has_logged_in(account, network, since)
