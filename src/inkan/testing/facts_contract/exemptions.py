"""The promises of the store of what scanners leave out."""

from inkan.errors import ExemptionUnknownError, NamespaceUnknownError, RequestInvalidError
from inkan.oci.reference import Namespace
from inkan.store.records import Act, Exemption, ExemptionScope, IssueType, NamespaceRecord
from inkan.store.sql.exemptions import SqlExemptions
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.testing.expect import raises
from inkan.testing.facts_contract.samples import ACT, LATER, NOW, DatabaseContract

TEAM = Namespace("team")


def exemption(scope: str, issue_id: str = "CVE-2021-44228") -> Exemption:
    """Return an exemption of a vulnerability."""
    return Exemption(ExemptionScope.parse(scope), IssueType.CVE, issue_id)


class ExemptionsContract(DatabaseContract):
    """One test for each promise of `Exemptions`."""

    async def test_exemptions_are_kept_where_there_is_a_namespace(self) -> None:
        """Promise 1."""
        database = await self.make_database()
        exemptions, namespaces = SqlExemptions(database), SqlNamespaces(database)
        async with raises(NamespaceUnknownError):
            await exemptions.add(exemption("team/app:1"), ACT, 9)
        await namespaces.add(NamespaceRecord(TEAM, NOW, "a"), 9)
        for scope in ("team/app:1", "*"):
            await exemptions.add(exemption(scope), ACT, 2)
        async with raises(RequestInvalidError):
            await exemptions.add(exemption("team"), ACT, 2)
        found = await exemptions.list(None)
        assert [str(one.exemption.scope) for one in found] == ["*", "team/app:1"]
        assert found[0].made == ACT

    async def test_what_is_there_stays_whose_it_was(self) -> None:
        """Promise 2."""
        exemptions = SqlExemptions(await self.make_database())
        await exemptions.add(exemption("*"), ACT, 1)
        again = await exemptions.add(exemption("*"), Act("somebody else", LATER), 1)
        assert again.made == ACT
        await exemptions.remove(exemption("*"))
        async with raises(ExemptionUnknownError):
            await exemptions.remove(exemption("*"))

    async def test_a_namespace_takes_its_exemptions_along(self) -> None:
        """Promise 3."""
        database = await self.make_database()
        exemptions, namespaces = SqlExemptions(database), SqlNamespaces(database)
        other = Namespace("team2")
        for name in (TEAM, other):
            await namespaces.add(NamespaceRecord(name, NOW, "a"), 9)
        for scope in ("*", "team", "team/app", "team2"):
            await exemptions.add(exemption(scope), ACT, 9)
        held = await exemptions.list(TEAM)
        assert [str(one.exemption.scope) for one in held] == ["*", "team", "team/app"]
        await namespaces.remove(TEAM, force=True)
        left = await exemptions.list(None)
        assert [str(one.exemption.scope) for one in left] == ["*", "team2"]
