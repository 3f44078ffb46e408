"""PostgreSQL keeps every promise that SQLite keeps: the same contract suites, on the real thing."""

import asyncio
import itertools

import pytest

from inkan.errors import NamespaceExistsError, RequestInvalidError, StorageUnavailableError
from inkan.oci.digest import Digest
from inkan.oci.reference import Namespace
from inkan.store.records import NamespaceRecord
from inkan.store.sql.catalog import SqlCatalog
from inkan.store.sql.database import Statement
from inkan.store.sql.migrations import POSTGRESQL, steps
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.postgresql import PostgresDatabase, numbered
from inkan.testing import facts_contract as contract
from inkan.testing.facts_contract import APP, NOW, blob
from interop.postgresql_server import PASSWORD

pytestmark = pytest.mark.interop
_numbers = itertools.count(1)

SUITES = [
    suite
    for name, suite in vars(contract).items()
    if name.endswith("Contract") and name != "DatabaseContract"
]


class OnPostgresql:
    @pytest.fixture(autouse=True)
    async def server(self, postgresql):
        self.postgresql, self.opened = postgresql, []
        yield
        for database in self.opened:
            await database.close()

    async def make_database(self):
        database = PostgresDatabase(self.postgresql.address("contract"), PASSWORD)
        await database.open()
        if not self.opened:
            await database.write(_empty)
        self.opened.append(database)
        return database


def _empty():
    rows = yield Statement(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_steps'"
    )
    yield Statement(f"TRUNCATE {', '.join(row[0] for row in rows)} RESTART IDENTITY CASCADE")


for _suite in SUITES:
    _name = f"Test{_suite.__name__.removesuffix('Contract')}OnPostgresql"
    globals()[_name] = type(_name, (OnPostgresql, _suite), {})


def add_one(name):
    yield Statement(
        "INSERT INTO namespaces (name, created_at, created_by) VALUES (?, 1, 'a')", (name,)
    )


def count():
    rows = yield Statement("SELECT COUNT(*) FROM namespaces")
    return rows[0][0]


class TestPostgresqlItself(OnPostgresql):
    async def test_what_clashes_is_tried_again_until_each_rule_holds(self):
        namespaces = SqlNamespaces(await self.make_database())
        others = SqlNamespaces(await self.make_database())
        records = [NamespaceRecord(Namespace(f"team{n % 5}"), NOW, "a") for n in range(40)]
        ended = await asyncio.gather(
            *((namespaces, others)[n % 2].add(r, 99) for n, r in enumerate(records)),
            return_exceptions=True,
        )
        assert ended.count(None) == 5
        assert all(one is None or isinstance(one, NamespaceExistsError) for one in ended), ended

    async def test_two_servers_that_link_one_blob_agree_on_its_key(self):
        first = SqlCatalog(await self.make_database())
        second = SqlCatalog(await self.make_database())
        kept = await asyncio.gather(
            *((first, second)[n % 2].link_blob(APP, blob(b"1", f"k{n}")) for n in range(20))
        )
        assert len({one.key for one in kept}) == 1
        assert (await second.find_blob(APP, Digest.of(b"1"))).key == kept[0].key

    async def test_what_one_has_acknowledged_the_other_sees_at_once(self):
        first, second = await self.make_database(), await self.make_database()
        for number in range(50):
            await first.write(add_one, f"name{number}")
            assert await second.read(count) == number + 1
        assert first.generation is None  # so nobody keeps an answer

    async def test_a_read_of_several_statements_is_one_state(self):
        database, other = await self.make_database(), await self.make_database()
        seen = []

        def twice():
            first = yield Statement("SELECT COUNT(*) FROM namespaces")
            yield Statement("SELECT pg_sleep(0.05)")
            second = yield Statement("SELECT COUNT(*) FROM namespaces")
            seen.append((first[0][0], second[0][0]))

        async def write():
            for number in range(20):
                await other.write(add_one, f"name{number}")
                await asyncio.sleep(0.005)

        await asyncio.gather(write(), *(database.read(twice) for _ in range(5)))
        assert seen
        assert all(first == second for first, second in seen)

    async def test_a_read_cannot_write(self):
        database = await self.make_database()

        def sly():
            yield Statement("SELECT 1")
            yield Statement(
                "INSERT INTO namespaces (name, created_at, created_by) VALUES ('sly', 1, 'a')"
            )

        with pytest.raises(StorageUnavailableError):
            await database.read(sly)
        assert await database.read(count) == 0

    async def test_what_a_transaction_raises_undoes_it(self):
        database = await self.make_database()

        def regretted():
            yield Statement(
                "INSERT INTO namespaces (name, created_at, created_by) VALUES ('team', 1, 'a')"
            )
            raise NamespaceExistsError("team")

        with pytest.raises(NamespaceExistsError):
            await database.write(regretted)
        assert await database.read(count) == 0

    async def test_bad_sql_is_an_error_of_the_store_and_tells_strangers_nothing(self):
        database = await self.make_database()

        def broken():
            yield Statement("SELECT nothing FROM nowhere")

        for run in (database.read, database.write):
            with pytest.raises(StorageUnavailableError) as caught:
                await run(broken)
            assert "nowhere" not in str(caught.value)
        assert await database.read(count) == 0

    async def test_a_text_with_a_nul_is_refused_and_not_cut(self):
        database = await self.make_database()
        for run in (database.read, database.write):
            with pytest.raises(RequestInvalidError):
                await run(lambda: (yield Statement("SELECT ?", ("a\0b",))))

    async def test_STO_038_who_gets_no_connection_is_told_in_time(self, monkeypatch):
        monkeypatch.setattr("inkan.store.sql.postgresql._CONNECTIONS", 2)
        monkeypatch.setattr("inkan.store.sql.postgresql._TURN_SECONDS", 0.2)
        database = await self.make_database()

        def slow():
            yield Statement("SELECT pg_sleep(0.6)")

        ended = await asyncio.gather(*(database.read(slow) for _ in range(6)), return_exceptions=True)  # fmt: skip
        assert ended.count(None) == 2
        assert sum(isinstance(one, StorageUnavailableError) for one in ended) == 4
        assert await database.read(count) == 0

    async def test_STO_037_a_server_that_comes_back_is_used_again(self, own_postgresql):
        database = PostgresDatabase(own_postgresql.new_database("outage"), PASSWORD)
        await database.open()
        await database.write(add_one, "before")
        own_postgresql.crash()
        for run in (database.read(count), database.write(add_one, "between")):
            with pytest.raises(StorageUnavailableError):
                await run
        own_postgresql.start()
        assert await database.read(count) == 1  # acknowledged, and there; not acknowledged, and not
        await database.write(add_one, "after")
        await database.close()

    async def test_STO_042_servers_that_start_together_migrate_once(self):
        address = self.postgresql.new_database("together")
        databases = [PostgresDatabase(address, PASSWORD) for _ in range(8)]
        await asyncio.gather(*(one.open() for one in databases))
        self.opened += databases

        def names():
            return [row[0] for row in (yield Statement("SELECT name FROM schema_steps ORDER BY name"))]  # fmt: skip

        assert await databases[0].read(names) == [name for name, _, _ in steps(POSTGRESQL)]

    async def test_a_newer_database_is_not_opened(self):
        address = self.postgresql.new_database("newer")
        first = PostgresDatabase(address, PASSWORD)
        await first.open()
        self.opened.append(first)

        def newer():
            yield Statement("INSERT INTO schema_steps VALUES ('9999_future.sql', 'x')")

        await first.write(newer)
        with pytest.raises(StorageUnavailableError, match="newer Inkan"):
            await PostgresDatabase(address, PASSWORD).open()

    async def test_a_wrong_password_or_address_is_said_without_it(self):
        for address, password in (
            (self.postgresql.address("contract"), "wrong-password"),
            (self.postgresql.address("nowhere"), PASSWORD),
            ("postgresql://inkan@127.0.0.1:1/x", PASSWORD),
        ):
            with pytest.raises(StorageUnavailableError) as caught:
                await PostgresDatabase(address, password).open()
            assert password not in str(caught.value)


def test_every_value_gets_a_number():
    assert numbered("a ? b ? c") == "a $1 b $2 c"
