"""Every fact of a SQLite database as plain tables, for whoever moves them elsewhere."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from inkan.store.records import StorageKey
from inkan.store.sql.database import Row, Statement, Transaction

# steps are the target's own; what is only on its way stays behind
_LEFT_OUT = frozenset({"schema_steps", "uploads", "object_uploads", "object_segments", "garbage_keys"})  # fmt: skip
NewKey = Callable[[StorageKey], StorageKey]


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        rows: begins to read its rows.
    """

    name: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[Row]]


class Fingerprint:
    """What two tables with the same rows have in common, in whatever order they come."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = 0

    def add(self, row: Row) -> Row:
        """Take a row into account, and return it."""
        self.count += 1
        digest = hashlib.sha256(repr(tuple(row)).encode()).digest()
        self._sum = (self._sum + int.from_bytes(digest)) % 2**256
        return row

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fingerprint) and (self.count, self._sum) == (
            other.count,
            other._sum,
        )

    __hash__ = None  # type: ignore[assignment] # it grows


def tables_of(connection: sqlite3.Connection, new_key: NewKey) -> list[Table]:
    """Return every table, those that others refer to before them.

    Args:
        connection: of the source.
        new_key: what a blob's storage key becomes.
    """
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")]  # fmt: skip
    kept = [name for name in names if name not in _LEFT_OUT]
    return [_table(connection, name, new_key) for name in _in_order(connection, kept)]


def rekey(new_key: NewKey) -> Transaction[int]:
    """Let every blob stand under its new key, in place."""
    rows = yield Statement("SELECT digest, storage_key FROM blobs")
    for digest, key in rows:
        yield Statement("UPDATE blobs SET storage_key = ? WHERE digest = ?", (new_key(StorageKey(key)), digest))  # fmt: skip
    yield Statement("DELETE FROM garbage_keys")
    return len(rows)


def _table(connection: sqlite3.Connection, name: str, new_key: NewKey) -> Table:
    columns = tuple(row[1] for row in connection.execute(f'PRAGMA table_info("{name}")'))
    listed = ", ".join(f'"{column}"' for column in columns)
    at = columns.index("storage_key") if name == "blobs" else None

    def rows() -> Iterator[Row]:
        for row in connection.execute(f'SELECT {listed} FROM "{name}"'):  # noqa: S608 - names of our schema
            if at is None:
                yield row
            else:
                yield (*row[:at], str(new_key(StorageKey(row[at]))), *row[at + 1 :])

    return Table(name, columns, rows)


def _in_order(connection: sqlite3.Connection, names: Sequence[str]) -> list[str]:
    needs = {
        name: {row[2] for row in connection.execute(f'PRAGMA foreign_key_list("{name}")')} - {name}
        for name in names
    }
    ordered: list[str] = []
    while needs:
        ready = sorted(name for name, others in needs.items() if others <= set(ordered))
        ordered += ready
        for name in ready:
            del needs[name]
    return ordered
