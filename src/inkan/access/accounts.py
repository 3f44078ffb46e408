"""Accounts: who can log in with a password."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from weakref import WeakValueDictionary

from inkan import limits
from inkan.access.audit import AuditTrail
from inkan.access.passwords import PasswordChecker, hash_password, is_outdated
from inkan.access.principals import Principal
from inkan.access.throttle import Throttle
from inkan.clock import Clock
from inkan.errors import CredentialsInvalidError
from inkan.store.ports import Accounts, Policies
from inkan.store.records import AccountRecord


class AccountService:
    """Makes accounts, and checks who somebody is.

    Args:
        generation: of the facts: grows with every change; nothing where changes may go unnoticed.
    """

    def __init__(
        self,
        accounts: Accounts,
        policies: Policies,
        throttle: Throttle,
        audit: AuditTrail,
        clock: Clock,
        generation: Callable[[], int | None],
    ) -> None:
        self._generation = generation
        self._principals: OrderedDict[str, tuple[int, Principal]] = OrderedDict()
        self._accounts = accounts
        self._policies = policies
        self._throttle = throttle
        self._audit = audit
        self._clock = clock
        self._passwords = PasswordChecker(clock)
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

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
        # looked up anew as soon as anything has changed, anywhere; before the look-up, so that a change meanwhile counts
        generation = self._generation()
        kept = self._principals.get(name)
        if kept is not None and kept[0] == generation:
            return kept[1]
        account = await self._accounts.find(name)
        principal = Principal.of(account, await self._policies.grants_of(name) if account else ())
        if generation is not None and account is not None:
            self._principals[name] = (generation, principal)
            self._principals.move_to_end(name)
            if len(self._principals) > limits.PRINCIPALS_CACHED:
                self._principals.popitem(last=False)
        return principal

    async def log_in(self, name: str, password: str, address: str) -> Principal:
        """Return the principal that a name and a password prove.

        Raises:
            CredentialsInvalidError: if they prove none; it is not said why.
            TooManyAttemptsError: if there were too many failures before; nothing is checked then.
        """
        is_name = len(name) <= limits.ACCOUNT_NAME_CHARACTERS and name.isprintable()
        known_name = name if is_name else ""
        turn = self._turns.setdefault((known_name, address), asyncio.Lock())
        # one after the other: the first right one of a burst spares the others the cost, the first wrong ones make the others wait
        async with turn:
            account = await self._accounts.find(known_name)
            usable = account if account and not account.is_disabled else None
            hashed = usable.password_hash if usable else ""
            if not self._passwords.remembers(password, hashed):
                await self._check(known_name, account, hashed, password, address)
        if usable is None:
            raise CredentialsInvalidError
        return Principal.of(usable, await self._policies.grants_of(usable.name))

    async def _check(
        self, name: str, account: AccountRecord | None, hashed: str, password: str, address: str
    ) -> None:
        is_known = await self._audit.knows(name, address)
        self._throttle.take_turn(name, address, is_known=is_known)
        if not await self._passwords.check(password, hashed) or account is None:
            self._audit.refused_log_in(account.name if account else "", address)
            raise CredentialsInvalidError
        self._throttle.succeeded(name, address, is_known=is_known)
        self._audit.logged_in(name, address)
        if is_outdated(hashed):
            # the cost of a hash grows over the years; only now do we have the password to hash anew
            await self._accounts.put(replace(account, password_hash=hash_password(password)))
