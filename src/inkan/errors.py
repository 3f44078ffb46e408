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
│   ├── RepositoryUnknownError ├── ManifestUnknownError ├── BlobUnknownError ├── UploadUnknownError
│   ├── NamespaceUnknownError  ├── MetadataUnknownError ├── RouteUnknownError
│   └── PlatformUnknownError           an index without an image for that platform
├── ConflictError                      it clashes with what is there: look, then try again
│   ├── UploadRangeError               a piece that does not start where the upload stands
│   ├── UploadBusyError                another request is writing to the same upload
│   ├── RangeUnsatisfiableError        a byte range outside the content
│   ├── BlobInUseError                 a blob that manifests of the repository still name
│   ├── NamespaceExistsError ├── NamespaceNotEmptyError ├── NamespaceQuotaError
│   ├── MetadataVersionError           a version that is not newer than what is kept
│   └── MethodUnsupportedError         a path that exists, but not with that method
├── DeniedError                        the caller may not
│   ├── AuthenticationRequiredError    a credential would help
│   ├── CredentialsInvalidError        wrong name or password
│   ├── PassphraseInvalidError         wrong passphrase of a key file
│   ├── AccessDeniedError              known caller, missing right
│   └── TooManyAttemptsError           wait, then try again
├── UntrustedError                     checked, and bad
│   ├── SignatureThresholdError        too few valid signatures by distinct keys
│   ├── KeyInvalidError                a key that is weak, malformed or not what its ID says
│   ├── CertificateInvalidError        a root certificate that does not fit
│   ├── MetadataExpiredError           metadata past its expiry
│   ├── MetadataMismatchError          metadata that is not what its parent promised
│   ├── MetadataRollbackError          metadata older than what was seen before
│   ├── MetadataEquivocationError      two files that claim to be one version
│   ├── RootPinnedError                a root that is not the pinned one
│   ├── ContentAlteredError            bytes that are not what a signed digest names
│   └── TargetUnsignedError            a tag that nobody has released
├── UnavailableError                   could not be done or checked now: try later
│   ├── StorageUnavailableError ├── StorageFullError ├── ServerUnreachableError
│   ├── AddressInUseError ├── DataFolderError
│   ├── FreshnessUnprovenError         good as far as known, but not known to be the newest
│   └── PassphraseRequiredError        a key that cannot be opened without a person
└── CorruptError                       what we keep is damaged
    ├── ManifestCorruptError ├── BlobCorruptError └── KeyUnreadableError
```
"""

from collections.abc import Iterable


class InkanError(Exception):
    """The root of the tree; its text is one sentence for people."""


# --- the request can never work as sent ---------------------------------------------------------


class InvalidError(InkanError):
    """The request can never work as sent."""


class NameInvalidError(InvalidError):
    """A repository name is outside the grammar."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name[:80]!r} is not a repository name: {reason}")
        self.name = name


class NamespaceInvalidError(InvalidError):
    """A namespace name is outside the grammar."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name[:80]!r} is not a namespace name: {reason}")
        self.name = name


class TagInvalidError(InvalidError):
    """A tag is outside the grammar."""

    def __init__(self, tag: str) -> None:
        super().__init__(
            f"{tag[:140]!r} is not a tag: use up to 128 of A-Z a-z 0-9 _ . - and do not begin with . or -"
        )
        self.tag = tag


class ReferenceInvalidError(InvalidError):
    """An image reference is outside the grammar."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{text[:300]!r} is not an image reference: {reason}")
        self.text = text


class GunInvalidError(InvalidError):
    """A trust collection's name is malformed or names a host this server does not answer for."""

    def __init__(self, gun: str, reason: str) -> None:
        super().__init__(f"{gun[:300]!r} cannot hold trust data here: {reason}")
        self.gun = gun


class DigestInvalidError(InvalidError):
    """A digest is malformed or its algorithm is not spoken here."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{text[:160]!r} is not a digest: {reason}")
        self.text = text


class DigestMismatchError(InvalidError):
    """Received bytes do not hash to the digest they came with."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(
            f"the content is {actual}, not {expected}; nothing was stored, send it again"
        )
        self.expected = expected
        self.actual = actual


class SizeMismatchError(InvalidError):
    """A declared size differs from the content's."""

    def __init__(self, digest: str, declared_bytes: int, actual_bytes: int) -> None:
        super().__init__(f"{digest} holds {actual_bytes} bytes, not the declared {declared_bytes}")
        self.digest = digest
        self.declared_bytes = declared_bytes
        self.actual_bytes = actual_bytes


class JsonInvalidError(InvalidError):
    """Bytes are not the strict JSON that is accepted here."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not acceptable JSON: {reason}")
        self.reason = reason


class ManifestInvalidError(InvalidError):
    """A document is not a manifest that can be kept."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not a valid manifest: {reason}")
        self.reason = reason


class ManifestBlobUnknownError(InvalidError):
    """A manifest names content that the repository does not hold."""

    def __init__(self, digests: Iterable[str]) -> None:
        self.digests = tuple(digests)
        super().__init__(
            f"the repository lacks {', '.join(self.digests[:3])}; push it before the manifest"
        )


class PageInvalidError(InvalidError):
    """Paging parameters mean nothing."""


class BodyTooLargeError(InvalidError):
    """A body is over its cap and was not read to the end."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"the body is larger than the {limit_bytes} bytes allowed here")
        self.limit_bytes = limit_bytes


class BodyIncompleteError(InvalidError):
    """The other side stopped before the whole body had come."""


class RequestInvalidError(InvalidError):
    """Something else in a request is malformed."""


class MultipartInvalidError(InvalidError):
    """A publish body is not well-formed `multipart/form-data`."""


class FileNameMissingError(InvalidError):
    """A published part names no role."""


class RoleInvalidError(InvalidError):
    """A name is no role of TUF as Notary v1 speaks it."""

    def __init__(self, role: str) -> None:
        super().__init__(
            f"{role[:80]!r} is not a role: use root, targets, targets/NAME, snapshot or timestamp"
        )
        self.role = role


class MetadataInvalidError(InvalidError):
    """Bytes are not TUF metadata of the role they came for."""

    def __init__(self, role: str, reason: str) -> None:
        super().__init__(f"{role} type metadata invalid: {reason}")
        self.role = role
        self.reason = reason


class PublicationRefusedError(InvalidError):
    """A batch of metadata breaks a publication rule.

    Attributes:
        kind: which of Notary's validation classes it is (`ErrBadRoot`, `ErrBadTargets`, `ErrBadSnapshot`,
            `ErrBadHierarchy`, `ErrValidation`); stock clients choose their words by it.
        missing: for `ErrBadHierarchy`, the role that is missing; else empty.
    """

    def __init__(self, kind: str, reason: str, *, missing: str = "") -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.missing = missing


class SettingInvalidError(InvalidError):
    """A setting, flag or settings file cannot be used."""


# --- it is not here -----------------------------------------------------------------------------


class NotFoundError(InkanError):
    """It is not here."""


class RepositoryUnknownError(NotFoundError):
    """The repository holds nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(f"repository {name} is not known to this registry")
        self.name = name


class ManifestUnknownError(NotFoundError):
    """The repository has no manifest under that tag or digest."""

    def __init__(self, name: str, reference: str) -> None:
        super().__init__(f"{name} has no manifest {reference}")
        self.name = name
        self.reference = reference


class BlobUnknownError(NotFoundError):
    """The repository has no such blob."""

    def __init__(self, name: str, digest: str) -> None:
        super().__init__(f"{name} has no blob {digest}")
        self.name = name
        self.digest = digest


class UploadUnknownError(NotFoundError):
    """There is no such upload, or it is not the caller's."""

    def __init__(self, upload_id: str) -> None:
        super().__init__(f"there is no upload {upload_id[:80]}; begin a new one")
        self.upload_id = upload_id


class NamespaceUnknownError(NotFoundError):
    """There is no such namespace."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no namespace {name}; list yours with: inkan namespace-list")
        self.name = name


class MetadataUnknownError(NotFoundError):
    """The collection has no such metadata."""

    def __init__(self, gun: str, what: str) -> None:
        super().__init__(f"{gun} has no {what}")
        self.gun = gun
        self.what = what


class RouteUnknownError(NotFoundError):
    """No route has that path."""

    def __init__(self, path: str) -> None:
        super().__init__(f"nothing is served at {path[:200]}")
        self.path = path


class PlatformUnknownError(NotFoundError):
    """The index has no image for that platform."""

    def __init__(self, wanted: str, offered: Iterable[str]) -> None:
        self.offered = tuple(dict.fromkeys(offered))
        there = ", ".join(self.offered) or "no platform"
        super().__init__(f"there is no image for {wanted} in it; it has {there}")
        self.wanted = wanted


# --- it clashes with what is there --------------------------------------------------------------


class ConflictError(InkanError):
    """It clashes with what is there."""


class UploadRangeError(ConflictError):
    """A piece does not start where the upload stands; the upload is unchanged."""

    def __init__(self, repository: str, upload_id: str, offset: int) -> None:
        super().__init__(f"the upload stands at byte {offset}; continue from there")
        self.repository = repository
        self.upload_id = upload_id
        self.offset = offset


class UploadBusyError(ConflictError):
    """Another request is writing to the same upload."""

    def __init__(self, upload_id: str) -> None:
        super().__init__(
            "another request is writing to this upload; wait for it or begin a new one"
        )
        self.upload_id = upload_id


class RangeUnsatisfiableError(ConflictError):
    """A byte range lies outside the content."""

    def __init__(self, size_bytes: int) -> None:
        super().__init__(f"the range lies outside the content's {size_bytes} bytes")
        self.size_bytes = size_bytes


class BlobInUseError(ConflictError):
    """Manifests of the repository still name the blob."""

    def __init__(self, name: str, digest: str) -> None:
        super().__init__(f"manifests of {name} still name {digest}; delete them first")
        self.name = name
        self.digest = digest


class NamespaceExistsError(ConflictError):
    """The namespace is there already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"namespace {name} exists already")
        self.name = name


class NamespaceNotEmptyError(ConflictError):
    """The namespace still holds repositories or trust data."""

    def __init__(self, name: str, repositories: int) -> None:
        super().__init__(
            f"namespace {name} still holds {repositories} repositories; remove it with them by --force"
        )
        self.name = name
        self.repositories = repositories


class NamespaceQuotaError(ConflictError):
    """The registry has as many namespaces as it may."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"this registry holds its {limit} namespaces already; remove one first")
        self.limit = limit


class MetadataVersionError(ConflictError):
    """A version of a role is not newer than what is kept."""

    def __init__(self, gun: str, role: str, version: int) -> None:
        super().__init__(
            f"{gun} holds {role} version {version} or newer already; update, then publish again"
        )
        self.gun = gun
        self.role = role
        self.version = version


class MethodUnsupportedError(ConflictError):
    """The path exists, but not with that method."""

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        self.allowed = tuple(sorted(allowed))
        super().__init__(f"{method} is not offered here; use {' or '.join(self.allowed)}")


# --- the caller may not -------------------------------------------------------------------------


class DeniedError(InkanError):
    """The caller may not."""


class AuthenticationRequiredError(DeniedError):
    """A credential, or a token with more scope, would help.

    Attributes:
        scope: the scope a token needs for this request; empty when any valid token would do.
        problem: `""` (no token came), `invalid_token` or `insufficient_scope`, as RFC 6750 § 3.1 names them.
    """

    def __init__(self, scope: str = "", problem: str = "") -> None:
        super().__init__("authentication required; log in with: inkan login, or docker login")
        self.scope = scope
        self.problem = problem


class CredentialsInvalidError(DeniedError):
    """The name or the password is wrong; which of them is not said."""

    def __init__(self) -> None:
        super().__init__("wrong user name or password")


class PassphraseInvalidError(DeniedError):
    """A passphrase is wrong, or the file under it was changed; neither is told from the other."""

    def __init__(self) -> None:
        super().__init__("passphrase incorrect, or the file was changed")


class AccessDeniedError(DeniedError):
    """A known caller lacks a right; the text says which, and who or what can help."""


class TooManyAttemptsError(DeniedError):
    """Too many failed log-ins; more are answered after a wait."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"too many failed log-ins; try again in {retry_after_seconds} seconds")
        self.retry_after_seconds = retry_after_seconds


# --- checked, and bad ---------------------------------------------------------------------------


class UntrustedError(InkanError):
    """It was checked, and it is bad."""


class SignatureThresholdError(UntrustedError):
    """Too few valid signatures by distinct keys.

    The text begins as Notary's does, since stock clients and scripts look for it.
    """

    def __init__(self, role: str, valid: int, threshold: int) -> None:
        super().__init__(
            f"valid signatures did not meet threshold for {role}: {valid} of {threshold} distinct keys"
        )
        self.role = role
        self.valid = valid
        self.threshold = threshold


class KeyInvalidError(UntrustedError):
    """A key is weak, malformed, or not what its ID says."""


class CertificateInvalidError(UntrustedError):
    """A root certificate does not fit: name, validity, algorithm or shape."""


class MetadataExpiredError(UntrustedError):
    """Metadata is past its expiry."""

    def __init__(self, role: str, expired_at: str) -> None:
        super().__init__(f"{role} expired at {expired_at}")
        self.role = role
        self.expired_at = expired_at


class MetadataMismatchError(UntrustedError):
    """Metadata is not what its parent promised (hash, length, version)."""


class MetadataRollbackError(UntrustedError):
    """Metadata is older than what was seen before: somebody hides what came since."""

    def __init__(self, role: str, version: int, seen: int) -> None:
        super().__init__(
            f"{role} version {version} is lower than {seen}, which was seen before; if its owner began anew on purpose, "
            "forget what was seen with: inkan trust forget REPOSITORY"
        )
        self.role = role


class MetadataEquivocationError(UntrustedError):
    """A version of metadata came in another form than before: two clients are shown two truths."""

    def __init__(self, role: str, version: int) -> None:
        super().__init__(
            f"{role} version {version} is not the file that was seen before under that version"
        )
        self.role = role


class RootPinnedError(UntrustedError):
    """A collection's root is not one of those that are pinned for it."""


class ContentAlteredError(UntrustedError):
    """A registry sent other bytes than a digest names; none of them is kept."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"the registry sent something else than {digest}; nothing of it was kept")
        self.digest = digest


class TargetUnsignedError(UntrustedError):
    """A tag is in no released role of a verified collection."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No valid trust data for {name}")
        self.name = name


# --- could not be done or checked now -----------------------------------------------------------


class UnavailableError(InkanError):
    """It could not be done or checked now."""


class StorageUnavailableError(UnavailableError):
    """The store did not answer or refused to write; nothing was acknowledged."""


class StorageFullError(UnavailableError):
    """The disk or bucket is full; nothing was acknowledged."""


class ServerUnreachableError(UnavailableError):
    """A server did not answer, or not as one of its kind."""


class AddressInUseError(UnavailableError):
    """The address to listen on is taken or not ours."""


class DataFolderError(UnavailableError):
    """The data folder cannot be used: not writable, or another server holds it."""


class FreshnessUnprovenError(UnavailableError):
    """What is known verifies, but the server could not be asked whether it is the newest."""


class PassphraseRequiredError(UnavailableError):
    """A private key needs a passphrase, and there is nobody to ask."""


# --- what we keep is damaged --------------------------------------------------------------------


class CorruptError(InkanError):
    """What we keep is damaged; it is not served."""


class ManifestCorruptError(CorruptError):
    """A kept manifest no longer hashes to its digest."""

    def __init__(self, name: str, digest: str) -> None:
        super().__init__(
            f"the stored manifest {digest} of {name} is damaged and is not served; push it again"
        )
        self.name = name
        self.digest = digest


class BlobCorruptError(CorruptError):
    """A kept blob is missing or has the wrong size."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"the stored blob {digest} is damaged and is not served; push it again")
        self.digest = digest


class KeyUnreadableError(CorruptError):
    """A kept private key cannot be opened with the key-encryption key at hand."""
