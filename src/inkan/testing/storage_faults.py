"""A disk and a database that fail at a chosen step: full, worn out, read-only, out of descriptors.

Steps are what `inkan.testing.power` counts: each call by which a file or a folder under one root changes, is opened or is synced; and each statement of the database, with the
beginning and the end of its transactions. At the chosen step the call fails with the chosen error and does nothing; the next ones go through.

Source: spec § 4.3, rows 5 and 6; SQLite's result codes.
"""

import errno
import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from inkan.store.sql.sqlite import SqliteDatabase
from inkan.testing.power import PowerCut

SHORT = -1
"""A write that takes only half of what it is given, as any may."""
ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE, SHORT)
_FULL = (sqlite3.SQLITE_FULL, "database or disk is full")
_AS_SQLITE_SAYS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
    errno.EIO: (sqlite3.SQLITE_IOERR, "disk I/O error"),
    errno.EROFS: (sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
    errno.EMFILE: (sqlite3.SQLITE_CANTOPEN, "unable to open database file"),
}


class StorageFaults(PowerCut):
    """Fails one step, or from one on all of them."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._at: int | None = None
        self._error = 0
        self._lasts = False

    def arm(self, at: int | None, error: int, *, lasts: bool = False) -> None:
        """Begin to count; fail the step of that number, from 0, or nothing.

        Args:
            at: which step.
            error: an `errno`, or `SHORT`.
            lasts: whether every step after it fails too.
        """
        self.steps.clear()
        self._at, self._error, self._lasts = at, error, lasts

    def disarm(self) -> None:
        """Let everything go through again."""
        self._at = None

    def step(self, name: str) -> None:
        """Take a step.

        Raises:
            OSError: if it is the one that fails.
        """
        if self._fails(name) and self._error != SHORT:
            # the path is what no stranger may read
            raise OSError(self._error, os.strerror(self._error), str(self.root))

    def statement(self, sql: str) -> None:
        """Take a step of the database.

        Raises:
            sqlite3.OperationalError: if it is the one that fails.
        """
        if self._fails(sql.split(maxsplit=1)[0]) and self._error in _AS_SQLITE_SAYS:
            code, words = _AS_SQLITE_SAYS[self._error]
            failure = sqlite3.OperationalError(words)
            failure.sqlite_errorcode = code
            raise failure

    def _fails(self, name: str) -> bool:
        number = len(self.steps)
        self.steps.append(name)
        return self._at is not None and (number >= self._at if self._lasts else number == self._at)

    def _by_descriptor(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        call = super()._by_descriptor(name, real)

        def shortened(descriptor: int, *rest: Any) -> Any:
            is_due = self._at == len(self.steps) and self._error == SHORT
            if name == "write" and is_due and len(rest[0]) > 1:
                return call(descriptor, rest[0][: len(rest[0]) // 2])
            return call(descriptor, *rest)

        return shortened


class FailingDatabase(SqliteDatabase):
    """A `Database` whose every statement is a step."""

    def __init__(self, path: Path, faults: StorageFaults) -> None:
        super().__init__(path)
        self._faults = faults
        self._reader = _Failing(self._reader, faults)  # type: ignore[assignment] # what is used of a connection, it has

    def _commit(self, connection: sqlite3.Connection, batch: Sequence[Any]) -> None:
        super()._commit(_Failing(connection, self._faults), batch)  # type: ignore[arg-type] # the same


class _Failing:
    """A connection whose statements may fail."""

    def __init__(self, connection: sqlite3.Connection, faults: StorageFaults) -> None:
        self._connection = connection
        self._faults = faults

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA")):
            self._faults.statement(sql)
        return self._connection.execute(sql, values)

    def close(self) -> None:
        self._connection.close()
