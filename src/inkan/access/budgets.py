"""Tries in hand that come back with time: for each of a bounded number of callers, and for all together."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from inkan.clock import Clock

_REMEMBERED = 20_000


@dataclass(slots=True)
class Budget:
    """Tries in hand, one more each span, up to what there was at first."""

    most: float
    every: timedelta
    left: float
    at: datetime

    def wait(self, now: datetime) -> timedelta:
        """Return how long it is until there is a try; nothing where there is one."""
        self.left = min(self.most, self.left + (now - self.at) / self.every)
        self.at = now
        return max(timedelta(0), (1 - self.left) * self.every)

    def spend(self) -> None:
        """Use up a try."""
        self.left -= 1

    def give_back(self) -> None:
        """Have a try again."""
        self.left = min(self.most, self.left + 1)


class Budgets:
    """A budget for each name; the ones that were not asked for longest are forgotten."""

    def __init__(self, most: float, every: timedelta, clock: Clock) -> None:
        self._most, self._every = most, every
        self._clock = clock
        self._found: OrderedDict[str, Budget] = OrderedDict()

    def of(self, name: str) -> Budget:
        """Return somebody's budget."""
        budget = self._found.get(name)
        if budget is None:
            budget = Budget(self._most, self._every, self._most, self._clock.now())
            self._found[name] = budget
        self._found.move_to_end(name)
        while len(self._found) > _REMEMBERED:
            self._found.popitem(last=False)
        return budget
