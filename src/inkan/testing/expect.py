"""Expecting an error, for suites that must not depend on a test runner."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from inkan.errors import InkanError


@asynccontextmanager
async def raises(kind: type[InkanError]) -> AsyncIterator[None]:
    """Go on if the body raises `kind`, and fail if it does not."""
    try:
        yield
    except kind:
        return
    message = f"{kind.__name__} was not raised"
    raise AssertionError(message)
