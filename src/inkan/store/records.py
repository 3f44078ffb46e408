"""The rows of the fact stores, as values."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

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
