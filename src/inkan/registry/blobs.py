"""Blobs: found through the repository that holds them, never by digest alone (zot CVE-2024-39897)."""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass

from inkan import limits
from inkan.errors import BlobCorruptError, BlobUnknownError, RepositoryUnknownError
from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName
from inkan.store.ports import BlobStore, Catalog, Deletions, Garbage, Holders
from inkan.store.records import BlobRecord


@dataclass(frozen=True, slots=True)
class BlobService:
    """Finds and reads blobs.

    Attributes:
        redirects: whether clients are sent to where the bytes are, if the store has a way.
    """

    catalog: Catalog
    blobs: BlobStore
    deletions: Deletions
    garbage: Garbage
    where: Holders
    redirects: bool = False

    async def get(self, repository: RepositoryName, digest: Digest) -> BlobRecord:
        """Return a blob that the repository holds.

        Raises:
            BlobUnknownError: if it holds none such.
            RepositoryUnknownError: if there is no such repository.
            BlobCorruptError: if its bytes are gone or cut, so that a client is never told it need not push them again.
        """
        # who is told that it is here need not push it, and has the whole grace to name it; before it is looked for, as a sweep may come in between
        await self.garbage.lease(repository, digest)
        blob = await self.catalog.find_blob(repository, digest)
        if blob is None:
            if not await self.catalog.has_repository(repository):
                raise RepositoryUnknownError(str(repository))
            raise BlobUnknownError(str(repository), str(digest))
        if await self.blobs.find_size(blob.key) != blob.size_bytes:
            raise BlobCorruptError(str(digest))
        return blob

    async def mount(
        self, source: RepositoryName, target: RepositoryName, digest: Digest
    ) -> BlobRecord | None:
        """Let `target` hold a blob that `source` holds; nothing where it does not, or its bytes are damaged."""
        blob = await self.catalog.find_blob(source, digest)
        if blob is None or await self.blobs.find_size(blob.key) != blob.size_bytes:
            return None
        try:
            return await self.catalog.link_blob(target, blob, source)
        except BlobUnknownError:
            return None

    async def holders(self, digest: Digest, namespaces: Collection[str]) -> Sequence[RepositoryName]:  # fmt: skip
        """Return repositories of some namespaces that hold a blob; where very many do, some of them."""
        return await self.where.find(digest, namespaces, limits.MOUNT_SOURCES)

    async def delete(self, repository: RepositoryName, digest: Digest) -> None:
        """Record that the repository holds a blob no more.

        Raises:
            BlobUnknownError: if it holds none such.
            BlobInUseError: if its manifests still name it.
        """
        if not await self.deletions.unlink_blob(repository, digest):
            raise BlobUnknownError(str(repository), str(digest))

    def read(self, blob: BlobRecord, start: int, stop: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to, not including, `stop`."""
        return self.blobs.read(blob, start, stop)

    async def link(self, blob: BlobRecord) -> str | None:
        """Return where a client is sent for a blob; nothing where it is served from here, as small ones are: asking twice would cost more."""
        if not self.redirects or blob.size_bytes <= limits.BLOB_ANSWER_BYTES:
            return None
        return await self.blobs.link(blob)
