"""Failed log-ins slow down further ones: by account and address together, and by address alone.

A guesser at one address waits longer and longer; the true user, who comes from another, does not wait at all. An account is never locked: that
would let anybody lock out anybody.

Source: OWASP Authentication Cheat Sheet § Login Throttling; NIST SP 800-63B § 5.2.2.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from inkan.clock import Clock
from inkan.errors import TooManyAttemptsError

_FREE_PER_ACCOUNT = 5
_FREE_PER_ADDRESS = 30
_LONGEST = timedelta(minutes=5)
_FORGOTTEN_AFTER = timedelta(hours=1)
_REMEMBERED = 20_000


@dataclass(slots=True)
class _Failures:
    count: int
    last: datetime


class Throttle:
    """Counts failures and says who has to wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()

    def require_turn(self, account: str, address: str) -> None:
        """Return if a log-in may be tried now.

        Raises:
            TooManyAttemptsError: if it has to wait; nothing is checked until then.
        """
        wait = max(
            self._wait((account, address), _FREE_PER_ACCOUNT),
            self._wait(("", address), _FREE_PER_ADDRESS),
        )
        if wait > timedelta(0):
            raise TooManyAttemptsError(ceil(wait.total_seconds()))

    def failed(self, account: str, address: str) -> None:
        """Take note of a failed log-in."""
        for key in ((account, address), ("", address)):
            found = self._current(key)
            count = found.count + 1 if found else 1
            self._failures[key] = _Failures(count, self._clock.now())
            self._failures.move_to_end(key)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """Forget the failures of an account at an address; other accounts' failures there still count."""
        self._failures.pop((account, address), None)

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
