"""The accounts in SQL."""

from inkan.store.records import AccountRecord
from inkan.store.sql.database import Database, Statement, Transaction, from_micros, to_micros

_COLUMNS = "name, password_hash, is_admin, is_disabled, created_at"


class SqlAccounts:
    """The `Accounts` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_first(self, account: AccountRecord) -> bool:
        """Keep an account if there is none at all; return whether it is kept."""
        return await self._database.write(_add_first, account)

    async def put(self, account: AccountRecord) -> None:
        """Keep an account."""
        await self._database.write(_put, account)

    async def find(self, name: str) -> AccountRecord | None:
        """Return an account."""
        return await self._database.read(_find, name)

    async def count(self) -> int:
        """Return how many accounts there are."""
        return await self._database.read(_count)


def _add_first(account: AccountRecord) -> Transaction[bool]:
    if (yield from _count()):
        return False
    yield from _put(account)
    return True


def _put(account: AccountRecord) -> Transaction[None]:
    yield Statement(
        f"INSERT INTO accounts ({_COLUMNS}) VALUES (?, ?, ?, ?, ?) "  # noqa: S608 - a constant
        "ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, "
        "is_admin = excluded.is_admin, is_disabled = excluded.is_disabled",
        (
            account.name,
            account.password_hash,
            int(account.is_admin),
            int(account.is_disabled),
            to_micros(account.created_at),
        ),
    )


def _find(name: str) -> Transaction[AccountRecord | None]:
    rows = yield Statement(f"SELECT {_COLUMNS} FROM accounts WHERE name = ?", (name,))  # noqa: S608
    if not rows:
        return None
    kept_name, password_hash, is_admin, is_disabled, created_at = rows[0]
    return AccountRecord(
        kept_name, password_hash, bool(is_admin), bool(is_disabled), from_micros(created_at)
    )


def _count() -> Transaction[int]:
    rows = yield Statement("SELECT COUNT(*) FROM accounts")
    return int(rows[0][0])
