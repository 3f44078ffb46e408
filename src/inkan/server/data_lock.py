"""One program at a time on a data folder."""

import contextlib
import fcntl
import os
from collections.abc import Iterator

from inkan.errors import DataFolderError
from inkan.store.layout import DataFolder


@contextlib.contextmanager
def hold(folder: DataFolder) -> Iterator[None]:
    """Make the data folder ours alone; it is made if it is not there.

    Raises:
        DataFolderError: if it cannot be made or written, or another server holds it.
    """
    try:
        folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DataFolderError(f"data: {folder.root} cannot be used: {error.strerror}") from error
    try:
        _lock(lock, folder)
        yield
    finally:
        os.close(lock)


def _lock(descriptor: int, folder: DataFolder) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        message = f"data: another server is using {folder.root}; stop it first"
        raise DataFolderError(message) from error
