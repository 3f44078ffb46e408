"""The database on PostgreSQL, for several servers: each statement is awaited.

A write is a SERIALIZABLE transaction. Where two clash, PostgreSQL ends one of them, and its generator is made and run again; who has clashed twice takes turns with the others
of this process, so that a crowd on one row gets on. A read is one statement by itself, or, where it needs several, one READ ONLY snapshot.

What a connection is asked for has a bound: for a connection, for a statement, for a lock. Past it the answer is `StorageUnavailableError`, never a hang. A connection that has fallen silent is dropped
at once, and with it all that are as old, for what silenced one of them has silenced them all; until one can be made anew, one request at a time tries, and the others are answered at once. One that ends before a commit was sent has kept nothing: what went over it is done again, once.

Source: PostgreSQL 15, chapters 13.2.3 (serializable isolation), 13.5 (serialization failure handling), 54.8 and appendix A; docs/adr/0011-asyncpg.md.
"""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped] # it ships no types

from inkan.errors import RequestInvalidError, StorageUnavailableError
from inkan.store.sql.database import Params, Result, Row, Statement, Transaction
from inkan.store.sql.migrations import POSTGRESQL, Step, missing, steps
from inkan.store.sql.postgresql_errors import translated

_T = TypeVar("_T")

_CONNECTIONS = 16
# fewer at once clash less, and reads always find a connection
_WRITERS = 4
_CONNECT_SECONDS = 3.0
# how long nobody tries after somebody has tried in vain
_REST_SECONDS = 1.0
# how long a request may wait for one of the connections: then it is told to come again
_TURN_SECONDS = 5.0
_STATEMENT_SECONDS = 20.0
# the server says by itself that a statement took too long; what says nothing for longer than that is away
_SILENCE_SECONDS = _STATEMENT_SECONDS + 2
_UNDO_SECONDS = 2.0
_ATTEMPTS = 40
_CALM_ATTEMPTS = 2
_LONGEST_PAUSE_SECONDS = 0.25
# the same number in every Inkan: who migrates holds it
_MIGRATION_LOCK = 0x696E6B616E

# serialization_failure, deadlock_detected: the other one went through, so another try may
_CLASHES = frozenset({"40001", "40P01"})
# unique and foreign key: seen by a constraint before the isolation saw it, so the transaction's own look decides at the next try
_SEEN_BY_CONSTRAINT = frozenset({"23505", "23503"})
_CONSTRAINT_ATTEMPTS = 3
_CUTS_BORNE = 1
_SETTINGS = {
    "application_name": "inkan",
    "statement_timeout": str(int(_STATEMENT_SECONDS * 1000)),
    "lock_timeout": "10000",
    "idle_in_transaction_session_timeout": "60000",
}


class PostgresDatabase:
    """A `Database` on a PostgreSQL server.

    Args:
        address: `postgresql://USER@HOST:PORT/NAME`; what it does not say comes from `PGHOST`, `PGUSER` and their kin.
        password: of the user; without it `PGPASSWORD`, `PGPASSFILE` and `~/.pgpass` are asked.
        tls: what connections are encrypted by; without it, what the address says.
    """

    def __init__(self, address: str, password: str | None = None, tls: ssl.SSLContext | None = None) -> None:  # fmt: skip
        self._address = address
        self._password = password
        self._tls = tls
        self._orders = orders_of(address)
        self._pool: Any = None
        self._turn = asyncio.Lock()
        self._writers = asyncio.Semaphore(_WRITERS)
        # nothing while the server speaks
        self._silent_until: float | None = None
        # transactions that were seen to need more than one statement for a read
        self._long_reads: set[Callable[..., Any]] = set()

    @property
    def generation(self) -> int | None:
        """Nothing: other servers write as well, and what one has acknowledged is at once so for all."""
        return None

    async def open(self) -> None:
        """Bring the schema up to date and begin to take transactions.

        Raises:
            StorageUnavailableError: if the server is away, refuses us, or holds the schema of a newer Inkan.
        """
        try:
            self._pool = await asyncpg.create_pool(
                self._address,
                password=self._password,
                ssl=self._tls,
                # none is kept for its own sake: who needs one, makes it
                min_size=0,
                max_size=_CONNECTIONS,
                timeout=_CONNECT_SECONDS,
                command_timeout=_SILENCE_SECONDS,
                server_settings=_SETTINGS,
                connect=self._connect,
                reset=_as_it_is,
            )
            await self._migrate()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            await self.close()
            raise translated(error) from error
        except StorageUnavailableError:
            await self.close()
            raise

    async def close(self) -> None:
        """Let go of every connection."""
        pool, self._pool = self._pool, None
        if pool is not None:
            try:
                await asyncio.wait_for(pool.close(), _CONNECT_SECONDS)
            except TimeoutError:
                pool.terminate()

    async def faults(self) -> Sequence[str]:
        """Return nothing: what is wrong in its files is for PostgreSQL's own `pg_amcheck` and checksums to find."""
        return ()

    async def write(
        self,
        make: Callable[Params, Transaction[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Run a transaction; it is durable when this returns."""
        attempt, cuts = 0, 0
        while True:
            attempt += 1
            crowded = self._turn if attempt > _CALM_ATTEMPTS else nullcontext()
            try:
                async with crowded:
                    return await self._attempt(make(*args, **kwargs))
            except _CutError as error:
                cuts += 1
                if cuts > _CUTS_BORNE:
                    raise translated(error.cause) from error
            except asyncpg.PostgresError as error:
                if not _may_go_well(error, attempt):
                    raise translated(error) from error
            except (asyncpg.InterfaceError, OSError) as error:
                raise translated(error) from error
            await asyncio.sleep(_pause(attempt))

    async def write_unsynced(
        self,
        make: Callable[Params, Transaction[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Run a transaction; here it is as durable as any."""
        return await self.write(make, *args, **kwargs)

    async def read(
        self,
        make: Callable[Params, Transaction[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Run a transaction that writes nothing."""
        cuts = 0
        while True:
            try:
                return await self._look(make, lambda: make(*args, **kwargs))
            except _CutError as error:
                cuts += 1
                if cuts > _CUTS_BORNE:
                    raise translated(error.cause) from error
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                raise translated(error) from error

    async def _look(self, kind: Callable[..., Any], make: Callable[[], Transaction[_T]]) -> _T:
        async with self._connection() as connection, self._watched(connection):
            if kind not in self._long_reads:
                is_done, outcome = await _one_statement(connection, make())
                if is_done:
                    return outcome  # type: ignore[return-value] # what the generator returned
                self._long_reads.add(kind)
            begun = connection.transaction(isolation="repeatable_read", readonly=True)
            outcome = await _begin_and_drive(connection, begun, make())
            await begun.commit()
            return outcome

    async def _attempt(self, transaction: Transaction[_T]) -> _T:
        async with asyncio.timeout(_TURN_SECONDS):
            await self._writers.acquire()
        try:
            async with self._connection() as connection:
                begun = connection.transaction(isolation="serializable")
                async with self._watched(connection):
                    outcome = await _begin_and_drive(connection, begun, transaction)
                try:
                    # from here on nobody knows whether it was kept: no other try
                    await begun.commit()
                except TimeoutError:
                    await self._drop(connection)
                    raise
                return outcome
        finally:
            self._writers.release()

    def _connection(self) -> AbstractAsyncContextManager[Any]:
        if self._pool is None:
            raise StorageUnavailableError("the database is not open")
        if self._silent_until is not None:
            now = asyncio.get_running_loop().time()
            if now < self._silent_until:
                raise StorageUnavailableError("the database did not answer in time")
            # this one tries; until it is back, the others need not
            self._silent_until = now + _CONNECT_SECONDS + _REST_SECONDS
        turn: AbstractAsyncContextManager[Any] = self._pool.acquire(timeout=_TURN_SECONDS)
        return turn

    async def _connect(self, _: str, **kwargs: Any) -> Any:
        orders = self._orders
        try:
            connection = await _reached(orders[0], **kwargs)
        except TimeoutError:
            # the first one has taken all the time: the next try begins with another
            self._orders = [*orders[1:], orders[0]]
            # connections that there are may be as good as ever; where there are none, it is away
            if self._silent_until is not None or not self._pool.get_size():
                self._silent_until = asyncio.get_running_loop().time() + _REST_SECONDS
            raise
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            # it says no, and so it speaks
            self._silent_until = None
            raise
        self._silent_until = None
        return connection

    @asynccontextmanager
    async def _watched(self, connection: Any) -> AsyncIterator[None]:
        """Drop a connection that falls silent in the body, and tell one that ends from one that is told off.

        Raises:
            _CutError: if the connection has ended.
        """
        try:
            yield
            self._silent_until = None
        except TimeoutError:
            await self._drop(connection)
            raise
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            if _has_ended(connection):
                raise _CutError(error) from error
            raise

    async def _drop(self, connection: Any) -> None:
        self._silent_until = asyncio.get_running_loop().time() + _REST_SECONDS
        if not _has_ended(connection):
            connection.terminate()
        if self._pool is not None:
            await self._pool.expire_connections()

    async def _migrate(self) -> None:
        async with self._connection() as connection, connection.transaction():
            # held until the commit: of servers that start together one migrates, the others wait and find it done
            await connection.execute("SET LOCAL lock_timeout = '120s'")
            await connection.execute("SET LOCAL statement_timeout = '600s'")
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _MIGRATION_LOCK, timeout=120)  # fmt: skip
            await connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_steps (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL)"
            )
            rows = await connection.fetch("SELECT name, sha256 FROM schema_steps")
            for step in missing(steps(POSTGRESQL), {row[0]: row[1] for row in rows}):
                await _take(connection, step)


async def _take(connection: Any, step: Step) -> None:
    name, sha256, statements = step
    for statement in statements:
        await connection.execute(statement, timeout=600)
    await connection.execute("INSERT INTO schema_steps VALUES ($1, $2)", name, sha256)


async def _reached(address: str, **kwargs: Any) -> Any:
    """Connect; again where the way is cut before there is a connection: a server that is away cuts the second as well."""
    try:
        return await asyncpg.connect(address, **kwargs)
    except (ConnectionResetError, asyncpg.ConnectionDoesNotExistError):
        return await asyncpg.connect(address, **kwargs)


async def _as_it_is(connection: object) -> None:
    """Leave a connection as it comes back: nothing of ours outlives a transaction, and a question to that end would double the way of each read."""


class _CutError(Exception):
    """A connection has ended before a commit was sent over it: nothing was kept."""

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


def _has_ended(connection: Any) -> bool:
    try:
        return bool(connection.is_closed())
    except asyncpg.InterfaceError:
        # it has left the pool already
        return True


async def _begin_and_drive(connection: Any, begun: Any, transaction: Transaction[_T]) -> _T:
    """Run all but the commit; what was done is undone by whatever is raised."""
    await begun.start()
    try:
        return await _drive(connection, transaction)
    except TimeoutError:
        # it would not hear of it, and is dropped
        raise
    except BaseException:
        await _undo(connection, begun)
        raise


async def _undo(connection: Any, begun: Any) -> None:
    try:
        async with asyncio.timeout(_UNDO_SECONDS):
            await begun.rollback()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        # the server undoes what a connection that ends has left
        if not _has_ended(connection):
            connection.terminate()


async def _one_statement(connection: Any, transaction: Transaction[_T]) -> tuple[bool, _T | None]:
    """Run a transaction of one statement; return whether it was one, and its result."""
    try:
        statement = next(transaction)
        rows = await _fetch(connection, statement)
        transaction.send(rows)
    except StopIteration as end:
        return True, end.value
    transaction.close()
    return False, None


async def _drive(connection: Any, transaction: Transaction[_T]) -> _T:
    rows: Sequence[Row] = ()
    try:
        statement = next(transaction)
        while True:
            rows = await _fetch(connection, statement)
            statement = transaction.send(rows)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return] # a generator's return value is untyped at run time


async def _fetch(connection: Any, statement: Statement) -> Sequence[Row]:
    for value in statement.values:
        if isinstance(value, str) and "\0" in value:
            # the one character that PostgreSQL's text cannot hold
            raise RequestInvalidError("a text with a NUL character cannot be kept or looked for")
    rows: Sequence[Row] = await connection.fetch(numbered(statement.sql), *statement.values)
    return rows


def orders_of(address: str) -> list[str]:
    """Return an address with its hosts in each order that another of them begins.

    >>> orders_of("postgresql://inkan@one:5432,two/inkan")
    ['postgresql://inkan@one:5432,two/inkan', 'postgresql://inkan@two,one:5432/inkan']
    """
    parts = urlsplit(address)
    user, at, spelled = parts.netloc.rpartition("@")
    hosts = spelled.split(",")
    turned = (",".join((*hosts[first:], *hosts[:first])) for first in range(len(hosts)))
    return [urlunsplit(parts._replace(netloc=f"{user}{at}{one}")) for one in turned]


@lru_cache(maxsize=2_000)
def numbered(sql: str) -> str:
    """Return a statement with `$1`, `$2` … for each `?`.

    >>> numbered("SELECT a FROM b WHERE c = ? AND d > ?")
    'SELECT a FROM b WHERE c = $1 AND d > $2'
    """
    first, *others = sql.split("?")
    return first + "".join(f"${number}{part}" for number, part in enumerate(others, 1))


def _may_go_well(error: asyncpg.PostgresError, attempt: int) -> bool:
    state = error.sqlstate or ""
    return (state in _CLASHES and attempt < _ATTEMPTS) or (
        state in _SEEN_BY_CONSTRAINT and attempt < _CONSTRAINT_ATTEMPTS
    )


def _pause(attempt: int) -> float:
    return random.uniform(0, min(_LONGEST_PAUSE_SECONDS, 0.002 * 2**attempt))  # noqa: S311 - spreads the tries
