"""Accounts: who can log in."""

from inkan import limits
from inkan.access.passwords import PasswordChecker, hash_password
from inkan.access.principals import Principal
from inkan.access.throttle import Throttle
from inkan.clock import Clock
from inkan.errors import CredentialsInvalidError
from inkan.store.ports import Accounts, Policies
from inkan.store.records import AccountRecord


class AccountService:
    """Makes accounts, and checks who somebody is."""

    def __init__(
        self, accounts: Accounts, policies: Policies, throttle: Throttle, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._policies = policies
        self._throttle = throttle
        self._clock = clock
        self._passwords = PasswordChecker(clock)

    async def exist(self) -> bool:
        """Return whether there is any account."""
        return await self._accounts.count() > 0

    async def create_first(self, name: str, password: str) -> bool:
        """Make an administrator's account if there is no account at all; return whether it is made.

        Raises:
            RequestInvalidError: if the password cannot be one.
        """
        password_hash, now = hash_password(password), self._clock.now()
        return await self._accounts.add_first(
            AccountRecord(name, password_hash, is_admin=True, is_disabled=False, created_at=now)
        )

    async def create(self, name: str, password: str, *, is_admin: bool) -> None:
        """Make an account, or give one a new password.

        Raises:
            RequestInvalidError: if the password cannot be one.
        """
        password_hash = hash_password(password)
        now = self._clock.now()
        await self._accounts.put(
            AccountRecord(name, password_hash, is_admin, is_disabled=False, created_at=now)
        )

    async def principal(self, name: str) -> Principal:
        """Return the principal of an account, as it is now; nobody where there is no such account."""
        account = await self._accounts.find(name)
        return Principal.of(account, await self._policies.grants_of(name))

    async def log_in(self, name: str, password: str, address: str) -> Principal:
        """Return the principal that a name and a password prove.

        Raises:
            CredentialsInvalidError: if they prove none; it is not said why.
            TooManyAttemptsError: if there were too many failures before; nothing is checked then.
        """
        known_name = name if len(name) <= limits.ACCOUNT_NAME_CHARACTERS else ""
        self._throttle.require_turn(known_name, address)
        account = await self._accounts.find(known_name)
        usable = account if account and not account.is_disabled else None
        right = await self._passwords.check(password, usable.password_hash if usable else None)
        if usable is None or not right:
            self._throttle.failed(known_name, address)
            raise CredentialsInvalidError
        self._throttle.succeeded(known_name, address)
        return Principal.of(usable, await self._policies.grants_of(usable.name))
