"""Byte ranges of a GET.

Source: RFC 9110 § 14. Several ranges in one request may be answered as if there were none (§ 14.2), and are.
"""

import re
from dataclasses import dataclass

from inkan.errors import RangeUnsatisfiableError

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `start` up to, not including, `stop` of `size` bytes."""

    start: int
    stop: int
    size: int

    @property
    def content_range(self) -> str:
        """The `Content-Range` of the answer."""
        return f"bytes {self.start}-{self.stop - 1}/{self.size}"


def parse_range(text: str, size: int) -> ByteRange | None:
    """Return the range that a `Range` field asks for, clamped to what is there; nothing where it asks for no single range.

    Raises:
        RangeUnsatisfiableError: if none of the content lies in it.
    """
    match = _RANGE.match(text.strip())
    if not match or not (match[1] or match[2]):
        return None
    if not match[1]:
        # the last bytes
        start, stop = max(0, size - int(match[2])), size
    else:
        start = int(match[1])
        stop = min(size, int(match[2]) + 1) if match[2] else size
    if start >= stop:
        raise RangeUnsatisfiableError(size)
    return ByteRange(start, stop, size)
