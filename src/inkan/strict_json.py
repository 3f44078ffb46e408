"""Strangers' JSON, parsed strictly: one meaning or none.

Every reader of one document must see the same values, or a signature checked over one reading protects another. So
what readers disagree on is refused: duplicate members, NaN and Infinity, numbers past 2^53, bytes that are not UTF-8, lone
surrogates, a byte order mark, anything after the document, and nesting without end.

Source: RFC 8259 §§ 4, 6, 8; catalogue of disagreements: CVE-2017-12635, Notary v1's case-insensitive members.
"""

import json
from typing import Any, NoReturn

from inkan import limits
from inkan.errors import JsonInvalidError


def parse(data: bytes, *, limit_bytes: int, integers_only: bool = False) -> Any:
    """Return the one value that `data` means.

    Args:
        data: the exact bytes received.
        limit_bytes: the cap checked before anything is decoded.
        integers_only: whether numbers with a fraction or an exponent are refused; signed documents have none.

    Raises:
        JsonInvalidError: if the bytes are over the cap or are not JSON with exactly one reading.
    """
    if len(data) > limit_bytes:
        raise JsonInvalidError(f"{len(data)} bytes are more than the {limit_bytes} allowed")
    if data[:3] == b"\xef\xbb\xbf":
        raise JsonInvalidError("it begins with a byte order mark")
    try:
        text = data.decode("utf-8")
        tree = (_INTEGER_DECODER if integers_only else _DECODER).decode(text)
    except UnicodeDecodeError as error:
        raise JsonInvalidError("it is not UTF-8") from error
    except RecursionError as error:
        raise JsonInvalidError("it is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise JsonInvalidError(f"{error.msg} at character {error.pos}") from error
    require_plain(tree)
    return tree


def require_plain(tree: Any) -> None:
    """Raise unless the tree is at most `limits.JSON_DEPTH` deep and every string in it can be written as UTF-8.

    Raises:
        JsonInvalidError: if it is deeper, or an escape produced a lone surrogate.
    """
    level: list[Any] = [tree]
    depth = 0
    while level:
        depth += 1
        if depth > limits.JSON_DEPTH + 1:
            raise JsonInvalidError(f"it is nested more than {limits.JSON_DEPTH} deep")
        below: list[Any] = []
        for value in level:
            if type(value) is dict:
                for name in value:
                    _require_text(name)
                below.extend(value.values())
            elif type(value) is list:
                below.extend(value)
            elif type(value) is str:
                _require_text(value)
        level = below


def _require_text(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise JsonInvalidError("a string holds a lone surrogate") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise JsonInvalidError(f"the member {name[:60]!r} occurs twice")
            seen.add(name)
    return members


def _integer(digits: str) -> int:
    # 17 digits cover 2^53 with room; a longer text is not even converted (quadratic int parsing, CVE-2020-10735)
    if len(digits) > 17 or abs(number := int(digits)) > limits.JSON_INTEGER_MAX:
        raise JsonInvalidError("a number is larger than 2^53")
    return number if number or digits[0] != "-" else 0


def _constant(name: str) -> NoReturn:
    raise JsonInvalidError(f"{name} is not JSON")


def _fraction(digits: str) -> NoReturn:
    raise JsonInvalidError(f"{digits[:20]} is not an integer")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_constant=_constant, strict=True
)
_INTEGER_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_fraction,
    parse_constant=_constant,
    strict=True,
)
