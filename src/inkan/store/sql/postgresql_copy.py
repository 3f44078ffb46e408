"""Fills the tables of an empty PostgreSQL database, all in one transaction; reads those of a full one, all in one snapshot."""

import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Self

import asyncpg  # type: ignore[import-untyped] # it ships no types

from inkan.store.sql.database import Row
from inkan.store.sql.postgresql_errors import translated
from inkan.store.sql.table_copy import Fingerprint, Table

_PAGE = 500
_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


class PostgresCopy:
    """One connection and one transaction, which ends well only if its body does.

    Args:
        address: of the database, with the schema in it.
        tls: what the connection is encrypted by; without it, what the address says.
    """

    def __init__(self, address: str, tls: ssl.SSLContext | None = None) -> None:
        self._address, self._tls = address, tls
        self._connection: Any = None
        self._transaction: Any = None

    async def __aenter__(self) -> Self:
        """Begin.

        Raises:
            StorageUnavailableError: if the server cannot be reached.
        """
        try:
            self._connection = await asyncpg.connect(self._address, ssl=self._tls, timeout=10)
            self._transaction = self._connection.transaction()
            await self._transaction.start()
        except _FAILURES as error:
            raise translated(error) from error
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Commit, or undo everything."""
        try:
            await (self._transaction.commit() if kind is None else self._transaction.rollback())
            await self._connection.close()
        except _FAILURES as error:
            raise translated(error) from error

    async def filled(self, names: Sequence[str]) -> list[str]:
        """Return which tables have rows."""
        return [
            name
            for name in names
            if await self._connection.fetch(f'SELECT 1 FROM "{name}" LIMIT 1')  # noqa: S608 - a name of our schema
        ]

    async def fill(self, table: Table) -> Fingerprint:
        """Write every row, and let numbers that the engine gives go on after the highest; return what was written.

        Raises:
            StorageUnavailableError: if a row cannot be kept.
        """
        written = Fingerprint()
        try:
            await self._connection.copy_records_to_table(
                table.name, records=map(written.add, table.rows()), columns=table.columns
            )
            for column in table.columns:
                await self._go_on(table.name, column)
        except _FAILURES as error:
            raise translated(error) from error
        return written

    async def fingerprint(self, table: Table) -> Fingerprint:
        """Return what the table holds."""
        listed = ", ".join(f'"{column}"' for column in table.columns)
        held = Fingerprint()
        async for row in self._connection.cursor(f'SELECT {listed} FROM "{table.name}"'):  # noqa: S608 - names of our schema
            held.add(row)
        return held

    async def _go_on(self, table: str, column: str) -> None:
        sequence = await self._connection.fetchval(
            "SELECT pg_get_serial_sequence($1, $2)", f'"{table}"', column
        )
        if sequence is not None:
            await self._connection.execute(
                f'SELECT setval($1, (SELECT COALESCE(MAX("{column}"), 0) + 1 FROM "{table}"), false)',  # noqa: S608 - same
                sequence,
            )


class PostgresSnapshot:
    """One connection that sees the database as it was at one instant.

    Args:
        address: of the database.
        tls: what the connection is encrypted by; without it, what the address says.
    """

    def __init__(self, address: str, tls: ssl.SSLContext | None = None) -> None:
        self._address, self._tls = address, tls
        self._connection: Any = None

    async def __aenter__(self) -> Self:
        """Begin.

        Raises:
            StorageUnavailableError: if the server cannot be reached.
        """
        try:
            self._connection = await asyncpg.connect(self._address, ssl=self._tls, timeout=10)
            await self._connection.transaction(isolation="repeatable_read", readonly=True).start()
        except _FAILURES as error:
            raise translated(error) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        """End; there is nothing to keep."""
        self._connection.terminate()

    async def steps(self) -> Mapping[str, str]:
        """Return the name and the hash of each schema step that was taken; none where there is no schema."""
        try:
            if await self._connection.fetchval("SELECT to_regclass('schema_steps')") is None:
                return {}
            rows = await self._connection.fetch("SELECT name, sha256 FROM schema_steps")
        except _FAILURES as error:
            raise translated(error) from error
        return {row[0]: row[1] for row in rows}

    async def pages(self, table: Table) -> AsyncIterator[Sequence[Row]]:
        """Yield every row of a table, some at a time.

        Raises:
            StorageUnavailableError: if they cannot be read.
        """
        listed = ", ".join(f'"{column}"' for column in table.columns)
        try:
            cursor = await self._connection.cursor(f'SELECT {listed} FROM "{table.name}"')  # noqa: S608 - names of our schema
            while rows := await cursor.fetch(_PAGE):
                yield [tuple(row) for row in rows]
        except _FAILURES as error:
            raise translated(error) from error
