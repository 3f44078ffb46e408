"""The server's sealed keys in SQL."""

import builtins
from collections.abc import Sequence

from inkan.oci.reference import Gun
from inkan.store.records import OnlineKeyRecord, TokenKeyRecord
from inkan.store.sql.database import Database, Statement, Transaction, from_micros, to_micros
from inkan.tuf.roles import RoleName


class SqlOnlineKeys:
    """The `OnlineKeys` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, record: OnlineKeyRecord, newest: str | None) -> bool:
        """Keep a key if the newest of its role is still the one with this ID, or none; return whether it is kept."""
        return await self._database.write(_add_online, record, newest)

    async def list(self, gun: Gun, role: RoleName) -> Sequence[OnlineKeyRecord]:
        """Return the keys of a collection's role."""
        return await self._database.read(_list_online, gun, role)


class SqlTokenKeys:
    """The `TokenKeys` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_first(self, record: TokenKeyRecord) -> bool:
        """Keep a key if there is none at all; return whether it is kept."""
        return await self._database.write(_add_first_token, record)

    async def add(self, record: TokenKeyRecord) -> None:
        """Keep a key."""
        await self._database.write(_add_token, record)

    async def list(self) -> Sequence[TokenKeyRecord]:
        """Return every key."""
        return await self._database.read(_list_token)

    async def remove(self, key_id: str) -> None:
        """Forget a key."""
        await self._database.write(_remove_token, key_id)


def _add_online(record: OnlineKeyRecord, newest: str | None) -> Transaction[bool]:
    held = yield from _list_online(record.gun, record.role)
    if (held[0].key_id if held else None) != newest:
        return False
    yield Statement(
        "INSERT INTO online_keys (gun, role, key_id, public, sealed, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (
            str(record.gun),
            str(record.role),
            record.key_id,
            record.public,
            record.sealed,
            to_micros(record.created_at),
        ),
    )
    return True


def _list_online(gun: Gun, role: RoleName) -> Transaction[builtins.list[OnlineKeyRecord]]:
    rows = yield Statement(
        "SELECT key_id, public, sealed, created_at FROM online_keys WHERE gun = ? AND role = ? "
        "ORDER BY created_at DESC, key_id",
        (str(gun), str(role)),
    )
    return [
        OnlineKeyRecord(gun, role, key_id, public, sealed, from_micros(created_at))
        for key_id, public, sealed, created_at in rows
    ]


def _add_first_token(record: TokenKeyRecord) -> Transaction[bool]:
    if (yield from _list_token()):
        return False
    yield from _add_token(record)
    return True


def _add_token(record: TokenKeyRecord) -> Transaction[None]:
    yield Statement(
        "INSERT INTO token_keys (key_id, sealed, created_at) VALUES (?, ?, ?)",
        (record.key_id, record.sealed, to_micros(record.created_at)),
    )


def _list_token() -> Transaction[builtins.list[TokenKeyRecord]]:
    rows = yield Statement(
        "SELECT key_id, sealed, created_at FROM token_keys ORDER BY created_at DESC, key_id"
    )
    return [TokenKeyRecord(key_id, sealed, from_micros(at)) for key_id, sealed, at in rows]


def _remove_token(key_id: str) -> Transaction[None]:
    yield Statement("DELETE FROM token_keys WHERE key_id = ?", (key_id,))
