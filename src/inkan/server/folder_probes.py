"""Probes of a data folder."""

import asyncio
import fcntl
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress

from inkan.durable_file import write_durably
from inkan.server.probing import NotSoError, Probe, require
from inkan.store.layout import DataFolder


class FolderProbes:
    """Probes of a data folder; what they write is gone afterwards."""

    def __init__(self, folder: DataFolder) -> None:
        self._probe = folder.root / f".storage-check.{secrets.token_hex(4)}"

    def all(self) -> Mapping[str, Probe]:
        """Return every probe by its name."""
        return {"durable writes": self.write, "locks": self.lock}

    async def write(self) -> str:
        """Probe that a file is on the disk before it has its name."""
        try:
            await asyncio.to_thread(write_durably, self._probe, b"probe", 0o600)
            require(self._probe.read_bytes() == b"probe", "what was written is not what is read")
        finally:
            self._probe.unlink(missing_ok=True)
        return "a file is written, synced and renamed"

    async def lock(self) -> str:
        """Probe that a lock is one."""
        first, second = (os.open(self._probe, os.O_RDWR | os.O_CREAT, 0o600) for _ in range(2))
        try:
            fcntl.flock(first, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(BlockingIOError):
                fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
                raise NotSoError("two can hold one lock: a network file system is no place for a data folder")  # fmt: skip
        finally:
            os.close(first)
            os.close(second)
            self._probe.unlink(missing_ok=True)
        return "of two that want a file alone, one gets it"
