"""Every driver of facts keeps the ports' promises."""

import asyncio
import re

import pytest

from inkan.errors import NamespaceExistsError, StorageUnavailableError
from inkan.oci.reference import Namespace
from inkan.store.memory import MemoryDatabase
from inkan.store.records import NamespaceRecord
from inkan.store.sql.database import Statement
from inkan.store.sql.migrations import POSTGRESQL, steps
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.sqlite import SqliteDatabase
from inkan.testing import facts_contract as contract
from inkan.testing.facts_contract import NOW

SUITES = [
    suite
    for name, suite in vars(contract).items()
    if name.endswith("Contract") and name != "DatabaseContract"
]


class OnMemory:
    async def make_database(self):
        return MemoryDatabase()


class OnSqlite:
    @pytest.fixture(autouse=True)
    async def file(self, tmp_path):
        self.path = tmp_path / "inkan.db"
        self.opened = []
        yield
        for database in self.opened:
            await database.close()

    async def make_database(self):
        database = SqliteDatabase(self.path)
        await database.open()
        self.opened.append(database)
        return database


for _suite in SUITES:
    _name = _suite.__name__.removesuffix("Contract")
    globals()[f"Test{_name}OnMemory"] = type(f"Test{_name}OnMemory", (OnMemory, _suite), {})
    globals()[f"Test{_name}OnSqlite"] = type(f"Test{_name}OnSqlite", (OnSqlite, _suite), {})


class TestSqliteItself(OnSqlite):
    async def test_one_failure_in_a_batch_is_not_anothers(self):
        namespaces = SqlNamespaces(await self.make_database())
        records = [NamespaceRecord(Namespace(f"team{n % 5}"), NOW, "a") for n in range(50)]
        ended = await asyncio.gather(
            *(namespaces.add(r, 99) for r in records), return_exceptions=True
        )
        assert ended.count(None) == 5
        assert all(one is None or isinstance(one, NamespaceExistsError) for one in ended)
        assert len(await namespaces.list()) == 5

    async def test_bad_sql_is_an_error_of_the_store(self):
        database = await self.make_database()

        def broken():
            yield Statement("SELECT nothing FROM nowhere")

        for run in (database.read, database.write):
            with pytest.raises(StorageUnavailableError):
                await run(broken)
        namespaces = SqlNamespaces(database)
        await namespaces.add(NamespaceRecord(Namespace("team"), NOW, "a"), 9)

    async def test_a_second_process_sees_what_was_written(self):
        first, second = await self.make_database(), await self.make_database()
        await SqlNamespaces(first).add(NamespaceRecord(Namespace("team"), NOW, "a"), 9)
        assert await SqlNamespaces(second).find("team") is not None

    async def test_a_newer_database_is_not_opened(self):
        database = await self.make_database()

        def newer():
            yield Statement("INSERT INTO schema_steps VALUES ('9999_future.sql', 'x')")

        await database.write(newer)
        with pytest.raises(StorageUnavailableError, match="newer Inkan"):
            await SqliteDatabase(self.path).open()

    async def test_a_file_that_is_no_database_is_said(self):
        self.path.write_bytes(b"not a database at all" * 100)
        with pytest.raises(StorageUnavailableError):
            await self.make_database()


def test_the_schema_has_no_word_that_one_dialect_lacks():
    for _, _, statements in steps(POSTGRESQL):
        assert not any(re.search(r"\{\w+\}|AUTOINCREMENT", statement) for statement in statements)
