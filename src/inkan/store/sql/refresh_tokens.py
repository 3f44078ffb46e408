"""The refresh tokens in SQL."""

from datetime import datetime

from inkan.store.records import RefreshTokenRecord
from inkan.store.sql.database import Database, Statement, Transaction, from_micros, to_micros

_COLUMNS = "sha256, family, account, created_at, expires_at, replaced_at, revoked_at"


class SqlRefreshTokens:
    """The `RefreshTokens` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, token: RefreshTokenRecord) -> None:
        """Keep a token."""
        await self._database.write(_add, token)

    async def find(self, sha256: str) -> RefreshTokenRecord | None:
        """Return a token."""
        return await self._database.read(_find, sha256)

    async def replace(self, sha256: str, by: RefreshTokenRecord) -> bool:
        """Keep a token in place of another; return whether that was still good."""
        return await self._database.write(_replace, sha256, by)

    async def revoke_family(self, family: str, at: datetime) -> None:
        """End a token and all that were handed out for it."""
        await self._database.write(_revoke, "family", family, at)

    async def revoke_all(self, account: str, at: datetime) -> None:
        """End every token of an account."""
        await self._database.write(_revoke, "account", account, at)

    async def prune(self, before: datetime) -> None:
        """Forget the tokens that had ended by then."""
        await self._database.write(_prune, before)


def _add(token: RefreshTokenRecord) -> Transaction[None]:
    yield Statement(
        f"INSERT INTO refresh_tokens ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, NULL, NULL)",  # noqa: S608 - a constant
        (
            token.sha256,
            token.family,
            token.account,
            to_micros(token.created_at),
            to_micros(token.expires_at),
        ),
    )


def _find(sha256: str) -> Transaction[RefreshTokenRecord | None]:
    rows = yield Statement(
        f"SELECT {_COLUMNS} FROM refresh_tokens WHERE sha256 = ?",  # noqa: S608 - a constant
        (sha256,),
    )
    if not rows:
        return None
    kept, family, account, created, expires, replaced, revoked = rows[0]
    return RefreshTokenRecord(
        kept,
        family,
        account,
        from_micros(created),
        from_micros(expires),
        None if replaced is None else from_micros(replaced),
        None if revoked is None else from_micros(revoked),
    )


def _replace(sha256: str, by: RefreshTokenRecord) -> Transaction[bool]:
    old = yield from _find(sha256)
    if old is None or old.replaced_at is not None or old.revoked_at is not None:
        return False
    yield Statement(
        "UPDATE refresh_tokens SET replaced_at = ? WHERE sha256 = ?",
        (to_micros(by.created_at), sha256),
    )
    yield from _add(by)
    return True


def _revoke(column: str, value: str, at: datetime) -> Transaction[None]:
    yield Statement(
        f"UPDATE refresh_tokens SET revoked_at = ? WHERE {column} = ? AND revoked_at IS NULL",  # noqa: S608 - a column of ours
        (to_micros(at), value),
    )


def _prune(before: datetime) -> Transaction[None]:
    yield Statement("DELETE FROM refresh_tokens WHERE expires_at <= ?", (to_micros(before),))
