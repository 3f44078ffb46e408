"""Platforms: which of an index's images is meant for a machine.

Source: OCI Image Specification 1.1, image-index.md § platform; Docker's `--platform OS/ARCH[/VARIANT]`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from inkan.errors import PlatformUnknownError, RequestInvalidError
from inkan.oci.manifest import Descriptor

# names that uname and people use, by the names that images use (GOARCH)
_ARCHITECTURES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386", "i686": "386", "armv7l": "arm"}  # fmt: skip
# a variant that an architecture has where none is said, so that "arm64" and "arm64/v8" are one
_VARIANTS = {"arm64": "v8", "arm": "v7"}


@dataclass(frozen=True, slots=True)
class Platform:
    """An operating system and a processor."""

    os: str
    architecture: str
    variant: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the platform that `OS/ARCH` or `OS/ARCH/VARIANT` names.

        Raises:
            RequestInvalidError: if it names none.

        >>> str(Platform.parse("linux/aarch64"))
        'linux/arm64'
        """
        parts = text.lower().split("/")
        if not 2 <= len(parts) <= 3 or not all(parts):
            raise RequestInvalidError(
                f"{text[:80]!r} is not a platform: say OS/ARCH or OS/ARCH/VARIANT, as linux/arm64"
            )
        return cls(parts[0], _ARCHITECTURES.get(parts[1], parts[1]), *parts[2:])

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    def runs(self, other: Self) -> bool:
        """Return whether an image for `other` is one for this."""
        return (self.os, self.architecture) == (other.os, other.architecture) and self._full in (
            other._full,
            other.variant,
        )

    @property
    def _full(self) -> str:
        return self.variant or _VARIANTS.get(self.architecture, "")


def choose(children: Sequence[Descriptor], wanted: Platform) -> Descriptor:
    """Return the first image of an index that is for a platform.

    Raises:
        PlatformUnknownError: if there is none; it says which there are.
    """
    offered = [(one, Platform(one.os, one.architecture, one.variant)) for one in children if one.os]
    for one, platform in offered:
        if wanted.runs(platform):
            return one
    # attestations of BuildKit stand in indexes as images for unknown/unknown
    raise PlatformUnknownError(str(wanted), [str(it) for _, it in offered if it.os != "unknown"])
