"""An answer whose head came to its end.

`http.client` takes a head that is cut off for one that ends there: fields that are missing are then none that the server has not sent, and a length of 1000 may be one of 10.

Source: RFC 9112 § 8, Handling Incomplete Messages.
"""

import http.client
import io
from typing import Any

# what http.client reads at most of a line, and then refuses
_LINE_BYTES = 65536


class WholeHeadResponse(http.client.HTTPResponse):
    """An answer that is one only with the empty line behind its head."""

    def begin(self) -> None:
        """Read the head.

        Raises:
            RemoteDisconnected: if it is cut off.
        """
        whole = self.fp
        self.fp = _Head(whole)  # type: ignore[assignment] # what begin() uses of a file, it has
        super().begin()
        if self.fp is not None:
            self.fp = whole


class _Head:
    """A file whose every line has an end."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file

    def readline(self, limit: int = -1) -> bytes:
        line = self._file.readline(limit)
        if not line.endswith(b"\n") and len(line) <= _LINE_BYTES:
            raise http.client.RemoteDisconnected("it broke off in the head of an answer")
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
