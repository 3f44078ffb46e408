"""Targets files in exactly the form that docker and notary write, read at the speed of a regular expression.

A push changes one tag and sends all of them again; reading 10,000 entries one by one is nearly all of what a publish costs. But what docker writes is canonical
already: names sorted, no space, nothing escaped. A file of that form is cut in two. The entries are recognised by one pattern; everything else, with an
empty object in their place, goes through the strict reader like any other file. The bytes between are the message that signatures are over, as they came. A
file that differs in anything - an escape, a `custom` member, another order - is left to the strict reader whole.

Source: Notary v1 as measured (docker 20.10 to 28.2, notary 0.7.0); docs/adr/0008-targets-are-recognised-before-they-are-parsed.md.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from inkan import limits
from inkan.tuf.target import Target

_OPENING = '":{"hashes":{'
_TAIL = re.compile(rb'\{\},"version":[1-9][0-9]*\}')
# printable ASCII but for what JSON or Go's encoder would escape: quotation mark, backslash, <, > and &
_NAME = r"[ !#-%'-;=?-\[\]-~]*"
# the last character before the padding encodes 4 bits (sha256) or 2 bits (sha512): others are no canonical base64
_SHA256 = r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]="
_SHA512 = r"[A-Za-z0-9+/]{85}[AQgw]=="
_LENGTH = r"0|[1-9][0-9]{0,14}"
_ENTRY = re.compile(
    rf'"({_NAME})":{{"hashes":{{"sha256":"({_SHA256})"(?:,"sha512":"({_SHA512})")?}},"length":({_LENGTH})}}'
)
_ANY = re.sub(r"\((?!\?)", "(?:", _ENTRY.pattern)
_ENTRIES = re.compile(rf"(?:{_ANY}(?:,{_ANY})*+)?")
_EXPIRES = ',"expires":"'
_EXPIRY = re.compile(rf'{_EXPIRES}[0-9TZ:.+-]{{20,40}}","targets":\{{')
_BLOCK = re.compile(
    rf',"targets":\{{({_ANY}(?:,{_ANY})*+)\}},"version":[1-9][0-9]{{0,15}}\}},"signatures":\['
)


@dataclass(frozen=True, slots=True)
class CutFile:
    """A targets file, cut around its entries.

    Attributes:
        rest: the file with no entries in it.
        block: the entries as they stand in the file: well-formed, in order, none twice.
        start: where they begin.
        names: their names.
    """

    rest: bytes
    block: str
    start: int
    names: list[str]

    def message(self, canonical_rest: bytes) -> bytes | None:
        """Return the canonical bytes of `signed`, if with those of the rest's `signed` the cut turns out to be where entries belong.

        The rest begins with them, and they end in `"targets":{},"version":N}` from the cut on: so the cut lies in the object that is the member
        `targets` of `signed` itself, and not in one further down.
        """
        opening = b'{"signed":'
        if not self.rest.startswith(opening + canonical_rest + b',"signatures":['):
            return None
        at = self.start - len(opening)
        if not _TAIL.fullmatch(canonical_rest[at - 1 :]):
            return None
        return canonical_rest[:at] + self.block.encode() + canonical_rest[at:]


def cut(raw: bytes) -> CutFile | None:
    """Return a file cut around its entries, or nothing if it is not of the form."""
    if len(raw) > limits.METADATA_FILE_BYTES or not raw.isascii():
        return None
    text = raw.decode("ascii")
    found = _BLOCK.search(text) if text.count(',"targets":{') == 1 else None
    if found is None:
        return None
    block = found[1]
    # what stands before each of these is a name and its quotation mark; no other text of an entry holds them
    names = [one.rpartition('"')[2] for one in block.split(_OPENING)[:-1]]
    # strictly ascending: sorted, and none twice
    if len(names) > limits.TARGETS_PER_FILE or not all(map(str.__lt__, names, names[1:])):
        return None
    start = found.start(1)
    return CutFile(raw[:start] + raw[found.end(1) :], block, start, names)


class CompactTargets(Mapping[str, Target]):
    """The entries of a cut file by name; each is read when it is asked for."""

    __slots__ = ("_block", "_entries", "_head", "_names")

    def __init__(self, file: CutFile) -> None:
        self._block = file.block
        self._head = file.rest[: file.start].decode()
        self._names = file.names
        self._entries: dict[str, tuple[str, str, str, str]] | None = None

    def __getitem__(self, name: str) -> Target:
        return _target(*self._read()[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._read()

    def _read(self) -> dict[str, tuple[str, str, str, str]]:
        if self._entries is None:
            self._entries = {one[0]: one for one in _ENTRY.findall(self._block)}
        return self._entries

    def changes_since(self, raw: bytes) -> tuple[Mapping[str, Target], Mapping[str, Target]] | None:
        """Return the entries of an earlier file and of this one, without most of those that are the same in both.

        Two versions of a file mostly differ in their expiry and in a tag or two; what stands before the first difference and after the last is not
        even looked at.

        Args:
            raw: an earlier file, one that was accepted.

        Returns:
            nothing, if the earlier file differs before its entries, or is not of the form where it differs.
        """
        block = self._earlier_block(raw)
        if block is None:
            return None
        blocks = (block, self._block)
        before, after = _shared_ends(*blocks)
        start = blocks[0].rfind(_OPENING, 0, before)
        start = blocks[0].rfind('"', 0, start) if start >= 0 else 0
        ends = [_entry_end(one, after) for one in blocks]
        if not all(
            _ENTRIES.fullmatch(one, start, end) for one, end in zip(blocks, ends, strict=True)
        ):
            return None
        old, new = (
            {found[0]: _target(*found) for found in _ENTRY.findall(one, start, end)}
            for one, end in zip(blocks, ends, strict=True)
        )
        return old, new

    def _earlier_block(self, raw: bytes) -> str | None:
        # where both begin alike, the entries are the same member in both; and no text of a signature ends like entries
        stem = self._head[: self._head.rfind(_EXPIRES)].encode()
        if not raw.isascii() or not raw.startswith(stem):
            return None
        text = raw.decode("ascii")
        opening = _EXPIRY.match(text, len(stem))
        end = text.rfind('},"version":')
        return text[opening.end() : end] if opening and opening.end() <= end else None


def _target(name: str, sha256: str, sha512: str, length: str) -> Target:
    hashes = {"sha256": base64.b64decode(sha256)}
    if sha512:
        hashes["sha512"] = base64.b64decode(sha512)
    return Target(name, int(length), hashes)


def _shared_ends(one: str, other: str) -> tuple[int, int]:
    """Return how many characters two texts have in common at their beginning, and how many more at their end."""
    before = _shared(min(len(one), len(other)), lambda a, b: one[a:b] == other[a:b])
    rest = min(len(one), len(other)) - before
    ends = len(one), len(other)
    after = _shared(
        rest, lambda a, b: one[ends[0] - b : ends[0] - a] == other[ends[1] - b : ends[1] - a]
    )
    return before, after


def _shared(most: int, is_same: Callable[[int, int], bool]) -> int:
    low = 0
    while low < most:
        middle = (low + most + 1) // 2
        if is_same(low, middle):
            low = middle
        else:
            most = middle - 1
    return low


def _entry_end(block: str, shared: int) -> int:
    """Return where the first entry ends that ends within the last `shared` characters; the block's end if none does."""
    last = block.find('"length":', len(block) - shared)
    return block.find("}", last) + 1 if last >= 0 else len(block)
