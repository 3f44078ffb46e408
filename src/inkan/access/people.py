"""People and service ids: made, changed and ended by administrators."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from inkan.access.log_in import RESERVED
from inkan.access.passwords import hash_password
from inkan.access.refresh_tokens import RefreshTokenService
from inkan.clock import Clock
from inkan.errors import (
    AccountExistsError,
    AccountUnknownError,
    LastAdministratorError,
    RequestInvalidError,
)
from inkan.store.ports import Accounts
from inkan.store.records import AccountKind, AccountRecord

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,127}\Z")
_TEXT_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a new account is to be.

    Attributes:
        password: empty for none: a service id has keys only.
    """

    name: str
    kind: AccountKind
    password: str
    display_name: str
    email: str
    is_admin: bool


class PeopleService:
    """Keeps the accounts."""

    def __init__(
        self, accounts: Accounts, refresh_tokens: RefreshTokenService, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._refresh_tokens = refresh_tokens
        self._clock = clock

    async def list(self, kind: AccountKind | None) -> Sequence[AccountRecord]:
        """Return every account, or those of a kind."""
        return [one for one in await self._accounts.list() if kind in (None, one.kind)]

    async def get(self, name: str) -> AccountRecord:
        """Return an account.

        Raises:
            AccountUnknownError: if there is none.
        """
        found = await self._accounts.find(name) if _NAME.match(name) else None
        if found is None:
            raise AccountUnknownError(name[:128])
        return found

    async def add(self, newcomer: Newcomer) -> AccountRecord:
        """Make an account.

        Raises:
            RequestInvalidError: if its name or its password cannot be one.
            AccountExistsError: if it is there.
        """
        require_account_name(newcomer.name)
        if newcomer.kind is AccountKind.SERVICE and (newcomer.password or newcomer.is_admin):
            raise RequestInvalidError(
                "a service id has API keys, no password, and is no administrator"
            )
        if newcomer.kind is AccountKind.PERSON and not newcomer.password:
            raise RequestInvalidError("a person needs a password")
        for text in (newcomer.display_name, newcomer.email):
            if len(text) > _TEXT_CHARACTERS or not text.isprintable():
                raise RequestInvalidError(f"a name is at most {_TEXT_CHARACTERS} printable characters")  # fmt: skip
        if await self._accounts.find(newcomer.name) is not None:
            raise AccountExistsError(newcomer.name)
        record = AccountRecord(
            newcomer.name,
            hash_password(newcomer.password) if newcomer.password else "",
            newcomer.is_admin,
            is_disabled=False,
            created_at=self._clock.now(),
            kind=newcomer.kind,
            display_name=newcomer.display_name,
            email=newcomer.email,
        )
        await self._accounts.put(record)
        return record

    async def set_password(self, name: str, password: str) -> None:
        """Give a person a new password; what was handed out for the old one ends.

        Raises:
            AccountUnknownError: if there is no such account.
            RequestInvalidError: if it cannot have one, or that cannot be one.
        """
        account = await self.get(name)
        if account.kind is AccountKind.SERVICE:
            raise RequestInvalidError(
                f"{name} is a service id; make it a key: inkan api-key-create"
            )
        if account.issuer is not None:
            raise RequestInvalidError(
                f"{name} logs in at {account.issuer}, and has no password here"
            )
        await self._accounts.put(replace(account, password_hash=hash_password(password)))
        await self._refresh_tokens.revoke_all(name)

    async def set_disabled(self, name: str, *, is_disabled: bool) -> None:
        """Keep an account out from now on, or let it in again.

        Raises:
            AccountUnknownError: if there is no such account.
            LastAdministratorError: if nobody else administers.
        """
        account = await self.get(name)
        if is_disabled:
            await self._require_another_administrator(account)
            await self._refresh_tokens.revoke_all(name)
        await self._accounts.put(replace(account, is_disabled=is_disabled))

    async def remove(self, name: str) -> None:
        """Forget an account and everything it had.

        Raises:
            AccountUnknownError: if there is no such account.
            LastAdministratorError: if nobody else administers.
        """
        await self._require_another_administrator(await self.get(name))
        await self._accounts.remove(name)

    async def _require_another_administrator(self, account: AccountRecord) -> None:
        others = (one for one in await self._accounts.list() if one.name != account.name)
        if account.is_admin and not any(one.is_admin and not one.is_disabled for one in others):
            raise LastAdministratorError(account.name)


def require_account_name(name: str) -> None:
    """Return if a name can be an account's.

    Raises:
        RequestInvalidError: if it cannot.
    """
    if not _NAME.match(name):
        raise RequestInvalidError(
            f"{name[:40]!r} cannot be an account: 1 to 128 letters, digits and . _ @ + -"
        )
    if name.lower() in RESERVED:
        raise RequestInvalidError(f"{name} means a kind of log-in, and cannot be an account")
