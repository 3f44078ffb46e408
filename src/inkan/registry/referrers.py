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
class ReferrerPage:
    """Some referrers as an image index, and the last of them where there are more."""

    body: bytes
    last: str


@dataclass(frozen=True, slots=True)
class ReferrerService:
    """Lists referrers."""

    referrers: Referrers

    async def list(
        self, repository: RepositoryName, subject: Digest, artifact_type: str | None, after: str
    ) -> ReferrerPage:
        """Return a page of referrers; an empty one where there are none, or no such repository."""
        limit = limits.REFERRERS_PER_PAGE
        found = await self.referrers.list(repository, subject, artifact_type, after, limit + 1)
        shown = found[:limit]
        last = str(shown[-1].digest) if len(found) > limit else ""
        return ReferrerPage(render(shown), last)


def render(referrers: Sequence[ReferrerRecord]) -> bytes:
    """Return referrers as an image index."""
    manifests = [_descriptor(one) for one in referrers]
    return json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests}).encode()


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
