"""The accounts in SQL."""

import builtins
from collections.abc import Sequence

from inkan.errors import AccountExistsError, AccountUnknownError
from inkan.store.records import AccountKind, AccountRecord
from inkan.store.sql.database import Database, Row, Statement, Transaction, from_micros, to_micros

_COLUMNS = (
    "name, password_hash, is_admin, is_disabled, created_at, "
    "kind, display_name, email, issuer, subject"
)


class SqlAccounts:
    """The `Accounts` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_first(self, account: AccountRecord) -> bool:
        """Keep an account if there is none at all; return whether it is kept."""
        return await self._database.write(_add_first, account)

    async def put(self, account: AccountRecord) -> None:
        """Keep an account."""
        await self._database.write(put_account, account)

    async def find(self, name: str) -> AccountRecord | None:
        """Return an account."""
        return await self._database.read(find_account, name)

    async def find_identity(self, issuer: str, subject: str) -> AccountRecord | None:
        """Return the account of somebody whom an identity provider knows."""
        return await self._database.read(find_identity, issuer, subject)

    async def count(self) -> int:
        """Return how many accounts there are."""
        return await self._database.read(_count)

    async def list(self) -> Sequence[AccountRecord]:
        """Return every account."""
        return await self._database.read(_list)

    async def remove(self, name: str) -> None:
        """Forget an account."""
        await self._database.write(_remove, name)


def _add_first(account: AccountRecord) -> Transaction[bool]:
    if (yield from _count()):
        return False
    yield from put_account(account)
    return True


def put_account(account: AccountRecord) -> Transaction[None]:
    """Keep an account."""
    if account.issuer is not None and account.subject is not None:
        other = yield from find_identity(account.issuer, account.subject)
        if other is not None and other.name != account.name:
            raise AccountExistsError(other.name)
    yield Statement(
        f"INSERT INTO accounts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608 - a constant
        "ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, "
        "is_admin = excluded.is_admin, is_disabled = excluded.is_disabled, kind = excluded.kind, "
        "display_name = excluded.display_name, email = excluded.email, "
        "issuer = excluded.issuer, subject = excluded.subject",
        (
            account.name,
            account.password_hash,
            int(account.is_admin),
            int(account.is_disabled),
            to_micros(account.created_at),
            str(account.kind),
            account.display_name,
            account.email,
            account.issuer,
            account.subject,
        ),
    )


def find_account(name: str) -> Transaction[AccountRecord | None]:
    """Return an account."""
    rows = yield Statement(f"SELECT {_COLUMNS} FROM accounts WHERE name = ?", (name,))  # noqa: S608
    return _record(rows[0]) if rows else None


def find_identity(issuer: str, subject: str) -> Transaction[AccountRecord | None]:
    """Return the account of somebody whom an identity provider knows."""
    rows = yield Statement(
        f"SELECT {_COLUMNS} FROM accounts WHERE issuer = ? AND subject = ?",  # noqa: S608
        (issuer, subject),
    )
    return _record(rows[0]) if rows else None


def _count() -> Transaction[int]:
    rows = yield Statement("SELECT COUNT(*) FROM accounts")
    return int(rows[0][0])


def _list() -> Transaction[builtins.list[AccountRecord]]:
    rows = yield Statement(f"SELECT {_COLUMNS} FROM accounts ORDER BY name")  # noqa: S608
    return [_record(row) for row in rows]


def _remove(name: str) -> Transaction[None]:
    if (yield from find_account(name)) is None:
        raise AccountUnknownError(name)
    for statement in (
        "DELETE FROM api_keys WHERE account = ?",
        "DELETE FROM refresh_tokens WHERE account = ?",
        "DELETE FROM group_members WHERE account = ?",
        "DELETE FROM policies WHERE subject_kind = 'account' AND subject = ?",
        "DELETE FROM accounts WHERE name = ?",
    ):
        yield Statement(statement, (name,))


def _record(row: Row) -> AccountRecord:
    name, password_hash, is_admin, is_disabled, created_at, kind, display_name, email, issuer, subject = row  # fmt: skip
    return AccountRecord(
        name,
        password_hash,
        bool(is_admin),
        bool(is_disabled),
        from_micros(created_at),
        AccountKind(kind),
        display_name,
        email,
        issuer,
        subject,
    )
