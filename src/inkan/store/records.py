"""The rows of the fact stores, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NewType

from inkan.oci.digest import Digest
from inkan.oci.reference import Gun, Namespace, RepositoryName, Tag
from inkan.tuf.roles import RoleName

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


@dataclass(frozen=True, slots=True)
class ReferrerRecord:
    """A manifest that has another as its subject."""

    digest: Digest
    media_type: str
    size_bytes: int
    artifact_type: str
    annotations: Mapping[str, str]


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
class NamespaceRecord:
    """A namespace: the place a team pushes into."""

    namespace: Namespace
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account; the password is kept only as an Argon2id hash."""

    name: str
    password_hash: str
    is_admin: bool
    is_disabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class MetadataRecord:
    """One version of one role's metadata, byte for byte.

    Attributes:
        sha256: lower-case hexadecimal, over `raw`.
    """

    gun: Gun
    role: RoleName
    version: int
    sha256: str
    raw: bytes
    expires_at: datetime
    created_at: datetime


class TrustAct(StrEnum):
    """What can be done to a trust collection."""

    PUBLISH = "publish"
    DELETE = "delete"
    ROTATE_KEY = "rotate-key"
    RESET = "reset"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class TrustEvent:
    """Something that somebody did to a collection, or tried to.

    Attributes:
        account: who; empty for nobody in particular.
        address: from where.
        is_refused: whether it was refused; the detail then has the reason.
        detail: what changed, as JSON values: roles, tags, key IDs, reason.
        event_id: its place in the log; 0 until it is kept.
    """

    at: datetime
    gun: Gun
    act: TrustAct
    account: str
    address: str
    is_refused: bool
    detail: Mapping[str, Any]
    event_id: int = 0


@dataclass(frozen=True, slots=True)
class TrustChange:
    """An entry of the change feed: a new timestamp, or the end of a collection."""

    change_id: int
    created_at: datetime
    gun: Gun
    version: int
    sha256: str
    category: str


@dataclass(frozen=True, slots=True)
class TrustVersion:
    """That a version of a role is kept; its bytes are not here."""

    role: RoleName
    version: int
    sha256: str
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


@dataclass(frozen=True, slots=True)
class TrustArchive:
    """The trust data of a collection as it was when an administrator reset it."""

    archive_id: str
    gun: Gun
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class OnlineKeyRecord:
    """A key that the server signs with for one role of one collection.

    Attributes:
        public: the public key as JSON, as the key endpoints serve it.
        sealed: the private key, encrypted; opened by `keys/sealing.py` only.
    """

    gun: Gun
    role: RoleName
    key_id: str
    public: bytes
    sealed: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TokenKeyRecord:
    """A key that signs bearer tokens.

    Attributes:
        sealed: the private key, encrypted.
    """

    key_id: str
    sealed: bytes
    created_at: datetime
