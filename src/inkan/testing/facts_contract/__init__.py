"""What every store of facts must keep of its promises; a driver's suite is a subclass that makes a database."""

from inkan.testing.facts_contract.access import (
    AccountsContract,
    NamespacesContract,
)
from inkan.testing.facts_contract.events import WebhooksContract
from inkan.testing.facts_contract.exemptions import ExemptionsContract
from inkan.testing.facts_contract.images import (
    CatalogContract,
    DeletionsContract,
    GarbageContract,
    HealingContract,
    HoldersContract,
    ImagesContract,
    ReferrersContract,
    UploadSessionsContract,
)
from inkan.testing.facts_contract.lifecycle import (
    ImmutableTagsContract,
    RetentionContract,
    TrashContract,
    UsageContract,
)
from inkan.testing.facts_contract.people import (
    ApiKeysContract,
    AuditLogContract,
    GroupsContract,
    IdentitiesContract,
    PoliciesContract,
    RefreshTokensContract,
)
from inkan.testing.facts_contract.samples import (
    ACT,
    APP,
    GUN,
    LATER,
    NOW,
    OTHER,
    DatabaseContract,
    blob,
    manifest,
    metadata,
)
from inkan.testing.facts_contract.sign_on import (
    FederatedAccountsContract,
    OneTimeCodesContract,
    TrustedIssuersContract,
)
from inkan.testing.facts_contract.trust import (
    KeysContract,
    TrustHistoryContract,
    TrustStoreContract,
)

__all__ = [
    "ACT",
    "APP",
    "GUN",
    "LATER",
    "NOW",
    "OTHER",
    "AccountsContract",
    "ApiKeysContract",
    "AuditLogContract",
    "CatalogContract",
    "DatabaseContract",
    "DeletionsContract",
    "ExemptionsContract",
    "FederatedAccountsContract",
    "GarbageContract",
    "GroupsContract",
    "HealingContract",
    "HoldersContract",
    "IdentitiesContract",
    "ImagesContract",
    "ImmutableTagsContract",
    "KeysContract",
    "NamespacesContract",
    "OneTimeCodesContract",
    "PoliciesContract",
    "ReferrersContract",
    "RefreshTokensContract",
    "RetentionContract",
    "TrashContract",
    "TrustHistoryContract",
    "TrustStoreContract",
    "TrustedIssuersContract",
    "UploadSessionsContract",
    "UsageContract",
    "WebhooksContract",
    "blob",
    "manifest",
    "metadata",
]
