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
from inkan.store.records.lifecycle import (
    Act,
    Quota,
    RetainedRecord,
    RetentionPolicy,
    TrashRecord,
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
    "Act",
    "BlobRecord",
    "DigestRecord",
    "GarbageRecord",
    "ImageRecord",
    "ManifestRecord",
    "MetadataRecord",
    "NamespaceRecord",
    "OnlineKeyRecord",
    "Quota",
    "ReferrerRecord",
    "RetainedRecord",
    "RetentionPolicy",
    "StorageKey",
    "TokenKeyRecord",
    "TrashRecord",
    "TrustAct",
    "TrustArchive",
    "TrustChange",
    "TrustEvent",
    "TrustVersion",
    "UploadId",
    "UploadRecord",
]
