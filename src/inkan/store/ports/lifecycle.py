"""The facts about what becomes of images: the trash, and what may not change or must go."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from inkan.oci.digest import Digest
from inkan.oci.reference import Namespace, RepositoryName, Tag
from inkan.store.records import Act, Quota, RetainedRecord, RetentionPolicy, TrashRecord


class Trash(Protocol):
    """What was deleted and can be had back. Deletions put it there.

    1. Every method is one transaction, durable when it returns.
    2. What is in the trash is in no list of the catalog; its blobs are kept, also those that its repository holds no more.
    3. `restore` puts a manifest back with its blobs, and an index with the images that went after it. By digest come all tags that are
       free; by tag comes that one, or `TagTakenError` is raised. It raises `TrashUnknownError` where there is none, and
       `ManifestBlobUnknownError` where an image of an index is gone for good.
    4. `expire` forgets for good what was deleted before an instant; the blobs are then garbage like any other.
    """

    async def list(self, namespace: Namespace | None) -> Sequence[TrashRecord]:
        """Return what is in the trash of a namespace, or of all, by repository and digest."""
        ...

    async def restore(
        self, repository: RepositoryName, reference: Tag | Digest, act: Act
    ) -> TrashRecord:
        """Put a manifest back; return it with the tags that came back."""
        ...

    async def expire(self, before: datetime, limit: int) -> int:
        """Forget for good what was deleted before an instant; return how much that was."""
        ...


class ImmutableTags(Protocol):
    """Which tags may not change, by patterns for each namespace.

    1. Every method is one transaction, durable when it returns; `set` raises `NamespaceUnknownError`.
    2. From then on `put_manifest`, `delete_tag` and `delete_manifest` raise `TagImmutableError`, and change nothing, where a tag that
       matches and exists would point elsewhere or go. To point it where it points is no change.
    """

    async def set(self, namespace: Namespace, patterns: Sequence[str]) -> None:
        """Let these be the patterns of a namespace, and no others."""
        ...

    async def list(self) -> Mapping[Namespace, Sequence[str]]:
        """Return the patterns of every namespace that has some."""
        ...


class Retention(Protocol):
    """How many images of a namespace stay, and what there is to choose from.

    1. Every method is one transaction, durable when it returns; `set` replaces, and raises `NamespaceUnknownError`.
    2. `delete` moves a manifest into the trash only if in that very instant it has the tags it was seen with, and no index names it;
       it raises `TagImmutableError` where one of them may not go.
    """

    async def set(self, policy: RetentionPolicy) -> None:
        """Let this be the policy of its namespace."""
        ...

    async def list(self) -> Sequence[RetentionPolicy]:
        """Return every policy, by namespace."""
        ...

    async def list_images(self, namespace: Namespace) -> Mapping[RepositoryName, Sequence[RetainedRecord]]:  # fmt: skip
        """Return every manifest of a namespace, by repository."""
        ...

    async def delete(self, repository: RepositoryName, seen: RetainedRecord, act: Act) -> bool:
        """Move a manifest into the trash, if it is as it was seen; return whether it went."""
        ...


class Usage(Protocol):
    """Quotas, and what is used of them: by namespace, or of the whole registry where the name is empty.

    1. Every method is one transaction, durable when it returns; `set_quota` replaces, and raises `NamespaceUnknownError`.
    2. `count_storage` counts each blob once, however many repositories hold it; what is only in the trash, or was only in images that are
       deleted, counts for nothing.
    3. `add_traffic` adds, so that several servers may; months are spelled as in `2031-01`.
    """

    async def set_quota(self, namespace: str, quota: Quota) -> None:
        """Let this be the quota of a namespace, or of the whole registry."""
        ...

    async def quotas(self) -> Mapping[str, Quota]:
        """Return every quota, by namespace."""
        ...

    async def count_storage(self, namespace: str) -> int:
        """Return how many bytes the blobs of a namespace have, or of the whole registry."""
        ...

    async def traffic(self, month: str) -> Mapping[str, int]:
        """Return how many bytes were pulled in a month, by namespace."""
        ...

    async def add_traffic(self, month: str, pulled: Mapping[str, int]) -> None:
        """Add what was pulled, by namespace."""
        ...
