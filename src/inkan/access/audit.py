"""The audit log, written: what was done at once, log-ins and refusals gathered.

An act is in the log before its caller hears of it. Log-ins and refusals can come by the thousand, also from strangers, so the same by the same from the same place is
one event with a number, written within ten seconds at first and then every hour; and no more than a few thousand different ones are told apart. A name that
nobody has is not kept: people type their passwords there.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inkan.access.throttle import network_of
from inkan.clock import Clock
from inkan.store.ports import AuditLog
from inkan.store.records import AuditEvent, AuditQuery

LOGIN, DONE, REFUSED = "login", "done", "refused"
_WRITTEN_EVERY = timedelta(hours=1)
_TOLD_APART = 4_000
_KNOWN_FOR = timedelta(days=90)
_KNOWN_REMEMBERED = 20_000
_STRANGE_FOR = timedelta(minutes=1)

_Key = tuple[str, str, str, str, str]


@dataclass(slots=True)
class _Gathered:
    event: AuditEvent
    times: int
    written_at: datetime | None


class AuditTrail:
    """Writes the audit log and reads it."""

    def __init__(self, log: AuditLog, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._gathered: OrderedDict[_Key, _Gathered] = OrderedDict()
        self._places: OrderedDict[tuple[str, str], tuple[bool, datetime]] = OrderedDict()

    async def record(self, event: AuditEvent) -> None:
        """Keep an event; it is durable when this returns."""
        await self._log.add([event])

    def gather(self, event: AuditEvent) -> None:
        """Take note of an event that may come again and again."""
        key = (event.act, event.account, event.address, event.namespace, event.outcome)
        found = self._gathered.get(key)
        if found is None and len(self._gathered) >= _TOLD_APART:
            event = replace(event, account="", address="", namespace="", target="", detail={})
            key = (event.act, "", "", "", event.outcome)
            found = self._gathered.get(key)
        if found is None:
            self._gathered[key] = _Gathered(event, 1, None)
            return
        if not found.times:
            found.event = event
        found.times += 1

    def logged_in(self, account: str, address: str) -> None:
        """Take note of a log-in, and that the account is used from there."""
        self._remember(account, network_of(address), is_known=True)
        self.gather(AuditEvent(self._clock.now(), LOGIN, account, address, "", "", DONE))

    def refused_log_in(self, account: str, address: str) -> None:
        """Take note of a failed log-in to an account that is there; of all others without a name."""
        self.gather(AuditEvent(self._clock.now(), LOGIN, account, address, "", "", REFUSED))

    async def knows(self, account: str, address: str) -> bool:
        """Return whether an account was logged in to from there, or from next door, lately."""
        network, now = network_of(address), self._clock.now()
        is_known, at = self._places.get((account, network), (False, None))
        if at is not None and now - at < (_KNOWN_FOR if is_known else _STRANGE_FOR):
            return is_known
        found = await self._log.has_logged_in(account, network, now - _KNOWN_FOR)
        self._remember(account, network, is_known=found)
        return found

    async def list(self, query: AuditQuery) -> Sequence[AuditEvent]:
        """Return events, the newest first, what is gathered among them."""
        await self.flush(is_last=True)
        return await self._log.list(query)

    async def flush(self, *, is_last: bool = False) -> None:
        """Write what is gathered and due; in the end, all of it."""
        now, due = self._clock.now(), []
        for key, one in list(self._gathered.items()):
            is_old = one.written_at is None or now - one.written_at >= _WRITTEN_EVERY
            if one.times and (is_old or is_last):
                due.append(replace(one.event, times=one.times))
                one.times, one.written_at = 0, now
            elif not one.times and is_old:
                del self._gathered[key]
        if due:
            await self._log.add(due)

    def _remember(self, account: str, network: str, *, is_known: bool) -> None:
        self._places[account, network] = (is_known, self._clock.now())
        self._places.move_to_end((account, network))
        while len(self._places) > _KNOWN_REMEMBERED:
            self._places.popitem(last=False)
