"""The body of a publish: `multipart/form-data`, one part for each role, its name in `filename`.

Written for what Go's clients send, strictly: zero parts are legal (docker re-signs an unchanged tag so), `targets/releases` keeps its
slash, the order of parts means nothing, and a body cut anywhere is refused whole.

Source: RFC 2046 § 5.1; RFC 7578; Notary v1, PUT/POST of metadata as measured with docker 20.10 and 28.2.
"""

import re
from dataclasses import dataclass

from inkan import limits
from inkan.errors import FileNameMissingError, MultipartInvalidError

_BOUNDARY = re.compile(
    r"""multipart/form-data\s*;(?:.*;)?\s*boundary=(?:"([0-9A-Za-z'()+_,\-./:=? ]{1,70})"|([0-9A-Za-z'()+_,\-./:=?]{1,70}))\s*(?:;|\Z)""",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(rb'(?:^|;)\s*filename="((?:[^"\\]|\\.)*)"', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One published file: the name it came under and its exact bytes, or as many as no file may have."""

    file_name: str
    content: bytes


def parse_boundary(content_type: str) -> bytes:
    """Return the boundary that a `Content-Type` names.

    Raises:
        MultipartInvalidError: if the body is not multipart or names none.
    """
    match = _BOUNDARY.match(content_type)
    if not match:
        raise MultipartInvalidError("the body is not multipart/form-data with a boundary")
    return (match[1] or match[2]).encode("ascii")


def parse_parts(body: bytes, boundary: bytes) -> tuple[Part, ...]:
    r"""Return every part of a body.

    Raises:
        MultipartInvalidError: if the body is cut, has too many parts, or is malformed.
        FileNameMissingError: if a part names no file.

    >>> parse_parts(b"\r\n--x--\r\n", b"x")
    ()
    """
    delimiter = b"\r\n--" + boundary
    parts: list[Part] = []
    position = _first(body, delimiter)
    while body[position : position + 2] != b"--":
        if body[position : position + 2] != b"\r\n":
            raise MultipartInvalidError("the body is cut after a boundary")
        end = body.find(delimiter, position)
        if end < 0:
            raise MultipartInvalidError("the body is cut within a part")
        if len(parts) == limits.PUBLISH_PARTS:
            raise MultipartInvalidError(f"the body has more than {limits.PUBLISH_PARTS} parts")
        # the part keeps its leading line break, so that "no header at all" still ends in an empty line
        parts.append(_parse_part(body, position, end))
        position = end + len(delimiter)
    if not _is_blank(body, position + 2, len(body)):
        raise MultipartInvalidError("something follows the last boundary")
    return tuple(parts)


def _first(body: bytes, delimiter: bytes) -> int:
    """Return where the first delimiter ends: it needs no line break before it; Go writes one in the body without parts."""
    if body.startswith(delimiter[2:]):
        return len(delimiter) - 2
    start = body.find(delimiter)
    if start < 0 or not _is_blank(body, 0, start):
        raise MultipartInvalidError("the body does not begin with its boundary")
    return start + len(delimiter)


def _is_blank(body: bytes, start: int, end: int) -> bool:
    # of a body that may be large, no more is copied than has to be
    return end - start <= limits.MULTIPART_HEADER_BYTES and not body[start:end].strip()


def _parse_part(body: bytes, start: int, stop: int) -> Part:
    end = body.find(b"\r\n\r\n", start, min(stop, start + limits.MULTIPART_HEADER_BYTES))
    if end < 0:
        raise MultipartInvalidError("a part has no end of its header, or one that is too long")
    dispositions = [
        line.partition(b":")[2]
        for line in body[start:end].split(b"\r\n")
        if line.partition(b":")[0].strip().lower() == b"content-disposition"
    ]
    if len(dispositions) != 1:
        raise MultipartInvalidError("a part needs exactly one Content-Disposition")
    names = _FILE_NAME.findall(dispositions[0])
    if len(names) != 1 or not names[0]:
        raise FileNameMissingError("a part names no role: give its filename")
    try:
        name = names[0].decode("ascii")
    except UnicodeDecodeError as error:
        raise FileNameMissingError("a part's filename is not a role's name") from error
    # of a file that is too large for any role no more than shows it
    return Part(name, body[end + 4 : min(stop, end + 5 + limits.METADATA_FILE_BYTES)])
