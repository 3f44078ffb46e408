"""One structured line for each request: who asked for what, what came of it, how long it took.

A line holds no query string and no header: tokens and passwords travel there. Text from outside goes in as data, never into the
event's words, so that no name can forge a line.
"""

import logging

from inkan.web.answer_memory import Asked

logger = logging.getLogger(__name__)
_PATH_CHARACTERS = 512


class AccessLog:
    """Writes the access log through the standard logging module."""

    def write(
        self, asked: Asked, request_id: str, client_address: str, status: int, seconds: float
    ) -> None:
        """Write the line of one finished request."""
        if not logger.isEnabledFor(logging.INFO):
            return
        level = logging.ERROR if status >= 500 else logging.INFO
        logger.log(
            level,
            "request",
            extra={
                "request": request_id,
                "client": client_address,
                "account": asked.account,
                "operation": asked.operation,
                "method": asked.method,
                "path": asked.path[:_PATH_CHARACTERS],
                "status": status,
                "milliseconds": round(seconds * 1000, 1),
            },
        )
