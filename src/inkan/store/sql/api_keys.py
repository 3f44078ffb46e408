"""The API keys in SQL."""

import builtins
from collections.abc import Sequence
from datetime import datetime

from inkan.errors import ApiKeyUnknownError
from inkan.store.records import ApiKeyRecord, Role
from inkan.store.sql.database import Database, Row, Statement, Transaction, from_micros, to_micros

_COLUMNS = (
    "id, account, name, secret_sha256, created_at, expires_at, last_used_at, revoked_at, "
    "roles, namespaces"
)


class SqlApiKeys:
    """The `ApiKeys` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ApiKeyRecord) -> None:
        """Keep a key."""
        await self._database.write(_add, key)

    async def find(self, key_id: str) -> ApiKeyRecord | None:
        """Return a key."""
        return await self._database.read(_find, key_id)

    async def list(self, account: str | None) -> Sequence[ApiKeyRecord]:
        """Return the keys of an account, or all."""
        return await self._database.read(_list, account)

    async def note_use(self, key_id: str, at: datetime) -> None:
        """Keep when a key was used last."""
        await self._database.write(_note_use, key_id, at)

    async def revoke(self, key_id: str, at: datetime) -> None:
        """End a key."""
        await self._database.write(_revoke, key_id, at)


def _add(key: ApiKeyRecord) -> Transaction[None]:
    yield Statement(
        f"INSERT INTO api_keys ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        (
            key.key_id,
            key.account,
            key.name,
            key.secret_sha256,
            to_micros(key.created_at),
            _micros(key.expires_at),
            _micros(key.last_used_at),
            _micros(key.revoked_at),
            " ".join(sorted(key.roles)),
            " ".join(sorted(key.namespaces)),
        ),
    )


def _find(key_id: str) -> Transaction[ApiKeyRecord | None]:
    rows = yield Statement(f"SELECT {_COLUMNS} FROM api_keys WHERE id = ?", (key_id,))  # noqa: S608
    return _record(rows[0]) if rows else None


def _list(account: str | None) -> Transaction[builtins.list[ApiKeyRecord]]:
    where, values = ("WHERE account = ? ", (account,)) if account is not None else ("", ())
    rows = yield Statement(
        f"SELECT {_COLUMNS} FROM api_keys {where}ORDER BY created_at, id",  # noqa: S608
        values,
    )
    return [_record(row) for row in rows]


def _note_use(key_id: str, at: datetime) -> Transaction[None]:
    yield Statement("UPDATE api_keys SET last_used_at = ? WHERE id = ?", (to_micros(at), key_id))


def _revoke(key_id: str, at: datetime) -> Transaction[None]:
    if (yield from _find(key_id)) is None:
        raise ApiKeyUnknownError(key_id)
    yield Statement(
        "UPDATE api_keys SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
        (to_micros(at), key_id),
    )


def _record(row: Row) -> ApiKeyRecord:
    key_id, account, name, sha256, created, expires, last_used, revoked, roles, namespaces = row
    return ApiKeyRecord(
        key_id,
        account,
        name,
        sha256,
        from_micros(created),
        _instant(expires),
        _instant(last_used),
        _instant(revoked),
        frozenset(Role(word) for word in roles.split()),
        frozenset(namespaces.split()),
    )


def _micros(instant: datetime | None) -> int | None:
    return None if instant is None else to_micros(instant)


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
