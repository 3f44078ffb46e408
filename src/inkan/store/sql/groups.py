"""The groups in SQL."""

import builtins
from collections.abc import Collection, Sequence

from inkan.errors import AccountUnknownError, GroupUnknownError
from inkan.store.records import GroupRecord, MemberRecord, MemberSource
from inkan.store.sql.database import Database, Statement, Transaction, from_micros, to_micros


class SqlGroups:
    """The `Groups` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, group: GroupRecord) -> None:
        """Keep a group."""
        await self._database.write(_add, group)

    async def remove(self, name: str) -> None:
        """Forget a group."""
        await self._database.write(_remove, name)

    async def list(self) -> Sequence[GroupRecord]:
        """Return every group, by name."""
        return await self._database.read(_list)

    async def members(self) -> Sequence[MemberRecord]:
        """Return every membership, by group and account."""
        return await self._database.read(_members)

    async def add_member(self, member: MemberRecord) -> None:
        """Put an account into a group."""
        await self._database.write(_add_member, member)

    async def remove_member(self, group: str, account: str) -> bool:
        """Take an account out of a group, whoever said that it is in; return whether it was."""
        return await self._database.write(_remove_member, group, account)

    async def set_claimed(self, account: str, groups: Collection[str]) -> None:
        """Keep which groups an identity provider says an account is in."""
        await self._database.write(_set_claimed, account, groups)


def _add(group: GroupRecord) -> Transaction[None]:
    yield Statement(
        "INSERT INTO account_groups (name, created_at, created_by) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
        (group.name, to_micros(group.created_at), group.created_by),
    )


def _remove(name: str) -> Transaction[None]:
    yield from _require(name)
    for statement in (
        "DELETE FROM group_members WHERE group_name = ?",
        "DELETE FROM policies WHERE subject_kind = 'group' AND subject = ?",
        "DELETE FROM account_groups WHERE name = ?",
    ):
        yield Statement(statement, (name,))


def _list() -> Transaction[builtins.list[GroupRecord]]:
    rows = yield Statement("SELECT name, created_at, created_by FROM account_groups ORDER BY name")
    return [GroupRecord(name, from_micros(at), by) for name, at, by in rows]


def _members() -> Transaction[builtins.list[MemberRecord]]:
    rows = yield Statement(
        "SELECT group_name, account, source FROM group_members ORDER BY group_name, account, source"
    )
    return [MemberRecord(group, account, MemberSource(source)) for group, account, source in rows]


def _add_member(member: MemberRecord) -> Transaction[None]:
    yield from _require(member.group)
    if not (yield Statement("SELECT 1 FROM accounts WHERE name = ?", (member.account,))):
        raise AccountUnknownError(member.account)
    yield _membership(member)


def _membership(member: MemberRecord) -> Statement:
    return Statement(
        "INSERT INTO group_members (group_name, account, source) VALUES (?, ?, ?) "
        "ON CONFLICT (group_name, account, source) DO NOTHING",
        (member.group, member.account, str(member.source)),
    )


def _remove_member(group: str, account: str) -> Transaction[bool]:
    rows = yield Statement(
        "SELECT 1 FROM group_members WHERE group_name = ? AND account = ?", (group, account)
    )
    yield Statement(
        "DELETE FROM group_members WHERE group_name = ? AND account = ?", (group, account)
    )
    return bool(rows)


def _set_claimed(account: str, groups: Collection[str]) -> Transaction[None]:
    known = {row[0] for row in (yield Statement("SELECT name FROM account_groups"))}
    yield Statement(
        "DELETE FROM group_members WHERE account = ? AND source = ?",
        (account, str(MemberSource.CLAIM)),
    )
    for group in sorted(known.intersection(groups)):
        yield _membership(MemberRecord(group, account, MemberSource.CLAIM))


def _require(name: str) -> Transaction[None]:
    if not (yield Statement("SELECT 1 FROM account_groups WHERE name = ?", (name,))):
        raise GroupUnknownError(name)
