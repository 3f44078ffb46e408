"""Failed log-ins slow down further ones, and an account takes few guesses from strangers, from however many addresses they come.

Three things are counted. *By account and address*: after five failures each further one costs twice the wait of the one before, up to five minutes. *By
address alone*: the same after thirty, whatever the accounts. *By account*: addresses that have not logged in to it before have twenty tries in hand together, and
get one more each minute; all accounts together have a thousand, and one more each second. Who comes from where the account was used before does not
draw on what strangers have used up, so the true user gets in while somebody guesses; and an account is never locked, for that would let anybody lock out anybody.

A try is counted when it begins and given back when it succeeds: guesses that arrive all at once are no way around it.

Source: OWASP Authentication Cheat Sheet § Login Throttling; NIST SP 800-63B § 5.2.2.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from math import ceil

from inkan.access.budgets import Budget, Budgets
from inkan.clock import Clock
from inkan.errors import TooManyAttemptsError

_FREE_PER_ACCOUNT = 5
_FREE_PER_ADDRESS = 30
_LONGEST = timedelta(minutes=5)
_FORGOTTEN_AFTER = timedelta(hours=1)
_REMEMBERED = 20_000
_STRANGERS_TRIES = 20
_STRANGERS_EVERY = timedelta(minutes=1)
_ALL_TRIES = 1_000
_ALL_EVERY = timedelta(seconds=1)


@dataclass(slots=True)
class _Failures:
    count: int
    last: datetime


class Throttle:
    """Counts tries and says who has to wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()
        self._strangers = Budgets(_STRANGERS_TRIES, _STRANGERS_EVERY, clock)
        self._all = Budget(_ALL_TRIES, _ALL_EVERY, _ALL_TRIES, clock.now())

    def take_turn(self, account: str, address: str, *, is_known: bool) -> None:
        """Return if a log-in may be tried now; it counts as failed until it has succeeded.

        Args:
            account: the account's name as it was typed.
            address: where the caller is.
            is_known: whether the account was logged in to from there before.

        Raises:
            TooManyAttemptsError: if it has to wait; nothing may be checked until then.
        """
        wait = max(
            self._wait((account, address), _FREE_PER_ACCOUNT),
            self._wait(("", address), _FREE_PER_ADDRESS),
        )
        budgets = [] if is_known else [self._strangers.of(account), self._all]
        for budget in budgets:
            wait = max(wait, budget.wait(self._clock.now()))
        if wait > timedelta(0):
            raise TooManyAttemptsError(ceil(wait.total_seconds()))
        for budget in budgets:
            budget.spend()
        self._count(account, address)

    def succeeded(self, account: str, address: str, *, is_known: bool) -> None:
        """Give back a turn, and forget the failures of an account at an address; other accounts' failures there still count."""
        self._failures.pop((account, address), None)
        if (found := self._current(("", address))) is not None:
            found.count -= 1
        if not is_known:
            for budget in (self._strangers.of(account), self._all):
                budget.give_back()

    def _count(self, account: str, address: str) -> None:
        for key in ((account, address), ("", address)):
            found = self._current(key)
            count = found.count + 1 if found else 1
            self._failures[key] = _Failures(count, self._clock.now())
            self._failures.move_to_end(key)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def _wait(self, key: tuple[str, str], free: int) -> timedelta:
        found = self._current(key)
        if found is None or found.count < free:
            return timedelta(0)
        pause = min(timedelta(seconds=2.0 ** min(found.count - free, 20)), _LONGEST)
        return found.last + pause - self._clock.now()

    def _current(self, key: tuple[str, str]) -> _Failures | None:
        found = self._failures.get(key)
        if found is not None and self._clock.now() - found.last > _FORGOTTEN_AFTER:
            del self._failures[key]
            return None
        return found


def network_of(address: str) -> str:
    """Return the beginning of an address that its neighbours share: a /24, or a /64 of IPv6.

    >>> network_of("192.0.2.7"), network_of("2001:db8:1:2::7"), network_of("")
    ('192.0.2.', '2001:0db8:0001:0002:', '')
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed).rpartition(".")[0] + "."
    return parsed.exploded[:20]
