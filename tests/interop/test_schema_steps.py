"""A database of every earlier schema is brought up to date once, however many servers start on it together, and keeps what was in it."""

import asyncio
import os
import threading

import asyncpg
import pytest

from faults.wire import Server, Wire
from inkan.store.sql.database import Statement
from inkan.store.sql.migrations import POSTGRESQL, steps
from inkan.store.sql.postgresql import PostgresDatabase
from interop.postgresql_server import PASSWORD

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]
SERVERS = 5
KNOWN = steps(POSTGRESQL)
# what a server of the first step has kept
KEPT = (
    "INSERT INTO namespaces (name, created_at, created_by) VALUES ('team', 1, 'a')",
    "INSERT INTO blobs (digest, size_bytes, storage_key) VALUES ('sha256:aa', 5, 'k')",
    "INSERT INTO repository_blobs (repository, digest, namespace) VALUES ('team/app', 'sha256:aa', 'team')",
)


async def make_older(address, taken):
    """Make a database as a server that knew only the first steps has left it."""
    connection = await asyncpg.connect(address, password=PASSWORD)
    await connection.execute("CREATE TABLE schema_steps (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL)")  # fmt: skip
    for number, (name, sha256, statements) in enumerate(KNOWN[:taken]):
        for statement in statements:
            await connection.execute(statement)
        await connection.execute("INSERT INTO schema_steps VALUES ($1, $2)", name, sha256)
        for statement in KEPT if number == 0 else ():
            await connection.execute(statement)
    await connection.close()


def shape():
    """Every column, index and constraint: what two ways to the same schema must agree on."""
    columns = yield Statement("SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2")  # fmt: skip
    indexes = yield Statement("SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2")  # fmt: skip
    constraints = yield Statement("SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2")  # fmt: skip
    return [[tuple(row) for row in rows] for rows in (columns, indexes, constraints)]


def kept():
    rows = yield Statement("SELECT n.name, b.digest, r.repository FROM namespaces n, blobs b, repository_blobs r")  # fmt: skip
    names = yield Statement("SELECT name, sha256 FROM schema_steps ORDER BY name")
    return [tuple(row) for row in rows], [tuple(row) for row in names]


@pytest.mark.parametrize("taken", range(len(KNOWN) + 1))
async def test_STO_042_from_every_earlier_schema_servers_that_start_together_migrate_once(postgresql, taken):  # fmt: skip
    address, fresh = postgresql.new_database("older"), postgresql.new_database("fresh")
    await make_older(address, taken)
    reference = PostgresDatabase(fresh, PASSWORD)
    await reference.open()
    servers = [PostgresDatabase(address, PASSWORD) for _ in range(SERVERS)]
    await asyncio.gather(*(server.open() for server in servers))
    assert await servers[-1].read(shape) == await reference.read(shape)
    rows, names = await servers[0].read(kept)
    assert names == [(name, sha256) for name, sha256, _ in KNOWN]
    assert rows == ([("team", "sha256:aa", "team/app")] if taken else [])
    for one in (*servers, reference):
        await one.close()


def test_STO_042_five_servers_that_start_on_an_older_database_all_serve(postgresql, tmp_path):
    address = postgresql.new_database("older")
    asyncio.run(make_older(address, 3))
    environment = {
        "INKAN_DATABASE": address,
        "PGPASSWORD": PASSWORD,
        "INKAN_KEY_ENCRYPTION_KEY": "17" * 32,
        **({"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}),
    }
    servers = []
    for number in range(SERVERS):
        (tmp_path / str(number)).mkdir()
        servers.append(Server(tmp_path / str(number) / "data", environment=environment))
    starts = [threading.Thread(target=server.start) for server in servers]
    for one in starts:
        one.start()
    for one in starts:
        one.join()
    try:
        for number, server in enumerate(servers):
            with Wire(server.port) as wire:
                wire.call("GET", "/v2/", expect=200)
                wire.make_namespace(f"team{number}")
        names = postgresql.sql("SELECT COUNT(*) FROM schema_steps", "older")
        assert int(names) == len(KNOWN)
        assert postgresql.sql("SELECT COUNT(*) FROM namespaces WHERE name LIKE 'team%'", "older") == "6"  # fmt: skip
        # one first account, whoever made it
        assert postgresql.sql("SELECT COUNT(*) FROM accounts", "older") == "1"
    finally:
        for server in servers:
            assert server.stop() == 0
