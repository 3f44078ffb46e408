"""Named ways to spoil a signed file: each makes of a good file one that must be refused, by every reader.

Those under `OF_BYTES` spoil what travels. Those under `OF_MEANING` change what is signed and are signed again by the right keys: only reading strictly helps.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from inkan.strict_json import parse
from inkan.tuf.canonical_json import canonical
from inkan.tuf.sign import Signer, sign

Tree = dict[str, Any]


def _opened(raw: bytes) -> Tree:
    return dict(parse(raw, limit_bytes=len(raw)))


def _reopened(change: Callable[[Tree], object]) -> Callable[[bytes], bytes]:
    def corrupt(raw: bytes) -> bytes:
        tree = _opened(raw)
        change(tree)
        return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()

    return corrupt


def _flip(tree: Tree) -> None:
    first = tree["signatures"][0]
    first["sig"] = ("B" if first["sig"][0] == "A" else "A") + first["sig"][1:]


def _evil_first(raw: bytes) -> bytes:
    signed = _opened(raw)["signed"]
    evil = canonical({**signed, "version": signed["version"] + 1})
    return b'{"signed":' + evil + b"," + raw[1:]


OF_BYTES: Mapping[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "the first five bytes cut": lambda raw: raw[5:],
    "cut in the middle": lambda raw: raw[: len(raw) // 2],
    "a byte behind": lambda raw: raw + b"x",
    "a second value behind": lambda raw: raw + b"{}",
    "a byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "not UTF-8": lambda raw: raw.replace(b'"_type"', b'"_typ\xff"', 1),
    "nested 100,000 deep": lambda raw: raw[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a member signed twice, evil first": _evil_first,
    "a member of the envelope that nobody signed": _reopened(
        lambda tree: tree.update({"abc": "xyz"})
    ),
    "members that differ by case": _reopened(lambda tree: tree.update({"Signed": tree["signed"]})),
    "no signatures": _reopened(lambda tree: tree.update(signatures=[])),
    "signatures null": _reopened(lambda tree: tree.update(signatures=None)),
    "signatures a text": _reopened(lambda tree: tree.update(signatures="AAAA")),
    "signatures an object": _reopened(lambda tree: tree.update(signatures={})),
    "a signature flipped": _reopened(_flip),
    "a signature empty": _reopened(lambda tree: tree["signatures"][0].update(sig="")),
    "a signature null": _reopened(lambda tree: tree["signatures"][0].update(sig=None)),
    "a signature not base64": _reopened(lambda tree: tree["signatures"][0].update(sig="*")),
    "a signature with a line break": _reopened(
        lambda tree: tree["signatures"][0].update(sig=tree["signatures"][0]["sig"] + "\n")
    ),
    "a signature of an unknown method": _reopened(
        lambda tree: tree["signatures"][0].update(method="crystals")
    ),
    "a signature by a key ID in upper case": _reopened(
        lambda tree: tree["signatures"][0].update(
            keyid=tree["signatures"][0]["keyid"].upper() + "F"
        )
    ),
    "10,000 signatures": _reopened(
        lambda tree: tree.update(signatures=tree["signatures"] * 10_000)
    ),
    "another version under the same signature": _reopened(
        lambda tree: tree["signed"].update(version=tree["signed"]["version"] + 1)
    ),
}
"""By name: makes of the bytes of a good file bytes that are to be refused."""

OF_MEANING: Mapping[str, Callable[[Tree], object]] = {
    "the type of another role": lambda tree: tree.update(_type="Mirrors"),
    "the type in lower case": lambda tree: tree.update(_type=tree["_type"].lower()),
    "the type a number": lambda tree: tree.update(_type=1),
    "no type": lambda tree: tree.pop("_type"),
    "version 0": lambda tree: tree.update(version=0),
    "version -1": lambda tree: tree.update(version=-1),
    "version a text": lambda tree: tree.update(version="3"),
    "version true": lambda tree: tree.update(version=True),
    "version null": lambda tree: tree.update(version=None),
    "version 2^63": lambda tree: tree.update(version=2**63),
    "no version": lambda tree: tree.pop("version"),
    "expires no time": lambda tree: tree.update(expires="tomorrow"),
    "expires without a zone": lambda tree: tree.update(expires="2041-01-02T03:04:05"),
    "expires in the year 0": lambda tree: tree.update(expires="0000-01-02T03:04:05Z"),
    "expires at 24:00:00": lambda tree: tree.update(expires="2041-01-02T24:00:00Z"),
    "expires at a leap second": lambda tree: tree.update(expires="2041-12-31T23:59:60Z"),
    "no expires": lambda tree: tree.pop("expires"),
    "expired": lambda tree: tree.update(expires="2019-01-02T03:04:05Z"),
    "a member that differs by case": lambda tree: tree.update(Version=7),
}
"""By name: changes the signed tree of a good file, which is then to be refused however well it is signed."""


def resigned(raw: bytes, change: Callable[[Tree], object], signers: Sequence[Signer]) -> bytes:
    """Return a file with its signed tree changed, signed again."""
    tree = _opened(raw)["signed"]
    change(tree)
    return sign(tree, list(signers))
