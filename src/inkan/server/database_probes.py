"""Probes of a PostgreSQL database."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from inkan.server.probing import Probe, require
from inkan.store.sql.database import Database, Statement, Transaction


class DatabaseProbes:
    """Probes of a database with the schema in it; what they write is gone afterwards."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Mapping[str, Probe]:
        """Return every probe by its name."""
        return {
            "version": self.is_new_enough,
            "encryption": self.is_encrypted,
            "durable commits": self.is_durable,
            "primary": self.is_primary,
            "encoding": self.is_in_utf8,
            "serialisable transactions": self.is_serialisable,
            "connections": self.has_connections,
        }

    async def is_new_enough(self) -> str:
        """Probe the version."""
        version = int(
            await self._database.read(_ask("SELECT current_setting('server_version_num')"))
        )
        require(version >= 130000, f"version {version // 10000}: 13 or newer is needed")
        return f"PostgreSQL {version // 10000}.{version % 10000}"

    async def is_encrypted(self) -> str:
        """Say whether anybody on the way can read along; on one machine nobody is."""
        ask = "SELECT COALESCE((SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl), '')"
        version = await self._database.read(_ask(ask))
        if version:
            return f"connections are encrypted ({version})"
        is_near = "SELECT inet_client_addr() IS NULL OR inet_client_addr() << '127.0.0.0/8' OR inet_client_addr() = '::1'"
        require(await self._database.read(_ask(is_near)), "connections over the network are not encrypted: say ?sslmode=verify-full")  # fmt: skip
        return "connections stay on this machine"

    async def is_durable(self) -> str:
        """Probe that nothing acknowledged is lost by a power cut."""
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            value = await self._database.read(_ask(f"SELECT current_setting('{name}')"))
            require(value != "off", f"{name} is off: a power cut loses what was acknowledged")
        return "a commit is on the disk when it returns"

    async def is_primary(self) -> str:
        """Probe that it takes writes."""
        require(not await self._database.read(_ask("SELECT pg_is_in_recovery()")), "it is a standby, which takes no writes")  # fmt: skip
        return "it takes writes"

    async def is_in_utf8(self) -> str:
        """Probe the encoding."""
        encoding = await self._database.read(_ask("SELECT current_setting('server_encoding')"))
        require(encoding == "UTF8", f"its encoding is {encoding}: make it with --encoding UTF8")
        return "texts are UTF-8"

    async def is_serialisable(self) -> str:
        """Probe that rules hold also in a race."""
        name = f"storage-check-{secrets.token_hex(4)}"
        added = await asyncio.gather(*(self._database.write(_add_once, name) for _ in range(4)))
        await self._database.write(_remove, name)
        require(sum(added) == 1, "two transactions that clash have both gone through")
        return "of transactions that clash, one goes through"

    async def has_connections(self) -> str:
        """Say for how many servers it has connections."""
        most = int(await self._database.read(_ask("SELECT current_setting('max_connections')")))
        return f"{most} connections: enough for {max(0, most - 3) // 16} servers, which use 16 each"


def _ask(sql: str) -> Callable[[], Transaction[Any]]:
    def ask() -> Transaction[Any]:
        rows = yield Statement(sql)
        return rows[0][0]

    return ask


def _add_once(key: str) -> Transaction[bool]:
    if (yield Statement("SELECT 1 FROM garbage_keys WHERE storage_key = ?", (key,))):
        return False
    # in the future: no sweep takes it
    yield Statement("INSERT INTO garbage_keys (storage_key, since) VALUES (?, ?)", (key, 2**62))
    return True


def _remove(key: str) -> Transaction[None]:
    yield Statement("DELETE FROM garbage_keys WHERE storage_key = ?", (key,))
