"""The database on SQLite: one writer thread with group commit, reads inline.

`WAL` and `synchronous=FULL`: measured with power cuts, `NORMAL` loses acknowledged transactions. All transactions that wait when a batch begins share
one commit, and so one sync of the disk; each has a savepoint of its own, so that one's failure is not another's. A batch in which nobody waits for the disk is committed
with `NORMAL`: it is in the log's file, which the next `FULL` commit syncs as a whole, up to its own end.

A read runs on the event loop's own connection, 16 µs at a time; a hop to a thread would cost ten times that.

Source: SQLite documentation, `wal.html`, `pragma.html#pragma_synchronous`; measurements in docs/adr/0002.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from inkan.errors import StorageFullError, StorageUnavailableError
from inkan.store.sql.database import Params, Result, Row, Statement, Transaction
from inkan.store.sql.migrations import SQLITE, migrate

_BATCH = 256
_BUSY_MILLISECONDS = 10_000
_T = TypeVar("_T")


@dataclass(slots=True)
class _Work:
    make: Callable[[], Transaction[Any]]
    future: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop
    is_synced: bool
    outcome: Any = None
    failure: BaseException | None = None


class SqliteDatabase:
    """A `Database` on one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._reader = _connect(path)
        self._generation = 0
        self._thread = threading.Thread(target=self._run, name="sqlite writer", daemon=True)

    @property
    def generation(self) -> int | None:
        """How many batches have been committed; the data folder's lock keeps other writers away."""
        return self._generation

    async def open(self) -> None:
        """Bring the schema up to date and begin to take writes.

        Raises:
            StorageUnavailableError: if the file is no database of ours, or of a newer Inkan.
        """
        with closing(_connect(self._path)) as connection:
            migrate(connection, SQLITE)
        self._thread.start()

    async def close(self) -> None:
        """Finish the writes that wait, and close the file."""
        self._queue.put(None)
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)
        self._reader.close()

    async def write(
        self,
        make: Callable[Params, Transaction[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Run a transaction; it is durable when this returns."""
        return await self._hand_over(lambda: make(*args, **kwargs), is_synced=True)

    async def write_unsynced(
        self,
        make: Callable[Params, Transaction[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Run a transaction; it is durable with the next one that is, and outlives this process from now on."""
        return await self._hand_over(lambda: make(*args, **kwargs), is_synced=False)

    async def read(
        self,
        make: Callable[Params, Transaction[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Run a transaction that writes nothing, here and now."""
        try:
            # one statement is one state by itself; several are held together by a transaction
            self._reader.execute("BEGIN DEFERRED")
            try:
                return drive(self._reader, make(*args, **kwargs))
            finally:
                # a failure may have ended it already
                if self._reader.in_transaction:
                    self._reader.execute("COMMIT")
        except sqlite3.Error as error:
            # a transaction that could not be ended would fail every read from now on
            _undo(self._reader)
            raise _translated(error) from error

    async def faults(self) -> Sequence[str]:
        """Return what SQLite finds wrong with the file, and rows that refer to nothing."""
        return await self.read(_faults)

    def _hand_over(self, make: Callable[[], Transaction[_T]], *, is_synced: bool) -> "asyncio.Future[_T]":  # fmt: skip
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_T] = loop.create_future()
        self._queue.put(_Work(make, future, loop, is_synced))
        return future

    def _run(self) -> None:
        with closing(_connect(self._path)) as connection:
            while (work := self._queue.get()) is not None:
                batch = [work]
                stopping = False
                while len(batch) < _BATCH and not self._queue.empty():
                    more = self._queue.get()
                    if more is None:
                        stopping = True
                        break
                    batch.append(more)
                self._commit(connection, batch)
                if stopping:
                    return

    def _commit(self, connection: sqlite3.Connection, batch: Sequence[_Work]) -> None:
        is_synced = any(work.is_synced for work in batch)
        try:
            # outside a transaction, where alone it takes effect
            connection.execute(f"PRAGMA synchronous = {'FULL' if is_synced else 'NORMAL'}")
            connection.execute("BEGIN IMMEDIATE")
            for work in batch:
                _attempt(connection, work)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            _undo(connection)
            for work in batch:
                work.failure = _translated(error)
        # before anybody hears of it, and also after a failure, of which we cannot know how far it went
        self._generation += 1
        for work in batch:
            work.loop.call_soon_threadsafe(_settle, work)


def _undo(connection: sqlite3.Connection) -> None:
    """End a transaction without it; that this fails too must not end the thread that everybody's writes wait for."""
    with suppress(sqlite3.Error):
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _attempt(connection: sqlite3.Connection, work: _Work) -> None:
    connection.execute("SAVEPOINT one")
    try:
        work.outcome = drive(connection, work.make())
    except sqlite3.Error as error:
        if not connection.in_transaction:
            # a full disk makes SQLite undo the whole batch by itself
            raise
        connection.execute("ROLLBACK TO one")
        work.failure = _translated(error)
    except Exception as error:  # noqa: BLE001 - whatever a transaction raises is its caller's
        connection.execute("ROLLBACK TO one")
        work.failure = error
    connection.execute("RELEASE one")


def drive(connection: sqlite3.Connection, transaction: Transaction[_T]) -> _T:
    """Run a transaction on an open connection, statement by statement; return its result."""
    rows: Sequence[Row] = ()
    try:
        statement = next(transaction)
        while True:
            rows = connection.execute(statement.sql, statement.values).fetchall()
            statement = transaction.send(rows)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return] # a generator's return value is untyped at run time


def _faults() -> Transaction[list[str]]:
    rows = yield Statement("PRAGMA integrity_check")
    found = [str(row[0]) for row in rows if row[0] != "ok"]
    rows = yield Statement("PRAGMA foreign_key_check")
    return found + [
        f"a row of {row[0]} refers to a row of {row[2]} that is not there" for row in rows
    ]


def _settle(work: _Work) -> None:
    if work.future.cancelled():
        return
    if work.failure is not None:
        work.future.set_exception(work.failure)
    else:
        work.future.set_result(work.outcome)


def _translated(error: sqlite3.Error) -> StorageFullError | StorageUnavailableError:
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
        return StorageFullError("the storage is full; free some space, then try again")
    return StorageUnavailableError(f"the database failed: {error}")


def _connect(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error as error:
        raise StorageUnavailableError(f"the database cannot be opened: {error}") from error
    return connection
