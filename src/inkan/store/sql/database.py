"""A transaction is a generator of statements.

It yields a statement, is handed the rows, and goes on; what it returns is the result, what it raises undoes everything. So a store is written once:
SQLite's driver runs the generator at once in its writer thread, a networked driver awaits each statement.

```python
def _find(repository, digest):
    rows = yield Statement("SELECT size_bytes FROM blobs WHERE digest = ?", (str(digest),))
    return rows[0][0] if rows else None


size = await database.read(_find, repository, digest)
```

Source: docs/adr/0002-a-transaction-is-a-generator-of-statements.md.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ParamSpec, Protocol, TypeVar

Value = str | int | bytes | None
Row = Sequence[Any]
Result = TypeVar("Result")
Params = ParamSpec("Params")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement, with `?` for each value."""

    sql: str
    values: tuple[Value, ...] = ()


Transaction = Generator[Statement, Sequence[Row], Result]


class Database(Protocol):
    """Runs transactions.

    1. `write` is all or nothing, serialisable against other writes, and durable when it returns.
    2. `read` sees one state of the database, which holds every write that had returned before it began.
    3. `generation` has grown when a write returns; it is nothing where others write as well, unnoticed.
    4. `write_unsynced` is a write that outlives the server, and the machine no later than the next `write` does; none is durable before one that came first.
    """

    @property
    def generation(self) -> int | None:
        """How often what is kept may have changed."""
        ...

    async def write(
        self,
        make: Callable[Params, Transaction[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Run the transaction that `make` makes; it may be made and run again after a clash."""
        ...

    async def write_unsynced(
        self,
        make: Callable[Params, Transaction[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Run a transaction that may be lost with the machine, not with the server; it costs no sync of the disk."""
        ...

    async def read(
        self,
        make: Callable[Params, Transaction[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Run a transaction that writes nothing."""
        ...

    async def faults(self) -> Sequence[str]:
        """Return what the engine itself finds wrong with what it keeps; nothing where all is well."""
        ...


def to_micros(instant: datetime) -> int:
    """Return an instant as microseconds since 1970, which both engines keep exactly."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """Return the instant that `to_micros` wrote."""
    return _EPOCH + timedelta(microseconds=micros)
