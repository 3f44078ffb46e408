"""Immutable tags: what a release is called stays what it is called.

A pattern is a tag with `*` for anything and `?` for one character: `v*`, `1.?`, `latest`. The store asks them in the transaction that would move or delete a
tag, by whatever route it comes (CVE-2026-31801 of zot: `latest` had a way around).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inkan import limits
from inkan.errors import RequestInvalidError
from inkan.oci.reference import Namespace
from inkan.store.ports import ImmutableTags

_PATTERN = re.compile(r"[A-Za-z0-9_.*?-]{1,128}\Z")


@dataclass(frozen=True, slots=True)
class ImmutabilityService:
    """Sets and lists the patterns."""

    tags: ImmutableTags

    async def set(self, namespace: Namespace, patterns: Sequence[str]) -> None:
        """Let these be the patterns of a namespace, and no others.

        Raises:
            RequestInvalidError: if one can match no tag, or they are too many.
            NamespaceUnknownError: if there is no such namespace.
        """
        if len(patterns) > limits.IMMUTABLE_PATTERNS:
            raise RequestInvalidError(f"at most {limits.IMMUTABLE_PATTERNS} patterns, please")
        for pattern in patterns:
            if not _PATTERN.match(pattern):
                raise RequestInvalidError(
                    f"{pattern[:140]!r} matches no tag: use A-Z a-z 0-9 _ . - with * for anything and ? for one character"
                )
        await self.tags.set(namespace, patterns)

    async def list(self) -> Mapping[Namespace, Sequence[str]]:
        """Return the patterns of every namespace that has some."""
        return await self.tags.list()
