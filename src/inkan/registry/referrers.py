"""Referrers: signatures, SBOMs and other artifacts that say whose they are.

Source: OCI Distribution Specification 1.1 § Listing Referrers; OCI Image Specification 1.1 for the index.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from inkan import limits
from inkan.oci.digest import Digest
from inkan.oci.media_types import OCI_INDEX
from inkan.oci.reference import RepositoryName
from inkan.store.ports import Referrers
from inkan.store.records import ReferrerRecord


@dataclass(frozen=True, slots=True)
class ReferrerIndex:
    """Some referrers as an image index, and the last of them where there are more."""

    body: bytes
    last: str


@dataclass(frozen=True, slots=True)
class ReferrerService:
    """Lists referrers."""

    referrers: Referrers

    async def list(
        self, repository: RepositoryName, subject: Digest, artifact_type: str | None, after: str
    ) -> ReferrerIndex:
        """Return a page of referrers; an empty one where there are none, or no such repository."""
        most, most_bytes = limits.REFERRERS_PER_PAGE, limits.REFERRERS_BYTES_PER_PAGE
        page = await self.referrers.list(repository, subject, artifact_type, after, most, most_bytes)  # fmt: skip
        last = str(page.referrers[-1].digest) if page.has_more else ""
        return ReferrerIndex(render(page.referrers), last)


def render(referrers: Sequence[ReferrerRecord]) -> bytes:
    """Return referrers as an image index."""
    manifests = [_descriptor(one) for one in referrers]
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}
    # as it came: escaped, it could take three times the bytes
    return json.dumps(index, ensure_ascii=False).encode()


def _descriptor(one: ReferrerRecord) -> dict[str, Any]:
    descriptor: dict[str, Any] = {
        "mediaType": one.media_type,
        "digest": str(one.digest),
        "size": one.size_bytes,
    }
    if one.artifact_type:
        descriptor["artifactType"] = one.artifact_type
    if one.annotations:
        descriptor["annotations"] = dict(one.annotations)
    return descriptor
