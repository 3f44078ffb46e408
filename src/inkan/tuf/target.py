"""A signed entry.

Source: Notary v1, `tuf/data/targets.go`; TUF 1.0 § 4.5.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Target:
    """One signed entry: for docker a tag, the digest of its manifest, and the manifest's size."""

    name: str
    length: int
    hashes: Mapping[str, bytes]
    custom: Any = None

    @property
    def sha256(self) -> str:
        """The SHA-256 in hexadecimal; empty where there is none."""
        return self.hashes.get("sha256", b"").hex()
