r"""The bytes that are signed, and the bytes that travel.

Canonical: members sorted by name, no white space, integers only, and in strings only `"` and `\\` escaped; everything else, control
characters too, stands raw. On the wire Go's encoder also writes `<`, `>`, `&`, U+2028 and U+2029 as escapes; signatures are over the
canonical form, the hashes in a snapshot over the wire form.

Source: docker/go `canonical/json` as measured; TUF dialect notes of Notary v1.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NewType

CanonicalBytes = NewType("CanonicalBytes", bytes)

_ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|(.))")
_SHORT = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '\\"', "\\": "\\\\"}
_WIRE = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


def canonical(tree: Any) -> CanonicalBytes:
    r"""Return the bytes to sign for a tree without fractional numbers.

    >>> canonical({"b": [1, None], "a": "\t<\"é"})
    b'{"a":"\t<\\"\xc3\xa9","b":[1,null]}'
    """
    return CanonicalBytes(_text(tree).encode())


def wire(tree: Any) -> bytes:
    """Return the bytes that Go would send for a tree."""
    return _text(tree).translate(_WIRE).encode()


def envelope(signed: Mapping[str, Any], signatures: Sequence[Mapping[str, str]]) -> bytes:
    """Return a complete signed file as Go writes it: `signed` first, and signatures with their members in Go's order."""
    listed = [
        {"keyid": one["keyid"], "method": one["method"], "sig": one["sig"]} for one in signatures
    ]
    return b'{"signed":' + wire(signed) + b',"signatures":' + wire(listed) + b"}"


def _text(tree: Any) -> str:
    text = json.dumps(
        tree, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    # json.dumps escapes control characters, the canonical form does not; documents with a backslash at all are rare
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return _SHORT[match[2]]
