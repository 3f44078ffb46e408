"""What the product asks of its stores. Each port numbers its promises; `inkan.testing` holds a contract suite for each.

Every method may raise `StorageUnavailableError` or `StorageFullError`; then nothing it was asked to do has been acknowledged, and
asking again is safe. Instants are aware and in UTC.

Source: design rules "nothing acknowledged is lost" and "bytes and facts are different stores" (docs/explanation/house.md).
"""

from inkan.store.ports.access import (
    Accounts,
    ApiKeys,
    AuditLog,
    Groups,
    Namespaces,
    Policies,
    RefreshTokens,
    TokenKeys,
)
from inkan.store.ports.bytes import (
    BlobStore,
    UploadStore,
    UploadWriter,
)
from inkan.store.ports.events import Webhooks
from inkan.store.ports.exemptions import (
    Exemptions,
)
from inkan.store.ports.images import (
    Catalog,
    Deletions,
    Garbage,
    Holders,
    Images,
    Referrers,
    UploadSessions,
)
from inkan.store.ports.lifecycle import (
    ImmutableTags,
    Retention,
    Trash,
    Usage,
)
from inkan.store.ports.sign_on import (
    FederatedAccounts,
    OneTimeCodes,
    TrustedIssuers,
)
from inkan.store.ports.trust import (
    OnlineKeys,
    TrustHistory,
    TrustStore,
)

__all__ = [
    "Accounts",
    "ApiKeys",
    "AuditLog",
    "BlobStore",
    "Catalog",
    "Deletions",
    "Exemptions",
    "FederatedAccounts",
    "Garbage",
    "Groups",
    "Holders",
    "Images",
    "ImmutableTags",
    "Namespaces",
    "OneTimeCodes",
    "OnlineKeys",
    "Policies",
    "Referrers",
    "RefreshTokens",
    "Retention",
    "TokenKeys",
    "Trash",
    "TrustHistory",
    "TrustStore",
    "TrustedIssuers",
    "UploadSessions",
    "UploadStore",
    "UploadWriter",
    "Usage",
    "Webhooks",
]
