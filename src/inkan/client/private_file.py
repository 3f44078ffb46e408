"""Files of a person's own: readable by nobody else, replaced whole."""

from pathlib import Path

from inkan.durable_file import write_durably
from inkan.errors import StorageUnavailableError


def write_private(path: Path, content: bytes) -> None:
    """Put `content` at `path`, for its owner only; a link is followed, so that a linked configuration stays one.

    Raises:
        StorageUnavailableError: if it cannot be written; what was there is then untouched.
    """
    try:
        write_durably(path.resolve(), content, 0o600)
    except OSError as error:
        raise StorageUnavailableError(f"{path} cannot be written: {error.strerror}") from error
