"""A machine that loses power after any step: what was not synced is gone, and the disk is as a test may find it then.

`PowerCut` counts steps: each call by which a file or a folder under one root changes or is synced, and each transaction of the database. At the chosen one it raises `PowerLostError`,
and from then on at every step, as a machine without power does nothing. `restore` then builds what is left, in one of two ways:

* *the machine failed*: a file holds what it held at its last sync, a folder the names it held at its last sync, the database its last synced transaction;
* *the process was killed*: everything stands as it was written.

Source: the model of "All File Systems Are Not Created Equal" (OSDI 2014): nothing but fsync orders anything.
"""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from inkan.store.sql.database import Params, Result, Transaction
from inkan.store.sql.sqlite import SqliteDatabase

_BY_DESCRIPTOR = ("write", "ftruncate", "fchmod", "fsync", "fdatasync")
_BY_NAME = ("rename", "unlink")
# whole suffixes: one blob in 256 has `.db` in its name, where its upload's begins with that
_DATABASE = frozenset({".db", ".db-wal", ".db-shm", ".db-journal"})


class PowerLostError(BaseException):
    """There is no power; nothing catches it."""


class PowerCut:
    """Watches a folder, and cuts the power at a step.

    Args:
        root: what lies under it is watched.
        at_step: the step that is not taken; nothing for none.
    """

    def __init__(self, root: Path, at_step: int | None = None) -> None:
        self.root = root
        self.at_step = at_step
        self.steps: list[str] = []
        self._contents: dict[int, bytes] = {}
        self._names: dict[Path, dict[str, int]] = {}
        self._database: Path | None = None

    def step(self, name: str) -> None:
        """Take a step.

        Raises:
            PowerLostError: if there is no power for it.
        """
        if self.at_step is not None and len(self.steps) >= self.at_step:
            raise PowerLostError
        self.steps.append(name)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch, from a disk on which everything so far is synced."""
        self._sync_everything()
        kept = {name: getattr(os, name) for name in (*_BY_DESCRIPTOR, *_BY_NAME, "open")}
        try:
            os.open = self._opening(kept["open"])
            for name in _BY_DESCRIPTOR:
                setattr(os, name, self._by_descriptor(name, kept[name]))
            for name in _BY_NAME:
                setattr(os, name, self._by_name(name, kept[name]))
            yield
        finally:
            for name, real in kept.items():
                setattr(os, name, real)

    def database_synced(self, path: Path) -> None:
        """Remember the database as it is, for a power cut from now on."""
        self._database = path.with_name("synced.db")
        _copy_database(path, self._database)

    def restore(self, target: Path, database: str, *, is_machine: bool) -> None:
        """Build in a new folder what is there after the cut.

        Args:
            target: the new folder.
            database: the database's name under the root.
            is_machine: whether the machine failed, and not only the process.
        """
        for path in [self.root, *self.root.rglob("*")]:
            if path.is_dir():
                (target / path.relative_to(self.root)).mkdir(parents=True, exist_ok=True)
        if not is_machine:
            for path in self._files():
                shutil.copyfile(path, target / path.relative_to(self.root))
        else:
            for folder, names in self._names.items():
                for name, inode in names.items():
                    content = self._contents.get(inode, b"")
                    (target / folder.relative_to(self.root) / name).write_bytes(content)
        kept = self._database if is_machine and self._database else self.root / database
        _copy_database(kept, target / database)

    def _files(self) -> list[Path]:
        return [
            one for one in self.root.rglob("*") if one.is_file() and one.suffix not in _DATABASE
        ]

    def _sync_everything(self) -> None:
        for path in self._files():
            inode = path.stat().st_ino
            self._contents[inode] = path.read_bytes()
            self._names.setdefault(path.parent, {})[path.name] = inode

    def _is_ours(self, path: Path) -> bool:
        return path.is_relative_to(self.root) and path.suffix not in _DATABASE

    def _opening(self, real: Callable[..., int]) -> Callable[..., int]:
        def opened(path: Any, flags: int, *rest: Any, **options: Any) -> int:
            is_made = bool(flags & os.O_CREAT) and self._is_ours(Path(path))
            if is_made:
                self.step("create")
            descriptor = real(path, flags, *rest, **options)
            if is_made:
                # an inode that was another's has nothing of it
                self._contents[os.fstat(descriptor).st_ino] = b""
            return descriptor

        return opened

    def _by_descriptor(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(descriptor: int, *rest: Any) -> Any:
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            if not self._is_ours(path):
                return real(descriptor, *rest)
            self.step(name if path.is_file() else f"{name} of a folder")
            outcome = real(descriptor, *rest)
            if name in ("fsync", "fdatasync"):
                self._synced(descriptor, path)
            return outcome

        return call

    def _by_name(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: Any, *rest: Any, **options: Any) -> Any:
            if self._is_ours(Path(path)):
                self.step(name)
            return real(path, *rest, **options)

        return call

    def _synced(self, descriptor: int, path: Path) -> None:
        if path.is_dir():
            found = {one.name: one.stat().st_ino for one in path.iterdir() if one.is_file()}
            self._names[path] = found
        else:
            self._contents[os.fstat(descriptor).st_ino] = path.read_bytes()


class PoweredDatabase(SqliteDatabase):
    """A `Database` whose every transaction is a step."""

    def __init__(self, path: Path, power: PowerCut) -> None:
        super().__init__(path)
        self._file = path
        self._power = power

    async def open(self) -> None:
        """Open it; what is there is synced."""
        await super().open()
        self._power.database_synced(self._file)

    async def write(
        self,
        make: Callable[Params, Transaction[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Take a step that is synced."""
        self._power.step(f"transaction {getattr(make, '__name__', '')}")
        outcome = await super().write(make, *args, **kwargs)
        self._power.database_synced(self._file)
        return outcome

    async def write_unsynced(
        self,
        make: Callable[Params, Transaction[Result]],
        *args: Params.args,
        **kwargs: Params.kwargs,
    ) -> Result:
        """Take a step that is not synced."""
        self._power.step(f"unsynced transaction {getattr(make, '__name__', '')}")
        return await super().write_unsynced(make, *args, **kwargs)


def _copy_database(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)
