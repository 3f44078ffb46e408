"""Who is told of every finished request, before its caller hears of it.

`access/request_audit.py` keeps the audit log; the edge only tells it what came of a request, so that no handler can forget to.
"""

from typing import Protocol

from inkan.web.messages import Request


class Auditor(Protocol):
    """Is told what came of requests."""

    async def finished(self, request: Request, operation: str, status: int) -> None:
        """Take note of a request.

        Raises:
            StorageUnavailableError: if an act that has to be kept cannot be; its caller is then not told that it was done.
        """
        ...
