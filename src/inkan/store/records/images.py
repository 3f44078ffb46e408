"""Blobs, uploads, manifests and what is listed of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName, Tag

StorageKey = NewType("StorageKey", str)
"""Where a blob's bytes are. Opaque, and never used twice, so that a late deletion cannot hit a new upload."""


UploadId = NewType("UploadId", str)
"""An upload's name: 32 random hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class BlobRecord:
    """A blob: its digest, its size, where its bytes are."""

    digest: Digest
    size_bytes: int
    key: StorageKey


@dataclass(frozen=True, slots=True)
class UploadRecord:
    """An upload in progress.

    Attributes:
        offset_bytes: how many bytes are acknowledged, and so durable.
        sha256: the digest of those bytes where it is known without reading them again; else nothing.
    """

    upload_id: UploadId
    repository: RepositoryName
    account: str
    offset_bytes: int
    sha256: Digest | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ManifestRecord:
    """A manifest, byte for byte, and what it refers to.

    Attributes:
        blobs: digests that must be blobs of the repository (config and layers that are not foreign).
        children: digests that must be manifests of the repository (an index's).
        subject: the digest it is a referrer of; it need not exist.
        image_bytes: the declared size of config and layers, or of an index's children.
        stated_sizes: how many bytes it says that blobs have; empty where that was not asked for.
    """

    repository: RepositoryName
    digest: Digest
    media_type: str
    payload: bytes
    blobs: tuple[Digest, ...]
    children: tuple[Digest, ...]
    subject: Digest | None
    artifact_type: str
    image_bytes: int
    pushed_by: str
    created_at: datetime
    annotations: Mapping[str, str] = field(default_factory=dict)
    stated_sizes: Mapping[Digest, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReferrerRecord:
    """A manifest that has another as its subject."""

    digest: Digest
    media_type: str
    size_bytes: int
    artifact_type: str
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReferrerPage:
    """Some of a manifest's referrers, and whether there are more after the last."""

    referrers: Sequence[ReferrerRecord]
    has_more: bool


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """A tag and what it points to, for lists."""

    repository: RepositoryName
    tag: Tag
    digest: Digest
    media_type: str
    image_bytes: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DigestRecord:
    """A manifest as it is listed, with the tags that point to it.

    Attributes:
        is_needed: whether an index names it, or it is attached to a subject; it then needs no tag.
    """

    repository: RepositoryName
    digest: Digest
    tags: tuple[Tag, ...]
    media_type: str
    image_bytes: int
    created_at: datetime
    is_needed: bool


@dataclass(frozen=True, slots=True)
class GarbageRecord:
    """A blob that a repository holds and no manifest of it names.

    Attributes:
        seen_at: since when the time of grace runs; nothing where it has not begun.
    """

    repository: RepositoryName
    digest: Digest
    size_bytes: int
    seen_at: datetime | None
