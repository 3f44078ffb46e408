"""The facts about signatures: every version of signed metadata, its history, the server's own keys."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from inkan.oci.reference import Gun, RepositoryName
from inkan.store.records import (
    MetadataRecord,
    OnlineKeyRecord,
    TrustArchive,
    TrustChange,
    TrustEvent,
    TrustVersion,
)
from inkan.tuf.roles import RoleName


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
    3. Of several `add` that have seen the same newest key, on one server or many, one adds: two clients are never shown two keys.
    """

    async def add(self, record: OnlineKeyRecord, newest: str | None) -> bool:
        """Keep a key if the newest of its role is still the one with this ID, or none; return whether it is kept."""
        ...

    async def list(self, gun: Gun, role: RoleName) -> Sequence[OnlineKeyRecord]:
        """Return the keys of a collection's role."""
        ...
