"""Garbage collection while everything goes on: no read-only hour, no stop.

```text
mark     a blob that a repository holds and no manifest of it names is seen; its grace begins at an instant taken after that
lease    whoever is told that it is here has the whole grace again to name it
sweep    grace over, looked at again in the same transaction: the repository holds it no more
forget   no repository holds it: its row goes, its bytes are noted
delete   a while later, for those who are reading, the bytes go
```

A key of bytes is never used twice (a re-push brings its own), so a late deletion cannot meet a new blob. Each step is one transaction or can be done again; a process that dies in
between leaves nothing but work for the next one. Several servers may sweep at once.

Rejected: marking everything by walking all manifests. It needs a stop, or a copy of the world, and costs as much as the registry is large; this costs what has changed.

Source: OCI Distribution Specification 1.1 § Deleting; docs/adr/0010-garbage-is-noted-where-it-arises.md.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from inkan.clock import Clock
from inkan.store.ports import BlobStore, Garbage
from inkan.store.records import GarbageRecord

_Bound = TypeVar("_Bound", datetime, int)
_BATCH = 200
# so many that two collections do not meet by chance, and each fits a database's integer
_TURNS = 2**62
_LISTED = 10_000
READ_GRACE = timedelta(minutes=15)
"""How long bytes stay that nothing stands for: a slow reader has opened them, or was sent to them."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one collection has done."""

    marked: int
    links: int
    blobs: int
    keys: int


@dataclass(frozen=True, slots=True)
class GarbageService:
    """Collects garbage.

    Attributes:
        grace: how long a blob that no manifest names is kept; a push has that long between its blobs and its manifest.
        read_grace: how long its bytes are kept after that.
    """

    garbage: Garbage
    blobs: BlobStore
    clock: Clock
    grace: timedelta
    read_grace: timedelta = READ_GRACE

    async def collect(self) -> Swept:
        """Do all that is due; return what it was.

        Raises:
            StorageUnavailableError: if a store is away; what was not done is done at the next turn.
        """
        turn = secrets.randbelow(_TURNS) + 1
        marked = await self.garbage.mark(turn)
        links = await _until_done(self.garbage.sweep_links, self.clock.now() - self.grace)
        blobs = await _until_done(self.garbage.sweep_blobs, turn)
        now = self.clock.now()
        await self.garbage.begin_grace(turn, now)
        keys = 0
        while doomed := await self.garbage.doomed_keys(now - self.read_grace, _BATCH):
            # bytes before their note: what is deleted twice is deleted, what is forgotten first stays for ever
            for key in doomed:
                await self.blobs.delete(key)
            await self.garbage.forget_keys(doomed)
            keys += len(doomed)
        return Swept(marked, links, blobs, keys)

    async def list(self) -> Sequence[GarbageRecord]:
        """Return what would go, and since when it was seen: a collection that changes nothing."""
        return await self.garbage.list(_LISTED)


async def _until_done(sweep: Callable[[_Bound, int], Awaitable[int]], bound: _Bound) -> int:
    """Sweep batch by batch, so that no transaction is long; a batch that does nothing is the last."""
    total = 0
    while done := await sweep(bound, _BATCH):
        total += done
    return total
