"""Quotas for what is kept and for what is pulled: of the whole registry, and of namespaces.

The push or pull that crosses a limit is let finish, the next is refused. A push begins with its first upload and ends with its manifest; a pull begins when its
manifest is asked for, and the blobs of that repository come after it. So, over the limit, manifests are refused, and blobs go on to who had begun in time: each
once, and what broke off is resumed, for half an hour. A client that still has the manifest (docker) so gets no blob a second time either.

Pulled bytes are counted in memory, also those of answers that are repeated from memory, and written down together every few seconds (every minute where there is no limit) and at the end: a pull costs
no write. A crash forgets what was counted since; a transfer that breaks off counts whole. Storage is counted anew from the facts when it matters, so
that it cannot drift; between two counts, what is pushed here is added, which is never too little.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from inkan.clock import Clock
from inkan.errors import QuotaExceededError
from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName
from inkan.store.ports import Usage
from inkan.store.records import Event, EventKind, Quota

WHOLE = ""
"""The name of the whole registry, where namespaces have theirs."""

_GRACE = timedelta(minutes=30)
_PUSH_PARTS = 128  # docker's images have at most 127 layers
_RESUMPTIONS = 5
_REMEMBERED, _PARTS = 1_000, 256
_WRITE_EVERY = timedelta(minutes=1)
_COUNT_LASTS = timedelta(seconds=5)
_NO_QUOTA = Quota()


@dataclass(slots=True)
class _Count:
    """A count of what is kept, and what has come since."""

    at: datetime
    counted_bytes: int
    added_bytes: int = 0


@dataclass(slots=True)
class _Start:
    """Since when somebody is at it, and how often they had which part."""

    at: datetime
    taken: dict[str, int] = field(default_factory=dict)


class Begun:
    """Who has begun something in time, for a while; the oldest are forgotten first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._starts: OrderedDict[tuple[str, str], _Start] = OrderedDict()

    def begin(self, account: str, repository: str) -> None:
        """Remember that somebody begins anew."""
        self._starts[account, repository] = _Start(self._clock.now())
        self._starts.move_to_end((account, repository))
        if len(self._starts) > _REMEMBERED:
            self._starts.popitem(last=False)

    def end(self, account: str, repository: str) -> None:
        """Forget it."""
        self._starts.pop((account, repository), None)

    def take(self, account: str, repository: str, part: str, times: int) -> bool:
        """Return whether somebody who has begun may have a part, which they may so often; it is then had once more."""
        start = self._starts.get((account, repository))
        if start is None or self._clock.now() - start.at > _GRACE:
            return False
        taken = start.taken.get(part, 0)
        if taken >= times or len(start.taken) >= _PARTS:
            return False
        start.taken[part] = taken + 1
        return True

    def allow_anew(self) -> None:
        """Let everybody have every part again: there is another limit now."""
        for start in self._starts.values():
            start.taken.clear()


class Quotas:
    """Counts, and refuses what is over a limit."""

    def __init__(self, usage: Usage, clock: Clock, tell: Callable[[Event], None]) -> None:
        self._usage = usage
        self._clock = clock
        self._tell = tell
        self._told: set[tuple[str, str]] = set()
        self._limits: Mapping[str, Quota] = {}
        self._month = ""
        self._written_at = clock.now()
        self._written: dict[str, int] = {}
        self._pending: dict[str, int] = {}
        self._counts: dict[str, _Count] = {}
        self._pulls, self._pushes = Begun(clock), Begun(clock)
        self.epoch = 0
        """Grows when a limit is crossed or changed: answers kept from before say nothing any more."""

    # --- for the registry ---------------------------------------------------------------------------

    def require_manifest(self, account: str, repository: RepositoryName, *, is_pulled: bool) -> None:  # fmt: skip
        """Return if a pull may begin; to ask whether there is one begins it too, as docker pulls no manifest that it still has.

        Raises:
            QuotaExceededError: if as much was pulled this month as may be, and the manifest is pulled.
        """
        if not self._limits:
            return
        error = self._find_traffic(repository)
        if error is None:
            self._pulls.begin(account, str(repository))
        elif is_pulled:
            raise error

    def require_blob(self, account: str, repository: RepositoryName, digest: Digest, *, is_resumed: bool) -> None:  # fmt: skip
        """Return if a pull may begin or go on.

        Raises:
            QuotaExceededError: if as much was pulled this month as may be, and the pull was not begun in time or has had the blob.
        """
        if not self._limits:
            return
        times = _RESUMPTIONS if is_resumed else 1
        goes_on = self._pulls.take(account, str(repository), str(digest), times)
        if (error := self._find_traffic(repository)) is not None and not goes_on:
            raise error

    async def require_upload(self, account: str, repository: RepositoryName) -> None:
        """Return if a push may begin or go on.

        Raises:
            QuotaExceededError: if as much is kept as may be, and the push was not begun in time.
        """
        name = str(repository)
        for namespace in dict.fromkeys((WHOLE, repository.namespace)):
            limit = self._limits.get(namespace, _NO_QUOTA).storage_bytes
            if limit is None:
                continue
            used = await self._storage(namespace, limit)
            if used < limit:
                self._pushes.begin(account, name)
            elif not self._pushes.take(account, name, "", _PUSH_PARTS):
                raise self._exceeded("storage", namespace, used, limit)

    def stored(self, repository: RepositoryName, size_bytes: int) -> None:
        """Count a blob that a push has brought."""
        for namespace in dict.fromkeys((WHOLE, repository.namespace)):
            if (count := self._counts.get(namespace)) is not None:
                count.added_bytes += size_bytes

    def pushed(self, account: str, repository: RepositoryName) -> None:
        """Count a push as ended: the next one begins anew."""
        self._pushes.end(account, str(repository))

    def pulled(self, namespace: str, size_bytes: int) -> None:
        """Count bytes that were pulled."""
        self._pending[namespace] = self._pending.get(namespace, 0) + size_bytes
        for name in (WHOLE, namespace) if self._limits else ():
            limit = self._limits.get(name, _NO_QUOTA).traffic_bytes
            if limit is not None and 0 <= self._pulled(name) - limit < size_bytes:
                # crossed just now: what is kept of before would go on to answer
                self.epoch += 1

    # --- for managers -------------------------------------------------------------------------------

    async def show(self, namespace: str) -> tuple[Quota, Quota]:
        """Return the quota of a namespace, or of the whole registry, and how much of it is used."""
        await self.flush()
        quota = self._limits.get(namespace, _NO_QUOTA)
        used = Quota(await self._usage.count_storage(namespace), self._pulled(namespace))
        return quota, used

    async def set(self, namespace: str, quota: Quota) -> None:
        """Let this be a quota; it is in force at once here, and within seconds on other servers.

        Raises:
            NamespaceUnknownError: if there is no such namespace.
        """
        await self._usage.set_quota(namespace, quota)
        await self.flush()

    async def find(self, namespace: str) -> Quota:
        """Return the quota of a namespace, or of the whole registry."""
        return (await self._usage.quotas()).get(namespace, _NO_QUOTA)

    async def flush(self) -> None:
        """Write down what was counted, and learn what other servers have counted and set."""
        await self._write()
        await self._learn()

    async def take_turn(self) -> None:
        """Do so now and then: what was counted is written at once where a limit waits for it, else once a minute, as each write makes all answers in memory old."""
        if self._limits or self._clock.now() - self._written_at >= _WRITE_EVERY:
            await self._write()
        await self._learn()

    async def _write(self) -> None:
        now = self._clock.now()
        month = now.strftime("%Y-%m")
        pending, self._pending = self._pending, {}
        if pending:
            try:
                # what was pulled just before the turn of a month may count for the next one
                await self._usage.add_traffic(month, pending)
            except BaseException:
                for name, count in pending.items():
                    self._pending[name] = self._pending.get(name, 0) + count
                raise
        self._written_at = now

    async def _learn(self) -> None:
        month = self._clock.now().strftime("%Y-%m")
        limits = await self._usage.quotas()
        if limits != self._limits or month != self._month:
            self.epoch += 1
            self._pulls.allow_anew()
            self._pushes.allow_anew()
            self._told.clear()
        self._limits, self._month = limits, month
        self._written = dict(await self._usage.traffic(month))

    # --- counting -----------------------------------------------------------------------------------

    def _find_traffic(self, repository: RepositoryName) -> QuotaExceededError | None:
        for namespace in (WHOLE, repository.namespace) if self._limits else ():
            limit = self._limits.get(namespace, _NO_QUOTA).traffic_bytes
            if limit is not None and (used := self._pulled(namespace)) >= limit:
                return self._exceeded("traffic", namespace, used, limit)
        return None

    def _exceeded(self, kind: str, namespace: str, used: int, limit: int) -> QuotaExceededError:
        """Return the refusal; the first one for a limit is told."""
        error = QuotaExceededError(kind, namespace, used, limit)
        if (kind, namespace) not in self._told:
            self._told.add((kind, namespace))
            event_id, now = secrets.token_hex(16), self._clock.now()
            self._tell(Event(event_id, EventKind.QUOTA, now, namespace, "", note=str(error)))
        return error

    def _pulled(self, namespace: str) -> int:
        if namespace == WHOLE:
            return sum(self._written.values()) + sum(self._pending.values())
        return self._written.get(namespace, 0) + self._pending.get(namespace, 0)

    async def _storage(self, namespace: str, limit: int) -> int:
        """Return how much is kept: an upper bound where that is enough to let a push go on, else the count."""
        now, count = self._clock.now(), self._counts.get(namespace)
        if count is None or now - count.at > _COUNT_LASTS:
            count = None
        elif count.counted_bytes + count.added_bytes < limit:
            return count.counted_bytes + count.added_bytes
        if count is None or count.added_bytes or now - count.at > timedelta(seconds=1):
            count = _Count(now, await self._usage.count_storage(namespace))
            self._counts[namespace] = count
        return count.counted_bytes
