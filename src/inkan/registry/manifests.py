"""Manifests: kept byte for byte, and hashed again before they are served.

Source: OCI Distribution Specification 1.1 §§ Pulling manifests, Pushing Manifests.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inkan.clock import Clock
from inkan.errors import (
    DigestMismatchError,
    ManifestCorruptError,
    ManifestUnknownError,
    RepositoryUnknownError,
)
from inkan.oci.digest import Digest
from inkan.oci.manifest import parse
from inkan.oci.reference import RepositoryName, Tag
from inkan.store.ports import Catalog, Deletions
from inkan.store.records import Act, AuditEvent, ManifestRecord


@dataclass(frozen=True, slots=True)
class ManifestService:
    """Keeps and finds manifests."""

    catalog: Catalog
    deletions: Deletions
    clock: Clock

    async def put(
        self,
        repository: RepositoryName,
        reference: Tag | Digest,
        raw: bytes,
        content_type: str,
        act: AuditEvent,
        tags: Sequence[Tag] = (),
    ) -> ManifestRecord:
        """Keep a manifest under a tag or its digest, and under further tags, and that it was pushed; durable when this returns.

        Raises:
            ManifestInvalidError: if the bytes are no manifest.
            DigestMismatchError: if the reference is the digest of other bytes.
            SizeMismatchError: if it states a size that a blob has not.
            ManifestBlobUnknownError: if the repository lacks content that it names.
            TagImmutableError: if a tag may not move.
        """
        manifest = parse(raw, content_type)
        algorithm = reference.algorithm if isinstance(reference, Digest) else "sha256"
        digest = Digest.of(raw, algorithm)
        if isinstance(reference, Digest) and reference != digest:
            raise DigestMismatchError(str(reference), str(digest))
        record = ManifestRecord(
            repository=repository,
            digest=digest,
            media_type=manifest.media_type,
            payload=raw,
            blobs=manifest.required_blobs,
            children=manifest.required_children,
            subject=manifest.subject.digest if manifest.subject else None,
            artifact_type=manifest.artifact_type,
            image_bytes=manifest.image_bytes,
            pushed_by=act.account,
            created_at=self.clock.now(),
            annotations=manifest.annotations,
            stated_sizes={one.digest: one.size_bytes for one in manifest.blobs},
        )
        named = (reference,) if isinstance(reference, Tag) else ()
        await self.catalog.put_manifest(record, *named, *tags, act=act)
        return record

    async def delete(self, repository: RepositoryName, reference: Tag | Digest, account: str) -> None:  # fmt: skip
        """Forget a tag, or move a manifest with all its tags into the trash.

        Raises:
            ManifestUnknownError: if the repository has none such.
            TagImmutableError: if a tag may not go.
        """
        act = Act(account, self.clock.now())
        if isinstance(reference, Tag):
            found = await self.deletions.delete_tag(repository, reference, act)
        else:
            found = await self.deletions.delete_manifest(repository, reference, act)
        if not found:
            raise ManifestUnknownError(str(repository), str(reference))

    async def get(self, repository: RepositoryName, reference: Tag | Digest) -> ManifestRecord:
        """Return a manifest whose bytes are what their digest says.

        Raises:
            ManifestUnknownError: if the repository has none such.
            RepositoryUnknownError: if there is no such repository.
            ManifestCorruptError: if what is kept is damaged.
        """
        manifest = await self.catalog.find_manifest(repository, reference)
        if manifest is None:
            if not await self.catalog.has_repository(repository):
                raise RepositoryUnknownError(str(repository))
            raise ManifestUnknownError(str(repository), str(reference))
        if Digest.of(manifest.payload, manifest.digest.algorithm) != manifest.digest:
            raise ManifestCorruptError(str(repository), str(manifest.digest))
        return manifest
