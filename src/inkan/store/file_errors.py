"""What an operating system's error means for a store; paths stay out of the words, which strangers read."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from inkan.errors import StorageFullError, StorageUnavailableError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn every `OSError` of the body into the store's own.

    Raises:
        StorageFullError: if there is no room.
        StorageUnavailableError: for every other failure.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFullError(
                "the storage is full; free some space, then try again"
            ) from error
        raise StorageUnavailableError(f"the storage failed: {error.strerror or error}") from error
