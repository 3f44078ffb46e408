"""The facts about images: what repositories hold, what is listed, what goes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from inkan.oci.digest import Digest
from inkan.oci.reference import Namespace, RepositoryName, Tag
from inkan.store.records import (
    Act,
    AuditEvent,
    BlobRecord,
    DigestRecord,
    GarbageRecord,
    ImageRecord,
    ManifestRecord,
    ReferrerPage,
    StorageKey,
    UploadId,
    UploadRecord,
)


class Catalog(Protocol):
    """Which repository holds which blobs, manifests and tags.

    1. Every method is one transaction, durable when it returns.
    2. `link_blob` is the moment from which a repository holds a blob. Where the digest is known already, the kept record wins and
       is returned: the caller then deletes the bytes it brought. With a source, nothing is brought: the source must hold the blob
       in that very instant, or `BlobUnknownError` is raised.
    3. `put_manifest` stores manifest and tags together or not at all, and raises `ManifestBlobUnknownError` unless the repository
       holds every blob and child named, `SizeMismatchError` if a blob that it holds has another size than the manifest states.
       The same bytes again are no error. The tags move in the same instant, and what is given for the audit log is kept in it.
    4. A repository exists from its first blob or manifest on.
    5. Lists are sorted by code point and begin after `after`, which need not exist.
    """

    async def link_blob(
        self, repository: RepositoryName, blob: BlobRecord, source: RepositoryName | None = None
    ) -> BlobRecord:
        """Record that the repository holds the blob; return the record that is kept."""
        ...

    async def find_blob(self, repository: RepositoryName, digest: Digest) -> BlobRecord | None:
        """Return the blob if this repository holds it."""
        ...

    async def heal_blob(self, broken: BlobRecord, whole: BlobRecord) -> BlobRecord:
        """Let a digest stand for other bytes, if it still stands for the broken ones; return the record that is kept."""
        ...

    async def put_manifest(self, manifest: ManifestRecord, *tags: Tag, act: AuditEvent | None = None) -> None:  # fmt: skip
        """Keep a manifest, point tags at it, and tell the audit log."""
        ...

    async def find_manifest(
        self, repository: RepositoryName, reference: Tag | Digest
    ) -> ManifestRecord | None:
        """Return the manifest that a tag points to, or that has the digest; edges are left empty."""
        ...

    async def list_tags(self, repository: RepositoryName, after: str, limit: int) -> Sequence[str]:
        """Return at most `limit` tags."""
        ...

    async def has_repository(self, repository: RepositoryName) -> bool:
        """Return whether the repository exists."""
        ...

    async def list_repositories(
        self, after: str, limit: int, namespaces: Collection[str] | None
    ) -> Sequence[str]:
        """Return the names of at most `limit` repositories, of some namespaces or of all."""
        ...


class Images(Protocol):
    """What people see of the catalog: tags and digests.

    1. Each list is one state of the catalog, sorted by code point.
    2. `delete_untagged` moves a manifest into the trash only if in that very instant no tag points to it, no index names it, and it has no subject.
    """

    async def list_tagged(self, namespace: Namespace | None) -> Sequence[ImageRecord]:
        """Return every tag of a namespace, or of all, by repository and tag."""
        ...

    async def list_digests(self, namespace: Namespace | None) -> Sequence[DigestRecord]:
        """Return every manifest of a namespace, or of all, by repository and digest."""
        ...

    async def delete_untagged(self, repository: RepositoryName, digest: Digest, act: Act) -> bool:
        """Move a manifest into the trash, unless something keeps it; return whether it went."""
        ...


class Holders(Protocol):
    """Which repositories hold a blob.

    1. Only repositories of the namespaces that are named, by name and at most `limit`: of others it cannot be told from the answer, or from how long it took, whether they hold it.
    """

    async def find(
        self, digest: Digest, namespaces: Collection[str], limit: int
    ) -> Sequence[RepositoryName]:
        """Return repositories that hold a blob."""
        ...


class Referrers(Protocol):
    """Which manifests have another as their subject.

    1. Those of one repository only, whether or not it holds the subject, by digest and beginning after `after`.
    2. At most `limit`, and no more than have annotations of `most_bytes` together; one at least, where there is one. No more than about that is read for it.
    """

    async def list(
        self,
        repository: RepositoryName,
        subject: Digest,
        artifact_type: str | None,
        after: str,
        limit: int,
        most_bytes: int,
    ) -> ReferrerPage:
        """Return referrers, of one artifact type or of all."""
        ...


class Deletions(Protocol):
    """What a repository ceases to hold. Bytes of blobs are not touched: other repositories may hold them.

    1. Every method is one transaction, durable when it returns, and says whether there was anything.
    2. With a manifest go all tags that point to it, into the trash; its children and its subject stay.
    3. `unlink_blob` raises `BlobInUseError` while a manifest of the repository names the blob.
    """

    async def delete_tag(self, repository: RepositoryName, tag: Tag, act: Act) -> bool:
        """Forget a tag; its manifest stays."""
        ...

    async def delete_manifest(self, repository: RepositoryName, digest: Digest, act: Act) -> bool:
        """Move a manifest into the trash."""
        ...

    async def unlink_blob(self, repository: RepositoryName, digest: Digest) -> bool:
        """Record that the repository holds the blob no more."""
        ...


class Garbage(Protocol):
    """What is needed no more, from when it is noted to when its bytes are gone. Noting happens in the transactions that make garbage.

    1. Every method is one transaction, durable when it returns; several callers may sweep at once.
    2. `sweep_links` ends a repository's hold on a blob only if no manifest of it names the blob in that very instant, and nobody
       has leased it since it was marked. Its grace begins at the instant that `begin_grace` is told: one taken after `mark`, so that
       nobody was told anything later than that.
    3. `sweep_blobs` forgets a blob only if no repository holds it in that very instant. Its storage key is then doomed, and stands
       for nothing ever again; it is due only once `begin_grace` has said since when, as before.
    """

    async def lease(self, repository: RepositoryName, digest: Digest) -> None:
        """Let the time of grace begin anew for a blob that somebody is about to name."""
        ...

    async def mark(self, turn: int) -> int:
        """See what is noted since the last time; return how many links that is.

        Args:
            turn: a positive number that is no other collection's.
        """
        ...

    async def begin_grace(self, turn: int, now: datetime) -> None:
        """Let the time of grace begin for what a turn has seen and doomed."""
        ...

    async def sweep_links(self, before: datetime, limit: int) -> int:
        """Let repositories cease to hold blobs whose grace began before an instant; return how many."""
        ...

    async def sweep_blobs(self, turn: int, limit: int) -> int:
        """Forget blobs that no repository holds, and doom their keys; return how many."""
        ...

    async def doomed_keys(self, before: datetime, limit: int) -> Sequence[StorageKey]:
        """Return keys that were doomed before an instant."""
        ...

    async def forget_keys(self, keys: Sequence[StorageKey]) -> None:
        """Forget keys whose bytes are gone."""
        ...

    async def list(self, limit: int) -> Sequence[GarbageRecord]:
        """Return what would go, the longest seen first."""
        ...


class UploadSessions(Protocol):
    """The facts of uploads in progress.

    1. Every method is one transaction. What it records outlives the server when it returns, and the machine no later than anything recorded durably after it.
    2. `advance` moves an upload from the offset the caller saw to a later one, or raises `UploadRangeError` and changes nothing
       when it stands elsewhere.
    3. `finish` is idempotent.
    """

    async def begin(self, upload: UploadRecord) -> None:
        """Record a new upload."""
        ...

    async def find(self, upload_id: UploadId) -> UploadRecord | None:
        """Return an upload."""
        ...

    async def advance(self, seen: UploadRecord, now: UploadRecord) -> None:
        """Replace what the caller saw by what is so now."""
        ...

    async def finish(self, upload_id: UploadId) -> None:
        """Forget an upload."""
        ...

    async def list_idle(self, before: datetime, limit: int) -> Sequence[UploadRecord]:
        """Return uploads that nothing happened to since `before`, oldest first."""
        ...
