"""Every schema that was ever released becomes the newest one, with everything in it."""

import sqlite3
from contextlib import closing

import pytest

from inkan.errors import StorageUnavailableError
from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName
from inkan.store.sql.catalog import SqlCatalog
from inkan.store.sql.garbage import SqlGarbage
from inkan.store.sql.migrations import POSTGRESQL, SQLITE, migrate, missing, steps
from inkan.store.sql.sqlite import SqliteDatabase

KNOWN = steps(SQLITE)
USED, UNUSED = Digest.of(b"used"), Digest.of(b"unused")
APP = RepositoryName("team/app")


def old_database(path, count):
    """Write a database as an Inkan with that many steps did."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "CREATE TABLE schema_steps (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL)"
        )
        for name, sha256, statements in KNOWN[:count]:
            for statement in statements:
                connection.execute(statement)
            connection.execute("INSERT INTO schema_steps VALUES (?, ?)", (name, sha256))
        for number, digest in enumerate((USED, UNUSED)):
            connection.execute("INSERT INTO blobs VALUES (?, 4, ?)", (str(digest), f"k{number}"))
            connection.execute("INSERT INTO repository_blobs (repository, digest, namespace) VALUES ('team/app', ?, 'team')", (str(digest),))  # fmt: skip
        manifest = str(Digest.of(b"m"))
        connection.execute(
            "INSERT INTO manifests (repository, digest, namespace, media_type, artifact_type, subject, image_bytes, payload, pushed_by, created_at) "
            "VALUES ('team/app', ?, 'team', 'm/t', '', NULL, 4, ?, 'alice', 1)",
            (manifest, b"m"),
        )
        connection.execute(
            "INSERT INTO manifest_blobs VALUES ('team/app', ?, ?)", (manifest, str(USED))
        )
        connection.commit()  # fmt: skip


@pytest.mark.parametrize("count", range(1, len(KNOWN) + 1))
async def test_STO_042_a_database_of_every_age_is_brought_up_to_date(tmp_path, count):
    path = tmp_path / "inkan.db"
    old_database(path, count)
    database = SqliteDatabase(path)
    await database.open()
    catalog = SqlCatalog(database)
    assert (await catalog.find_manifest(APP, Digest.of(b"m"))).payload == b"m"
    assert (await catalog.find_blob(APP, USED)).size_bytes == 4
    assert list(await database.faults()) == []
    if count < 4:  # before garbage was noted where it arises: what is there is noted then
        noted = await SqlGarbage(database).list(9)
        assert [one.digest for one in noted] == [UNUSED]
    await database.close()


def test_STO_042_a_step_that_fails_leaves_the_database_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "inkan.db"
    old_database(path, 2)
    broken = [
        *KNOWN[:2],
        ("0003_x.sql", "h", ["CREATE TABLE made_first (a TEXT)", "CREATE NONSENSE"]),
    ]
    monkeypatch.setattr("inkan.store.sql.migrations.steps", lambda _: broken)
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as connection,
        pytest.raises(StorageUnavailableError),
    ):
        migrate(connection, SQLITE)
    with closing(sqlite3.connect(path)) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        assert "made_first" not in names
        assert connection.execute("SELECT COUNT(*) FROM schema_steps").fetchone() == (2,)


def test_both_dialects_take_the_same_steps():
    assert [(name, sha256) for name, sha256, _ in KNOWN] == [
        (name, sha256) for name, sha256, _ in steps(POSTGRESQL)
    ]


def test_a_step_that_is_not_the_one_that_was_taken_is_refused():
    done = {name: sha256 for name, sha256, _ in KNOWN}
    assert missing(KNOWN, done) == []
    assert missing(KNOWN, {}) == KNOWN
    with pytest.raises(StorageUnavailableError, match="is not the one"):
        missing(KNOWN, {KNOWN[0][0]: "other"})
    with pytest.raises(StorageUnavailableError, match="newer Inkan"):
        missing(KNOWN, {**done, "9999_future.sql": "x"})
