"""The rows of the fact stores, as values."""

from inkan.store.records.access import (
    AccountRecord,
    NamespaceRecord,
    TokenKeyRecord,
)
from inkan.store.records.images import (
    BlobRecord,
    DigestRecord,
    GarbageRecord,
    ImageRecord,
    ManifestRecord,
    ReferrerRecord,
    StorageKey,
    UploadId,
    UploadRecord,
)
from inkan.store.records.trust import (
    MetadataRecord,
    OnlineKeyRecord,
    TrustAct,
    TrustArchive,
    TrustChange,
    TrustEvent,
    TrustVersion,
)

__all__ = [
    "AccountRecord",
    "BlobRecord",
    "DigestRecord",
    "GarbageRecord",
    "ImageRecord",
    "ManifestRecord",
    "MetadataRecord",
    "NamespaceRecord",
    "OnlineKeyRecord",
    "ReferrerRecord",
    "StorageKey",
    "TokenKeyRecord",
    "TrustAct",
    "TrustArchive",
    "TrustChange",
    "TrustEvent",
    "TrustVersion",
    "UploadId",
    "UploadRecord",
]
