"""Every way Inkan can refuse or fail, as one tree.

The second level says what the caller can do, the leaves say what is so. No leaf knows an HTTP status, a wire code or an
exit code: each face and the command line has one table of its own (`…/problems.py`, `cli/exits.py`).

```text
InkanError
├── InvalidError                       the request can never work as sent: change it
│   ├── NameInvalidError               a repository name outside the grammar
│   ├── NamespaceInvalidError          a namespace outside the grammar
│   ├── TagInvalidError                a tag outside the grammar
│   ├── ReferenceInvalidError          an image reference outside the grammar
│   ├── GunInvalidError                a trust collection's name that is not one of ours
│   ├── DigestInvalidError             a malformed digest or an algorithm we do not speak
│   ├── DigestMismatchError            bytes that do not hash to the digest they came with
│   ├── SizeMismatchError              a size that differs from what is kept
│   ├── JsonInvalidError               bytes that are not the JSON we accept
│   ├── ManifestInvalidError           a document that is no manifest
│   ├── ManifestBlobUnknownError       a manifest that names content the repository does not hold
│   ├── PageInvalidError               paging parameters that mean nothing
│   ├── BodyTooLargeError              a body over its cap
│   ├── BodyIncompleteError            a body cut short by the other side
│   ├── RequestInvalidError            anything else malformed in a request
│   ├── MultipartInvalidError          a publish body that is not well-formed multipart
│   ├── FileNameMissingError           a published part that names no role
│   ├── RoleInvalidError               a name that is no TUF role
│   ├── MetadataInvalidError           bytes that are not TUF metadata of the role
│   ├── PublicationRefusedError        a batch of metadata that breaks a rule
│   └── SettingInvalidError            a setting, flag or file that cannot be used
├── NotFoundError                      it is not here
│   ├── RepositoryUnknownError ├── ManifestUnknownError ├── BlobUnknownError
│   ├── UploadUnknownError          an upload that is not there; UploadLostError: the machine failed and took it along
│   ├── NamespaceUnknownError  ├── MetadataUnknownError ├── RouteUnknownError
│   ├── AccountUnknownError ├── ApiKeyUnknownError ├── GroupUnknownError ├── PolicyUnknownError
│   ├── TrashUnknownError              an image that is not in the trash
│   ├── RegionUnknownError             a short name for no registry
│   ├── WebhookUnknownError            a webhook that is not there
│   ├── ExemptionUnknownError          an exemption that is not there
│   ├── TrustedIssuerUnknownError      an issuer whose word is not taken
│   ├── SignOnOffError                 single sign-on where none is set up
│   └── PlatformUnknownError           an index without an image for that platform
├── ConflictError                      it clashes with what is there: look, then try again
│   ├── UploadRangeError               a piece that does not start where the upload stands
│   ├── UploadBusyError                another request is writing to the same upload
│   ├── RangeUnsatisfiableError        a byte range outside the content
│   ├── BlobInUseError                 a blob that manifests of the repository still name
│   ├── NamespaceExistsError ├── NamespaceNotEmptyError ├── NamespaceQuotaError ├── AccountExistsError
│   ├── LastAdministratorError         it would leave nobody who administers
│   ├── MetadataVersionError           a version that is not newer than what is kept
│   ├── TagImmutableError              a tag that must not change
│   ├── TagTakenError                  a tag that points to something else by now
│   └── MethodUnsupportedError         a path that exists, but not with that method
├── DeniedError                        the caller may not
│   ├── AuthenticationRequiredError    a credential would help
│   ├── CredentialsInvalidError        wrong name or password
│   ├── GrantInvalidError              a refresh token that has ended or was used before
│   ├── GrantPendingError              a log-in that a person has not finished yet
│   ├── GrantTooSoonError              asked again sooner than was said
│   ├── IdentityInvalidError           a word of an identity provider that cannot be believed
│   ├── PassphraseInvalidError         wrong passphrase of a key file
│   ├── AccessDeniedError              known caller, missing right
│   ├── QuotaExceededError             as much is kept, or was pulled, as may be
│   └── TooManyAttemptsError           wait, then try again
├── UntrustedError                     checked, and bad
│   ├── SignatureThresholdError        too few valid signatures by distinct keys
│   ├── KeyInvalidError                a key that is weak, malformed or not what its ID says
│   ├── CertificateInvalidError        a root certificate that does not fit
│   ├── MetadataExpiredError           metadata past its expiry
│   ├── MetadataMismatchError          metadata that is not what its parent promised
│   ├── MetadataRollbackError          metadata older than what was seen before
│   ├── MetadataLeapError              a version further ahead than publishing can account for
│   ├── MetadataEquivocationError      two files that claim to be one version
│   ├── RootPinnedError                a root that is not the pinned one
│   ├── ContentAlteredError            bytes that are not what a signed digest names
│   └── TargetUnsignedError            a tag that nobody has released
├── UnavailableError                   could not be done or checked now: try later
│   ├── StorageUnavailableError ├── StorageFullError ├── ServerUnreachableError
│   ├── AddressInUseError ├── DataFolderError
│   ├── IdentityProviderError          an identity provider that does not answer as one
│   ├── FreshnessUnprovenError         good as far as known, but not known to be the newest
│   ├── PassphraseRequiredError        a key that cannot be opened without a person
│   └── SigningFailedError             a key whose holder signs something else
└── CorruptError                       what we keep is damaged
    ├── ManifestCorruptError ├── BlobCorruptError └── KeyUnreadableError
```
"""

from inkan.errors.conflict import (
    AccountExistsError,
    BlobInUseError,
    ConflictError,
    LastAdministratorError,
    MetadataVersionError,
    MethodUnsupportedError,
    NamespaceExistsError,
    NamespaceNotEmptyError,
    NamespaceQuotaError,
    RangeUnsatisfiableError,
    TagImmutableError,
    TagTakenError,
    UploadBusyError,
    UploadRangeError,
)
from inkan.errors.corrupt import (
    BlobCorruptError,
    CorruptError,
    KeyUnreadableError,
    ManifestCorruptError,
)
from inkan.errors.denied import (
    AccessDeniedError,
    AuthenticationRequiredError,
    CredentialsInvalidError,
    DeniedError,
    GrantInvalidError,
    GrantPendingError,
    GrantTooSoonError,
    IdentityInvalidError,
    PassphraseInvalidError,
    QuotaExceededError,
    TooManyAttemptsError,
)
from inkan.errors.invalid import (
    BodyIncompleteError,
    BodyTooLargeError,
    DigestInvalidError,
    DigestMismatchError,
    FileNameMissingError,
    GunInvalidError,
    InvalidError,
    JsonInvalidError,
    ManifestBlobUnknownError,
    ManifestInvalidError,
    MetadataInvalidError,
    MultipartInvalidError,
    NameInvalidError,
    NamespaceInvalidError,
    PageInvalidError,
    PublicationRefusedError,
    ReferenceInvalidError,
    RequestInvalidError,
    RoleInvalidError,
    SettingInvalidError,
    SizeMismatchError,
    TagInvalidError,
)
from inkan.errors.not_found import (
    AccountUnknownError,
    ApiKeyUnknownError,
    BlobUnknownError,
    ExemptionUnknownError,
    GroupUnknownError,
    ManifestUnknownError,
    MetadataUnknownError,
    NamespaceUnknownError,
    NotFoundError,
    PlatformUnknownError,
    PolicyUnknownError,
    RegionUnknownError,
    RepositoryUnknownError,
    RouteUnknownError,
    SignOnOffError,
    TrashUnknownError,
    TrustedIssuerUnknownError,
    UploadLostError,
    UploadUnknownError,
    WebhookUnknownError,
)
from inkan.errors.root import (
    InkanError,
)
from inkan.errors.unavailable import (
    AddressInUseError,
    DataFolderError,
    FreshnessUnprovenError,
    IdentityProviderError,
    PassphraseRequiredError,
    ServerUnreachableError,
    SigningFailedError,
    StorageFullError,
    StorageUnavailableError,
    UnavailableError,
)
from inkan.errors.untrusted import (
    CertificateInvalidError,
    ContentAlteredError,
    KeyInvalidError,
    MetadataEquivocationError,
    MetadataExpiredError,
    MetadataLeapError,
    MetadataMismatchError,
    MetadataRollbackError,
    RootPinnedError,
    SignatureThresholdError,
    TargetUnsignedError,
    UntrustedError,
)

__all__ = [
    "AccessDeniedError",
    "AccountExistsError",
    "AccountUnknownError",
    "AddressInUseError",
    "ApiKeyUnknownError",
    "AuthenticationRequiredError",
    "BlobCorruptError",
    "BlobInUseError",
    "BlobUnknownError",
    "BodyIncompleteError",
    "BodyTooLargeError",
    "CertificateInvalidError",
    "ConflictError",
    "ContentAlteredError",
    "CorruptError",
    "CredentialsInvalidError",
    "DataFolderError",
    "DeniedError",
    "DigestInvalidError",
    "DigestMismatchError",
    "ExemptionUnknownError",
    "FileNameMissingError",
    "FreshnessUnprovenError",
    "GrantInvalidError",
    "GrantPendingError",
    "GrantTooSoonError",
    "GroupUnknownError",
    "GunInvalidError",
    "IdentityInvalidError",
    "IdentityProviderError",
    "InkanError",
    "InvalidError",
    "JsonInvalidError",
    "KeyInvalidError",
    "KeyUnreadableError",
    "LastAdministratorError",
    "ManifestBlobUnknownError",
    "ManifestCorruptError",
    "ManifestInvalidError",
    "ManifestUnknownError",
    "MetadataEquivocationError",
    "MetadataExpiredError",
    "MetadataInvalidError",
    "MetadataLeapError",
    "MetadataMismatchError",
    "MetadataRollbackError",
    "MetadataUnknownError",
    "MetadataVersionError",
    "MethodUnsupportedError",
    "MultipartInvalidError",
    "NameInvalidError",
    "NamespaceExistsError",
    "NamespaceInvalidError",
    "NamespaceNotEmptyError",
    "NamespaceQuotaError",
    "NamespaceUnknownError",
    "NotFoundError",
    "PageInvalidError",
    "PassphraseInvalidError",
    "PassphraseRequiredError",
    "PlatformUnknownError",
    "PolicyUnknownError",
    "PublicationRefusedError",
    "QuotaExceededError",
    "RangeUnsatisfiableError",
    "ReferenceInvalidError",
    "RegionUnknownError",
    "RepositoryUnknownError",
    "RequestInvalidError",
    "RoleInvalidError",
    "RootPinnedError",
    "RouteUnknownError",
    "ServerUnreachableError",
    "SettingInvalidError",
    "SignOnOffError",
    "SignatureThresholdError",
    "SigningFailedError",
    "SizeMismatchError",
    "StorageFullError",
    "StorageUnavailableError",
    "TagImmutableError",
    "TagInvalidError",
    "TagTakenError",
    "TargetUnsignedError",
    "TooManyAttemptsError",
    "TrashUnknownError",
    "TrustedIssuerUnknownError",
    "UnavailableError",
    "UntrustedError",
    "UploadBusyError",
    "UploadLostError",
    "UploadRangeError",
    "UploadUnknownError",
    "WebhookUnknownError",
]
