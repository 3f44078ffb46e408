"""Schema steps, each run once, in order, in a transaction of its own.

A database that a newer Inkan has written is not opened: going back would lose what the newer one knows. A released step never changes.
"""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from importlib.resources import files

from inkan.errors import StorageUnavailableError

Dialect = Mapping[str, str]
Step = tuple[str, str, list[str]]
"""A step's name, the hash of its text, and its statements in a dialect."""

SQLITE: Dialect = {
    "bytes": "BLOB",
    "identity": "INTEGER PRIMARY KEY",
    "integer": "INTEGER",
    "text": "TEXT",
}
# `COLLATE "C"`: lists are in code-point order, as SQLite's are
POSTGRESQL: Dialect = {
    "bytes": "BYTEA",
    "identity": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "integer": "BIGINT",
    "text": 'TEXT COLLATE "C"',
}


def steps(dialect: Dialect) -> list[Step]:
    """Return every step, in order."""
    found = []
    for file in sorted(files(__name__).iterdir(), key=lambda one: one.name):
        if file.name.endswith(".sql"):
            text = file.read_text(encoding="utf-8")
            statements = text
            for word, meaning in dialect.items():
                statements = statements.replace(f"{{{word}}}", meaning)
            parts = [part.strip() for part in statements.split(";") if part.strip()]
            found.append((file.name, hashlib.sha256(text.encode()).hexdigest(), parts))
    return found


def missing(known: Sequence[Step], done: Mapping[str, str]) -> list[Step]:
    """Return the steps that a database has still to take.

    Args:
        known: every step.
        done: the name and the hash of each that it has taken.

    Raises:
        StorageUnavailableError: if a newer Inkan has written it, or a step differs from the one that was taken.
    """
    if done.keys() - {name for name, _, _ in known}:
        raise StorageUnavailableError("the database was written by a newer Inkan; upgrade this one")
    for name, sha256, _ in known:
        if done.get(name, sha256) != sha256:
            raise StorageUnavailableError(
                f"the schema step {name} is not the one this database was made with"
            )
    return [step for step in known if step[0] not in done]


def migrate(connection: sqlite3.Connection, dialect: Dialect) -> None:
    """Bring a SQLite database up to date; several processes may try at once.

    Raises:
        StorageUnavailableError: if a newer Inkan has written it, or a step differs from the one that was run.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_steps (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL)"
        )
        done = dict(connection.execute("SELECT name, sha256 FROM schema_steps").fetchall())
        for name, sha256, statements in missing(steps(dialect), done):
            for statement in statements:
                connection.execute(statement)
            connection.execute("INSERT INTO schema_steps VALUES (?, ?)", (name, sha256))
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise StorageUnavailableError(
            f"the database cannot be brought up to date: {error}"
        ) from error
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
