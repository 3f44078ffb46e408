"""What the product asks of its stores. Each port numbers its promises; `inkan.testing` holds a contract suite for each.

Every method may raise `StorageUnavailableError` or `StorageFullError`; then nothing it was asked to do has been acknowledged, and
asking again is safe. Instants are aware and in UTC.

Source: design rules "nothing acknowledged is lost" and "bytes and facts are different stores" (docs/explanation/house.md).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from inkan.oci.digest import Digest
from inkan.oci.reference import Gun, Namespace, RepositoryName, Tag
from inkan.store.records import (
    AccountRecord,
    BlobRecord,
    DigestRecord,
    GarbageRecord,
    ImageRecord,
    ManifestRecord,
    MetadataRecord,
    NamespaceRecord,
    OnlineKeyRecord,
    ReferrerRecord,
    StorageKey,
    TokenKeyRecord,
    TrustArchive,
    TrustChange,
    TrustEvent,
    TrustVersion,
    UploadId,
    UploadRecord,
)
from inkan.tuf.roles import RoleName

# --- bytes --------------------------------------------------------------------------------------


class BlobStore(Protocol):
    """Finished blobs, by storage key.

    1. A key's bytes never change.
    2. `read` yields exactly the bytes asked for, in pieces of at most `limits.PIECE_BYTES`, or raises `BlobCorruptError`
       when the key's bytes are missing or fewer than `stop`; what it has yielded until then is right.
    3. `delete` is idempotent, and durable when it returns.
    """

    def read(self, blob: BlobRecord, start: int, stop: int) -> AsyncIterator[bytes]:
        """Yield the bytes from `start` up to, not including, `stop`."""
        ...

    async def find_size(self, key: StorageKey) -> int | None:
        """Return how many bytes a key holds, or nothing where there is no such key."""
        ...

    async def delete(self, key: StorageKey) -> None:
        """Remove a key's bytes."""
        ...

    def keys(self) -> AsyncIterator[StorageKey]:
        """Yield every key, in no order."""
        ...


class UploadWriter(Protocol):
    """Takes pieces at the end of an upload."""

    async def start_at(self, offset: int) -> None:
        """Drop whatever lies past `offset`, and go on from there; comes before the first `write`."""
        ...

    async def write(self, piece: bytes) -> None:
        """Append a piece; it is durable only after `flush`."""
        ...

    async def flush(self) -> None:
        """Return once everything written is durable."""
        ...


class UploadStore(Protocol):
    """Bytes on their way to becoming blobs.

    1. One writer at a time: `append` raises `UploadBusyError` while another holds the upload, in this process or another; a
       writer that died holds nothing.
    2. `start_at(offset)` drops whatever lies past `offset`: bytes that nobody acknowledged. What is acknowledged may have grown until the
       upload was held, so a caller asks for the offset only then.
    3. `promote` leaves exactly the first `size_bytes` bytes under a fresh key, durable under that name when it returns, and no
       upload; it hashes nothing.
    4. `discard` is idempotent. Every method but `create` and `discard` raises `UploadUnknownError` for an upload that is not there.
    """

    async def create(self, upload_id: UploadId) -> None:
        """Make an empty upload."""
        ...

    def append(self, upload_id: UploadId) -> AbstractAsyncContextManager[UploadWriter]:
        """Hold the upload for writing."""
        ...

    def read(self, upload_id: UploadId, size_bytes: int) -> AsyncIterator[bytes]:
        """Yield the first `size_bytes` bytes, in pieces."""
        ...

    async def promote(self, upload_id: UploadId, digest: Digest, size_bytes: int) -> StorageKey:
        """Turn the upload into a blob's bytes and return their key."""
        ...

    async def discard(self, upload_id: UploadId) -> None:
        """Forget the upload and its bytes."""
        ...


# --- facts --------------------------------------------------------------------------------------


class Catalog(Protocol):
    """Which repository holds which blobs, manifests and tags.

    1. Every method is one transaction, durable when it returns.
    2. `link_blob` is the moment from which a repository holds a blob. Where the digest is known already, the kept record wins and
       is returned: the caller then deletes the bytes it brought. With a source, nothing is brought: the source must hold the blob
       in that very instant, or `BlobUnknownError` is raised.
    3. `put_manifest` stores manifest and tags together or not at all, and raises `ManifestBlobUnknownError` unless the repository
       holds every blob and child named. The same bytes again are no error. The tags move in the same instant.
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

    async def put_manifest(self, manifest: ManifestRecord, *tags: Tag) -> None:
        """Keep a manifest and point tags at it."""
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

    async def list_repositories(self, after: str, limit: int) -> Sequence[str]:
        """Return the names of at most `limit` repositories."""
        ...


class Images(Protocol):
    """What people see of the catalog: tags and digests.

    1. Each list is one state of the catalog, sorted by code point.
    2. `delete_untagged` forgets a manifest only if in that very instant no tag points to it, no index names it, and it has no subject.
    """

    async def list_tagged(self, namespace: Namespace | None) -> Sequence[ImageRecord]:
        """Return every tag of a namespace, or of all, by repository and tag."""
        ...

    async def list_digests(self, namespace: Namespace | None) -> Sequence[DigestRecord]:
        """Return every manifest of a namespace, or of all, by repository and digest."""
        ...

    async def delete_untagged(self, repository: RepositoryName, digest: Digest) -> bool:
        """Forget a manifest, unless something keeps it; return whether it went."""
        ...


class Referrers(Protocol):
    """Which manifests have another as their subject.

    1. Those of one repository only, whether or not it holds the subject, by digest and beginning after `after`.
    """

    async def list(
        self,
        repository: RepositoryName,
        subject: Digest,
        artifact_type: str | None,
        after: str,
        limit: int,
    ) -> Sequence[ReferrerRecord]:
        """Return referrers, of one artifact type or of all."""
        ...


class Deletions(Protocol):
    """What a repository ceases to hold. Bytes of blobs are not touched: other repositories may hold them.

    1. Every method is one transaction, durable when it returns, and says whether there was anything.
    2. With a manifest go all tags that point to it; its children and its subject stay.
    3. `unlink_blob` raises `BlobInUseError` while a manifest of the repository names the blob.
    """

    async def delete_tag(self, repository: RepositoryName, tag: Tag) -> bool:
        """Forget a tag; its manifest stays."""
        ...

    async def delete_manifest(self, repository: RepositoryName, digest: Digest) -> bool:
        """Forget a manifest."""
        ...

    async def unlink_blob(self, repository: RepositoryName, digest: Digest) -> bool:
        """Record that the repository holds the blob no more."""
        ...


class Garbage(Protocol):
    """What is needed no more, from when it is noted to when its bytes are gone. Noting happens in the transactions that make garbage.

    1. Every method is one transaction, durable when it returns; several callers may sweep at once.
    2. `sweep_links` ends a repository's hold on a blob only if no manifest of it names the blob in that very instant, and nobody
       has leased it since it was marked.
    3. `sweep_blobs` forgets a blob only if no repository holds it in that very instant. Its storage key is then doomed, and stands
       for nothing ever again.
    """

    async def lease(self, repository: RepositoryName, digest: Digest) -> None:
        """Let the time of grace begin anew for a blob that somebody is about to name."""
        ...

    async def mark(self, now: datetime) -> int:
        """Let the time of grace begin for what is noted since the last time; return how much that is."""
        ...

    async def sweep_links(self, before: datetime, limit: int) -> int:
        """Let repositories cease to hold blobs whose grace began before an instant; return how many."""
        ...

    async def sweep_blobs(self, now: datetime, limit: int) -> int:
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

    1. Every method is one transaction, durable when it returns.
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


class Namespaces(Protocol):
    """The namespaces.

    1. `add` raises `NamespaceExistsError`, or `NamespaceQuotaError` when there are `limit` already; racing adds keep both rules.
    2. `remove` raises `NamespaceUnknownError`, and `NamespaceNotEmptyError` when the namespace holds repositories or trust data
       and `force` is not given; with it, tags, manifests, blob links and trust data of the namespace go in the same transaction.
    3. Every method is one transaction, durable when it returns.
    """

    async def add(self, record: NamespaceRecord, limit: int) -> None:
        """Keep a new namespace."""
        ...

    async def find(self, namespace: str) -> NamespaceRecord | None:
        """Return a namespace."""
        ...

    async def list(self) -> Sequence[NamespaceRecord]:
        """Return every namespace, by name."""
        ...

    async def remove(self, namespace: Namespace, *, force: bool) -> None:
        """Forget a namespace."""
        ...


class Accounts(Protocol):
    """The accounts.

    1. `put` adds or replaces; it is one transaction, durable when it returns.
    """

    async def put(self, account: AccountRecord) -> None:
        """Keep an account."""
        ...

    async def find(self, name: str) -> AccountRecord | None:
        """Return an account."""
        ...

    async def count(self) -> int:
        """Return how many accounts there are."""
        ...


class TrustStore(Protocol):
    """The signed metadata of every trust collection, byte for byte.

    1. `publish` keeps all records or none, and is durable when it returns. It raises `MetadataVersionError` if for any of them a
       version as new or newer of the same collection and role is kept: of two publishers of one version exactly one wins.
    2. "Current" is the highest version. `current` is one consistent view: it never mixes two publishes.
    3. A collection's name is matched whole: deleting `a/pre` leaves `a/prefix` alone. `delete` is idempotent.
    4. Every timestamp kept, and every deletion of something, is an entry of the change feed, in the same transaction; and so is the
       event given.
    """

    async def publish(
        self, records: Sequence[MetadataRecord], event: TrustEvent | None = None
    ) -> None:
        """Keep new versions of some roles of one collection, and what is to be known of it."""
        ...

    async def current(self, gun: Gun) -> Mapping[RoleName, MetadataRecord]:
        """Return the current metadata of every role; nothing for an unknown collection."""
        ...

    async def find_current(self, gun: Gun, role: RoleName) -> MetadataRecord | None:
        """Return a role's current metadata."""
        ...

    async def find_version(self, gun: Gun, role: RoleName, version: int) -> MetadataRecord | None:
        """Return one version of a role's metadata."""
        ...

    async def find_checksum(self, gun: Gun, role: RoleName, sha256: str) -> MetadataRecord | None:
        """Return the version of a role's metadata whose bytes have that hash."""
        ...

    async def list_expiring(self, role: RoleName, before: datetime, limit: int) -> Sequence[Gun]:
        """Return collections whose current metadata of a role expires before an instant, soonest first."""
        ...

    async def list_collections(self, repository: RepositoryName) -> Sequence[Gun]:
        """Return the collections of a repository, one for each host name it was signed under."""
        ...

    async def delete(self, gun: Gun, event: TrustEvent | None = None) -> None:
        """Forget every version of every role of a collection; its online keys stay."""
        ...


class TrustHistory(Protocol):
    """What was, of trust collections: changes, acts, old versions, archives.

    1. `list_changes` gives entries after `after` by number, or before it when `backwards`, newest first; `after` 0 backwards is from
       the newest.
    2. `prune` removes exactly the versions named.
    3. `archive` moves a collection's metadata aside in one transaction, so that it can begin anew; `restore` puts it back, having
       moved aside in the same transaction what has begun meanwhile, and raises `MetadataUnknownError` where there is no such archive.
    4. Every method is one transaction, durable when it returns.
    """

    async def list_changes(
        self, gun: Gun | None, after: int, limit: int, *, backwards: bool
    ) -> Sequence[TrustChange]:
        """Return entries of the change feed of a collection, or of all."""
        ...

    async def add_event(self, event: TrustEvent) -> None:
        """Keep what somebody did or tried."""
        ...

    async def list_events(self, gun: Gun | None, limit: int) -> Sequence[TrustEvent]:
        """Return the newest events of a collection, or of all."""
        ...

    async def list_versions(self, gun: Gun) -> Sequence[TrustVersion]:
        """Return every kept version of every role."""
        ...

    async def list_long(self, more_than: int, limit: int) -> Sequence[Gun]:
        """Return collections that keep more timestamps than that."""
        ...

    async def prune(self, gun: Gun, doomed: Sequence[TrustVersion]) -> None:
        """Remove versions."""
        ...

    async def archive(self, archive: TrustArchive, event: TrustEvent) -> None:
        """Move a collection aside."""
        ...

    async def restore(self, archive_id: str, aside: TrustArchive, event: TrustEvent) -> bool:
        """Put a collection back; return whether there was something to move aside as `aside`."""
        ...


class OnlineKeys(Protocol):
    """The keys the server signs with, sealed.

    1. `add` is one transaction, durable when it returns: a key that a client was shown is never lost.
    2. `list` gives the newest first.
    """

    async def add(self, record: OnlineKeyRecord) -> None:
        """Keep a key."""
        ...

    async def list(self, gun: Gun, role: RoleName) -> Sequence[OnlineKeyRecord]:
        """Return the keys of a collection's role."""
        ...


class TokenKeys(Protocol):
    """The keys that sign bearer tokens, sealed; the newest signs, all verify.

    1. `add` is one transaction, durable when it returns.
    2. `list` gives the newest first.
    """

    async def add(self, record: TokenKeyRecord) -> None:
        """Keep a key."""
        ...

    async def list(self) -> Sequence[TokenKeyRecord]:
        """Return every key."""
        ...
