"""The promises of the stores about log-ins by way of others."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from inkan.errors import AccountUnknownError, TrustedIssuerUnknownError
from inkan.store.records import AccountRecord, CodeKind, CodeRecord, Role, TrustedIssuerRecord
from inkan.store.sql.accounts import SqlAccounts
from inkan.store.sql.sign_on import SqlFederatedAccounts, SqlOneTimeCodes, SqlTrustedIssuers
from inkan.testing.expect import raises
from inkan.testing.facts_contract.samples import LATER, NOW, DatabaseContract

CODE = CodeRecord("a" * 64, CodeKind.DEVICE, LATER, "", "b" * 64, {"address": "192.0.2.7"})
CAROL = AccountRecord(
    "carol", "", is_admin=False, is_disabled=False, created_at=NOW, issuer="https://idp.test", subject="7"
)  # fmt: skip
BUILDS = TrustedIssuerRecord(
    "ci",
    "https://ci.test",
    "inkan",
    "repo:team/*",
    {"ref": "main"},
    "carol",
    frozenset({Role.PUSHER}),
    frozenset({"team"}),
    NOW,
    "admin",
)


class OneTimeCodesContract(DatabaseContract):
    """One test for each promise of `OneTimeCodes`."""

    async def test_a_code_is_taken_once(self) -> None:
        """Promise 1: also of several that take it at the same time."""
        codes = SqlOneTimeCodes(await self.make_database())
        await codes.add(CODE, NOW, most=9)
        assert await codes.find(CodeKind.DEVICE, CODE.sha256, NOW) == CODE
        assert await codes.find_second(CodeKind.DEVICE, "b" * 64, NOW) == CODE
        assert await codes.take(CodeKind.PASSCODE, CODE.sha256, NOW) is None
        taken = await asyncio.gather(
            *(codes.take(CodeKind.DEVICE, CODE.sha256, NOW) for _ in range(4))
        )
        assert [one for one in taken if one] == [CODE]

    async def test_what_has_ended_is_found_by_nobody(self) -> None:
        """Promise 2."""
        codes = SqlOneTimeCodes(await self.make_database())
        await codes.add(CODE, NOW, most=9)
        assert await codes.find(CodeKind.DEVICE, CODE.sha256, LATER) is None
        assert await codes.take(CodeKind.DEVICE, CODE.sha256, LATER) is None
        await codes.prune(LATER)
        assert await codes.find(CodeKind.DEVICE, CODE.sha256, NOW) is None

    async def test_a_code_is_changed_if_it_is_as_it_was(self) -> None:
        """Promise 3."""
        codes = SqlOneTimeCodes(await self.make_database())
        await codes.add(CODE, NOW, most=9)
        mine = replace(CODE, account="carol", expires_at=LATER - timedelta(seconds=1))
        assert await codes.replace(CODE, mine)
        assert not await codes.replace(CODE, replace(CODE, account="mallory"))
        assert await codes.find(CodeKind.DEVICE, CODE.sha256, NOW) == mine

    async def test_no_more_are_kept_than_may_be(self) -> None:
        """Promise 4: of this kind, and of those that have not ended."""
        codes = SqlOneTimeCodes(await self.make_database())
        assert await codes.add(CODE, NOW, most=1)
        another = replace(CODE, sha256="c" * 64, second_sha256="d" * 64)
        assert not await codes.add(another, NOW, most=1)
        assert await codes.find(CodeKind.DEVICE, another.sha256, NOW) is None
        assert await codes.add(replace(another, kind=CodeKind.STATE), NOW, most=1)
        assert await codes.add(replace(another, expires_at=LATER + timedelta(1)), LATER, most=1)


class FederatedAccountsContract(DatabaseContract):
    """One test for each promise of `FederatedAccounts`."""

    async def test_a_name_never_changes_its_owner(self) -> None:
        """Promise 1."""
        database = await self.make_database()
        federated, accounts = SqlFederatedAccounts(database), SqlAccounts(database)
        assert await federated.claim(CAROL) == CAROL
        renamed = replace(CAROL, name="other", email="c@x.test")
        assert await federated.claim(renamed) == replace(CAROL, email="c@x.test")
        assert await federated.claim(replace(CAROL, subject="8")) is None
        kept = await accounts.find("carol")
        assert kept is not None
        assert kept.subject == "7"
        assert await accounts.count() == 1


class TrustedIssuersContract(DatabaseContract):
    """One test for each promise of `TrustedIssuers`."""

    async def test_an_issuer_is_kept_replaced_and_forgotten(self) -> None:
        """Promises 1 to 3."""
        database = await self.make_database()
        issuers = SqlTrustedIssuers(database)
        async with raises(AccountUnknownError):
            await issuers.put(BUILDS)
        await SqlAccounts(database).put(CAROL)
        await issuers.put(replace(BUILDS, subject="repo:old/*"))
        await issuers.put(BUILDS)
        await issuers.put(replace(BUILDS, name="a"))
        assert await issuers.find("ci") == BUILDS
        assert [one.name for one in await issuers.list()] == ["a", "ci"]
        await issuers.remove("ci")
        assert await issuers.find("ci") is None
        async with raises(TrustedIssuerUnknownError):
            await issuers.remove("ci")
