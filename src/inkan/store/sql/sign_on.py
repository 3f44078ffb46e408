"""Codes that are good once, federated accounts and trusted issuers, in SQL."""

import builtins
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from inkan.errors import AccountUnknownError, TrustedIssuerUnknownError
from inkan.store.records import AccountRecord, CodeKind, CodeRecord, Role, TrustedIssuerRecord
from inkan.store.sql.accounts import find_account, find_identity, put_account
from inkan.store.sql.database import Database, Row, Statement, Transaction, from_micros, to_micros

_CODE = "sha256, kind, expires_at, account, second_sha256, detail"
_ISSUER = "name, issuer, audience, subject, claims, account, roles, namespaces, created_at, created_by"  # fmt: skip


class SqlOneTimeCodes:
    """The `OneTimeCodes` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, code: CodeRecord, now: datetime, *, most: int) -> bool:
        """Keep a code; return whether there was room."""
        return await self._database.write(_add_code, code, now, most)

    async def find(self, kind: CodeKind, sha256: str, now: datetime) -> CodeRecord | None:
        """Return a code that is good."""
        return await self._database.read(_find_code, "sha256", kind, sha256, now)

    async def find_second(self, kind: CodeKind, sha256: str, now: datetime) -> CodeRecord | None:
        """Return a good code by its second text."""
        return await self._database.read(_find_code, "second_sha256", kind, sha256, now)

    async def take(self, kind: CodeKind, sha256: str, now: datetime) -> CodeRecord | None:
        """Return a good code for the last time."""
        return await self._database.write(_take_code, kind, sha256, now)

    async def replace(self, old: CodeRecord, new: CodeRecord) -> bool:
        """Change a code; return whether it was still as it was."""
        return await self._database.write(_replace_code, old, new)

    async def prune(self, now: datetime) -> None:
        """Forget what has ended."""
        await self._database.write(_prune_codes, now)


class SqlFederatedAccounts:
    """The `FederatedAccounts` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, account: AccountRecord) -> AccountRecord | None:
        """Return somebody's account, made if it has to be."""
        return await self._database.write(_claim, account)


class SqlTrustedIssuers:
    """The `TrustedIssuers` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, issuer: TrustedIssuerRecord) -> None:
        """Keep whose word is taken."""
        await self._database.write(_put_issuer, issuer)

    async def find(self, name: str) -> TrustedIssuerRecord | None:
        """Return one."""
        return await self._database.read(_find_issuer, name)

    async def list(self) -> Sequence[TrustedIssuerRecord]:
        """Return all."""
        return await self._database.read(_list_issuers)

    async def remove(self, name: str) -> None:
        """Take somebody's word no longer."""
        await self._database.write(_remove_issuer, name)


def _add_code(code: CodeRecord, now: datetime, most: int) -> Transaction[bool]:
    rows = yield Statement(
        "SELECT COUNT(*) FROM one_time_codes WHERE kind = ? AND expires_at > ?",
        (str(code.kind), to_micros(now)),
    )
    # servers that look at the same time may each add one more: it is a bound, not a count
    if rows[0][0] >= most:
        return False
    detail, ends = json.dumps(dict(code.detail), sort_keys=True), to_micros(code.expires_at)
    yield Statement(
        f"INSERT INTO one_time_codes ({_CODE}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        (code.sha256, str(code.kind), ends, code.account, code.second_sha256, detail),
    )
    return True


def _find_code(
    column: str, kind: CodeKind, sha256: str, now: datetime
) -> Transaction[CodeRecord | None]:
    rows = yield Statement(
        f"SELECT {_CODE} FROM one_time_codes WHERE kind = ? AND {column} = ? AND expires_at > ?",  # noqa: S608 - columns of ours
        (str(kind), sha256, to_micros(now)),
    )
    return _code(rows[0]) if rows else None


def _take_code(kind: CodeKind, sha256: str, now: datetime) -> Transaction[CodeRecord | None]:
    rows = yield Statement(
        f"DELETE FROM one_time_codes WHERE kind = ? AND sha256 = ? AND expires_at > ? RETURNING {_CODE}",  # noqa: S608 - a constant
        (str(kind), sha256, to_micros(now)),
    )
    return _code(rows[0]) if rows else None


def _replace_code(old: CodeRecord, new: CodeRecord) -> Transaction[bool]:
    rows = yield Statement(
        "UPDATE one_time_codes SET account = ?, expires_at = ?, detail = ? "
        "WHERE kind = ? AND sha256 = ? AND account = ? AND detail = ? RETURNING kind",
        (
            new.account,
            to_micros(new.expires_at),
            json.dumps(dict(new.detail), sort_keys=True),
            str(old.kind),
            old.sha256,
            old.account,
            json.dumps(dict(old.detail), sort_keys=True),
        ),
    )
    return bool(rows)


def _prune_codes(now: datetime) -> Transaction[None]:
    yield Statement("DELETE FROM one_time_codes WHERE expires_at <= ?", (to_micros(now),))


def _code(row: Row) -> CodeRecord:
    sha256, kind, ends, account, second, detail = row
    return CodeRecord(
        sha256, CodeKind(kind), from_micros(ends), account, second, json.loads(detail)  # noqa: TID251 - our own row
    )  # fmt: skip


def _claim(account: AccountRecord) -> Transaction[AccountRecord | None]:
    if account.issuer is None or account.subject is None:
        return None
    known = yield from find_identity(account.issuer, account.subject)
    if known is None:
        # whoever has the name here keeps it: an address or a name at the provider proves nothing
        if (yield from find_account(account.name)) is not None:
            return None
        yield from put_account(account)
        return account
    now_called = replace(known, display_name=account.display_name, email=account.email)
    if now_called != known:
        yield from put_account(now_called)
    return now_called


def _put_issuer(issuer: TrustedIssuerRecord) -> Transaction[None]:
    if (yield from find_account(issuer.account)) is None:
        raise AccountUnknownError(issuer.account)
    yield Statement("DELETE FROM trusted_issuers WHERE name = ?", (issuer.name,))
    yield Statement(
        f"INSERT INTO trusted_issuers ({_ISSUER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        (
            issuer.name,
            issuer.issuer,
            issuer.audience,
            issuer.subject,
            json.dumps(dict(issuer.claims), sort_keys=True),
            issuer.account,
            " ".join(sorted(issuer.roles)),
            " ".join(sorted(issuer.namespaces)),
            to_micros(issuer.created_at),
            issuer.created_by,
        ),
    )


def _find_issuer(name: str) -> Transaction[TrustedIssuerRecord | None]:
    rows = yield Statement(f"SELECT {_ISSUER} FROM trusted_issuers WHERE name = ?", (name,))  # noqa: S608
    return _issuer(rows[0]) if rows else None


def _list_issuers() -> Transaction[builtins.list[TrustedIssuerRecord]]:
    rows = yield Statement(f"SELECT {_ISSUER} FROM trusted_issuers ORDER BY name")  # noqa: S608
    return [_issuer(row) for row in rows]


def _remove_issuer(name: str) -> Transaction[None]:
    if not (yield Statement("DELETE FROM trusted_issuers WHERE name = ? RETURNING name", (name,))):
        raise TrustedIssuerUnknownError(name)


def _issuer(row: Row) -> TrustedIssuerRecord:
    name, issuer, audience, subject, claims, account, roles, namespaces, at, by = row
    return TrustedIssuerRecord(
        name,
        issuer,
        audience,
        subject,
        json.loads(claims),  # noqa: TID251 - our own row
        account,
        frozenset(Role(role) for role in roles.split()),
        frozenset(namespaces.split()),
        from_micros(at),
        by,
    )
