"""The rows about what becomes of images, as values."""

from dataclasses import dataclass
from datetime import datetime

from inkan.oci.digest import Digest
from inkan.oci.reference import Namespace, RepositoryName, Tag


@dataclass(frozen=True, slots=True)
class Act:
    """That somebody does something, and when."""

    account: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TrashRecord:
    """A deleted manifest that can still be had back.

    Attributes:
        tags: the tags that went with it, or that are back where it was restored.
    """

    repository: RepositoryName
    digest: Digest
    tags: tuple[Tag, ...]
    image_bytes: int
    deleted: Act


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """How many images of each repository of a namespace are kept.

    Attributes:
        images_per_repository: the newest so many tagged images stay; nothing means all.
        threshold_days: what is younger stays in any case.
        keeps_untagged: whether images without a tag stay, and count for nothing.
    """

    namespace: Namespace
    images_per_repository: int | None
    threshold_days: int
    keeps_untagged: bool


@dataclass(frozen=True, slots=True)
class RetainedRecord:
    """A manifest as a retention policy sees it.

    Attributes:
        children: the manifests that an index names.
        subject: what it is attached to.
    """

    digest: Digest
    tags: tuple[Tag, ...]
    children: tuple[Digest, ...]
    subject: Digest | None
    image_bytes: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Quota:
    """How much may be kept and pulled; nothing means as much as one likes.

    Attributes:
        storage_bytes: the sizes of all blobs, each counted once.
        traffic_bytes: what is pulled in a calendar month, in UTC.
    """

    storage_bytes: int | None = None
    traffic_bytes: int | None = None
