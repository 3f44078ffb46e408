"""A digest: the name that content gives itself.

```text
digest    = algorithm ":" encoded
algorithm = "sha256" | "sha512"          others are well-formed, but not spoken here
encoded   = 64 or 128 lower-case hexadecimal digits
```

Source: OCI Image Specification 1.1, descriptor.md § Digests.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from inkan.errors import DigestInvalidError

HEX_LENGTHS = {"sha256": 64, "sha512": 128}
_HEX = re.compile(r"[0-9a-f]+\Z")
_WELL_FORMED = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+\Z")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """An algorithm and the lower-case hexadecimal hash of some content.

    >>> str(Digest.of(b"{}"))
    'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'
    """

    algorithm: str
    encoded: str

    def __post_init__(self) -> None:
        length = HEX_LENGTHS.get(self.algorithm)
        text = f"{self.algorithm}:{self.encoded}"
        if length is None:
            if not _WELL_FORMED.match(text):
                raise DigestInvalidError(text, "it should look like sha256:<64 hexadecimal digits>")
            raise DigestInvalidError(
                text, f"{self.algorithm} is not spoken here; use sha256 or sha512"
            )
        if len(self.encoded) != length or not _HEX.match(self.encoded):
            raise DigestInvalidError(
                text, f"{self.algorithm} takes {length} lower-case hexadecimal digits"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the digest that `text` spells.

        Raises:
            DigestInvalidError: if it is malformed or its algorithm is not spoken here.
        """
        algorithm, colon, encoded = text.partition(":")
        if not colon:
            raise DigestInvalidError(text, "it should look like sha256:<64 hexadecimal digits>")
        return cls(algorithm, encoded)

    @classmethod
    def of(cls, content: bytes, algorithm: str = "sha256") -> Self:
        """Return the digest of `content`."""
        return cls(algorithm, hashlib.new(algorithm, content).hexdigest())

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.encoded}"


class Hasher:
    """Hashes content piece by piece, by one algorithm."""

    __slots__ = ("_hash", "algorithm", "size_bytes")

    def __init__(self, algorithm: str = "sha256") -> None:
        if algorithm not in HEX_LENGTHS:
            raise DigestInvalidError(
                f"{algorithm}:", f"{algorithm} is not spoken here; use sha256 or sha512"
            )
        self.algorithm = algorithm
        self.size_bytes = 0
        self._hash = hashlib.new(algorithm)

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        self._hash.update(piece)
        self.size_bytes += len(piece)

    def digest(self) -> Digest:
        """Return the digest of everything taken so far."""
        return Digest(self.algorithm, self._hash.hexdigest())

    @classmethod
    def over(cls, pieces: Iterable[bytes], algorithm: str) -> Self:
        """Return a hasher that has taken all `pieces`."""
        hasher = cls(algorithm)
        for piece in pieces:
            hasher.update(piece)
        return hasher
