"""Files of a person's own: readable by nobody else, replaced whole."""

import os
from pathlib import Path

from inkan.durable_file import write_durably
from inkan.errors import ConflictError, StorageUnavailableError


def write_private(path: Path, content: bytes) -> None:
    """Put `content` at `path`, for its owner only; a link is followed, so that a linked configuration stays one.

    Raises:
        StorageUnavailableError: if it cannot be written; what was there is then untouched.
    """
    try:
        write_durably(path.resolve(), content, 0o600)
    except OSError as error:
        raise StorageUnavailableError(f"{path} cannot be written: {error.strerror}") from error


def write_new(path: Path, content: bytes) -> None:
    """Put `content` into a new file, for its owner only; it is on the disk when this returns.

    Raises:
        ConflictError: if there is a file already; it stays as it is.
        StorageUnavailableError: if it cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise ConflictError(f"{path} is there already") from error
    except OSError as error:
        raise StorageUnavailableError(f"{path} cannot be written: {error.strerror}") from error
