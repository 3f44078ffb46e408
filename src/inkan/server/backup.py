"""A whole server in a folder, taken while it runs, and put back.

```text
DIR/inkan.db      the facts at one instant
DIR/blobs/…       every blob that they name, hashed on its way; what is there from an earlier backup is not copied again
DIR/tls/… key-encryption-key ca.crt admin-password       for their owner only
```

The facts come first. What they name is there for a quarter of an hour at least after nobody needs it any more, and for the whole time of grace if a manifest named it: a backup that is
done within that time lacks nothing that an image needs.

Source: SQLite documentation, `lang_vacuum.html` § VACUUM INTO.
"""

import contextlib
import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from inkan import limits
from inkan.durable_file import sync_folder, write_durably
from inkan.errors import (
    BlobCorruptError,
    ConflictError,
    DataFolderError,
    StorageUnavailableError,
)
from inkan.server.data_lock import hold
from inkan.store.layout import DataFolder

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Done:
    """What a backup or a restore has done.

    Attributes:
        blobs: how many there are in it.
        copied_bytes: how much had to be copied.
        skipped: digests of blobs that were collected meanwhile: no image named them.
    """

    blobs: int
    copied_bytes: int
    skipped: tuple[str, ...]


def back_up(source: DataFolder, target: DataFolder, tell: Tell) -> Done:
    """Bring everything that a server keeps into a folder; on the disk when this returns. The server may run, and goes on.

    Raises:
        DataFolderError: if there is no server's data, or a server runs on the folder that it is to be brought to.
        ConflictError: if both are one folder.
        BlobCorruptError: if a blob is not what its digest says, and a manifest names it; what is in the folder already stays.
        StorageUnavailableError: if something cannot be read or written.
    """
    if not source.database.exists():
        raise DataFolderError(f"data: {source.root} is no data folder of Inkan")
    if target.root.resolve() == source.root.resolve():
        raise ConflictError(f"{target.root} is the data folder itself; back up into another one")
    # a folder that a server runs on is no place for a backup: its database would be replaced under it
    with hold(target), storage_errors(target.root):
        tell("Copying the facts...")
        copy_database(source.database, target.database)
        for path in small_files(source):
            if path.exists():
                write_durably(target.root / path.relative_to(source.root), path.read_bytes(), 0o600)
        tell("Copying blobs...")
        return _copy_blobs(source, target)


def put_back(source: DataFolder, target: DataFolder, tell: Tell) -> Done:
    """Bring a backup into a data folder that has nothing in it.

    Raises:
        ConflictError: if there is something in it.
        DataFolderError: if the source is no backup.
        BlobCorruptError: if a blob of the backup is not what its digest says.
    """
    if target.root.exists() and any(target.root.iterdir()):
        raise ConflictError(f"{target.root} is not empty; restore into a new folder")
    return back_up(source, target, tell)


def copy_database(source: Path, target: Path) -> None:
    """Copy the database as it is at one instant, whole or not at all."""
    beside = target.with_name(f".{target.name}.partial")
    beside.unlink(missing_ok=True)
    try:
        with contextlib.closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as database:  # fmt: skip
            database.execute("VACUUM INTO ?", (str(beside),))
    except sqlite3.Error as error:
        raise StorageUnavailableError(f"{source} cannot be copied: {error}") from error
    beside.chmod(0o600)
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    beside.replace(target)
    sync_folder(target.parent)


def small_files(folder: DataFolder) -> list[Path]:
    """Return where the files are that are neither facts nor blobs, whether they are there or not."""
    return [folder.key_encryption_key, folder.ca_certificate, folder.ca_key, folder.server_certificate,
            folder.server_key, folder.admin_password]  # fmt: skip


def _copy_blobs(source: DataFolder, target: DataFolder) -> Done:
    count, copied, skipped = 0, 0, []
    with contextlib.closing(sqlite3.connect(target.database)) as facts:
        for digest, size, key, is_named in facts.execute(EVERY_BLOB):
            origin, place = source.blob(key), target.blob(key)
            if place.exists() and place.stat().st_size == size:
                count += 1
                continue
            try:
                _copy_blob(origin, place, digest)
            except FileNotFoundError as error:
                if is_named:
                    raise BlobCorruptError(digest) from error
                skipped.append(digest)
                continue
            count, copied = count + 1, copied + size
    return Done(count, copied, tuple(skipped))


EVERY_BLOB = (
    "SELECT b.digest, b.size_bytes, b.storage_key, EXISTS (SELECT 1 FROM repository_blobs r JOIN manifest_blobs m "
    "ON m.repository = r.repository AND m.blob = r.digest WHERE r.digest = b.digest) "
    "OR EXISTS (SELECT 1 FROM trash_blobs t WHERE t.blob = b.digest) FROM blobs b ORDER BY b.digest"
)
"""Digest, size, storage key of every blob, and whether an image needs it."""


def _copy_blob(origin: Path, place: Path, digest: str) -> None:
    """Copy a blob, hashed on its way: a backup of damaged bytes is none."""
    algorithm, _, encoded = digest.partition(":")
    hasher = hashlib.new(algorithm)
    with origin.open("rb") as file:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = place.with_name(f".{place.name}.partial")
        with beside.open("wb") as copy:
            while piece := file.read(limits.PIECE_BYTES):
                hasher.update(piece)
                copy.write(piece)
            copy.flush()
            os.fsync(copy.fileno())
    if hasher.hexdigest() != encoded:
        beside.unlink()
        raise BlobCorruptError(digest)
    beside.replace(place)
    sync_folder(place.parent)


@contextlib.contextmanager
def storage_errors(folder: Path) -> Iterator[None]:
    """Turn errors of the system in the body into the store's own.

    Raises:
        StorageUnavailableError: if the folder cannot be written.
    """
    try:
        yield
    except (OSError, shutil.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise StorageUnavailableError(f"{folder} cannot be written: {reason}") from error
