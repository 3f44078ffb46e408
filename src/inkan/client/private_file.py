"""Files of a person's own: readable by nobody else, replaced whole."""

import os
from pathlib import Path

from inkan.errors import StorageUnavailableError


def write_private(path: Path, content: bytes) -> None:
    """Put `content` at `path`, for its owner only; a link is followed, so that a linked configuration stays one.

    Raises:
        StorageUnavailableError: if it cannot be written; what was there is then untouched.
    """
    try:
        target = path.resolve()
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
    except OSError as error:
        raise StorageUnavailableError(f"{path} cannot be written: {error.strerror}") from error
