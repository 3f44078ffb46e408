"""Log-ins that anybody may begin, before anybody has proven to be anybody: few from one place.

An address, or a /64 of IPv6, has thirty in hand and gets one more every five seconds: an office behind one address does not notice, and what one caller can leave waiting is
a hundred and fifty. How many wait in all is bounded where they are kept.
"""

from datetime import timedelta
from ipaddress import ip_address
from math import ceil

from inkan.access.budgets import Budgets
from inkan.clock import Clock
from inkan.errors import TooManyAttemptsError

_TRIES = 30
_EVERY = timedelta(seconds=5)
BEGUN = "too many log-ins were begun"


class Starts:
    """Says who has to wait before they begin another log-in."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._budgets = Budgets(_TRIES, _EVERY, clock)

    def take_turn(self, address: str) -> None:
        """Return if another log-in may begin from there now.

        Raises:
            TooManyAttemptsError: if it has to wait.
        """
        budget = self._budgets.of(_place(address))
        wait = budget.wait(self._clock.now())
        if wait > timedelta(0):
            raise TooManyAttemptsError(ceil(wait.total_seconds()), BEGUN)
        budget.spend()


def _place(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    # whoever has one address of IPv6 has all of its /64
    return str(parsed) if parsed.version == 4 else parsed.exploded[:19]
