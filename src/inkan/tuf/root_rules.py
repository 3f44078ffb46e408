"""When a root may take the place of another.

An expired *certificate* of the old root does not stop its successor: the old keys vouch for the new ones as long as they are not revoked. The
reference refuses here, and so an expired certificate ends a repository for good (docker/docs#17309 and the end of Docker's own images).

Source: TUF 1.0 § 5.3; Notary v1, `trustpinning/trustpin.go` and `server/handlers/validation.go`.
"""

from datetime import datetime, timedelta

from inkan import limits
from inkan.errors import (
    CertificateInvalidError,
    MetadataExpiredError,
    PublicationRefusedError,
    SignatureThresholdError,
)
from inkan.tuf.certificates import RootCertificate
from inkan.tuf.keys import PublicKey
from inkan.tuf.metadata import Root, Targets, parse_targets
from inkan.tuf.roles import BASE_ROLES, ROOT, TARGETS, RoleName
from inkan.tuf.verify import RoleKeys, require_threshold

_PATH = "could not validate the path to a trusted root: "
_ROTATE = "could not rotate trust to a new trusted root: "


def require_acceptable(gun: str, stored: Root | None, root: Root, now: datetime) -> None:
    """Return if `root` may be the next root of the collection.

    Raises:
        PublicationRefusedError: if it may not.
        MetadataExpiredError: if it is past its expiry.
    """
    # a. the version
    current = stored.version if stored else 1
    if root.version not in (current, current + 1):
        raise _bad(
            f"Root modifications must increment the version. Current {current}, new {root.version}"
        )
    # b. thresholds that can be met
    for role in BASE_ROLES:
        keys = root.role_keys(role)
        if not keys.can_be_met:
            raise _bad(
                f"{role} asks for {keys.threshold} signatures and has {keys.distinct_keys} distinct keys; "
                "add keys or lower the threshold"
            )
    # c. certificates that fit
    leaves = fitting_leaves(gun, root, now)
    # d. the old root vouches for the new one
    if stored is not None:
        _require_vouched(stored, root)
    # e. the new root vouches for itself
    try:
        own = root.role_keys(ROOT)
        require_threshold(RoleKeys(ROOT, leaves, own.threshold), root.signatures, root.message)
    except SignatureThresholdError as error:
        raise _bad(f"{_PATH}failed to validate integrity of roots") from error
    # g. the expiry
    require_lifetime(ROOT, root.expires, now)


def require_lifetime(role: RoleName, expires: datetime, now: datetime) -> None:
    """Return if an uploaded file is neither expired nor good for longer than any file should be.

    Raises:
        MetadataExpiredError: if it is past its expiry.
        PublicationRefusedError: if it claims to live absurdly long.
    """
    if expires <= now:
        raise MetadataExpiredError(str(role), f"{expires:%a %b %-d %H:%M:%S UTC %Y}; sign it again")
    if expires > now + timedelta(days=limits.METADATA_LIFETIME_DAYS):
        raise PublicationRefusedError(
            "ErrValidation",
            f"{role} expires in the year {expires.year}; choose an expiry within 20 years",
        )


def require_targets_still_signed(
    stored: Root, root: Root, held: bytes | None, uploaded: dict[RoleName, Targets]
) -> None:
    """Return unless a new root takes the targets key away from under the targets that are held.

    The reference accepts such a root, and nobody can read the repository any more.

    Raises:
        PublicationRefusedError: if it does, and no new targets came with it.
    """
    if TARGETS in uploaded or held is None or root.role_keys(TARGETS) == stored.role_keys(TARGETS):
        return
    file = parse_targets(held)
    try:
        require_threshold(root.role_keys(TARGETS), file.signatures, file.message)
    except SignatureThresholdError as error:
        raise _bad(
            "this root changes the targets key, but the targets here are signed by the old one; "
            "publish targets signed by the new key together with the root"
        ) from error


def require_own_certificates(gun: str, root: Root, now: datetime) -> None:
    """Return if enough of a root's own keys have certificates for the collection that are valid now.

    Raises:
        CertificateInvalidError: if there is none.
        SignatureThresholdError: if too few of them have signed it.
    """
    try:
        leaves, own = fitting_leaves(gun, root, now), root.role_keys(ROOT)
    except PublicationRefusedError as error:
        raise CertificateInvalidError(error.reason) from error
    require_threshold(RoleKeys(ROOT, leaves, own.threshold), root.signatures, root.message)


def fitting_leaves(gun: str, root: Root, now: datetime) -> tuple[PublicKey, ...]:
    """Return the root keys whose certificates are for the collection and valid now.

    Raises:
        PublicationRefusedError: if there are none.
    """
    leaves: list[PublicKey] = []
    reason = "it has none"
    for key in root.role_keys(ROOT).keys:
        if not key.keytype.is_certificate:
            continue
        try:
            certificate = RootCertificate.parse(key.public)
            certificate.require_named_for(gun)
            certificate.require_valid_at(now)
        except CertificateInvalidError as error:
            reason = str(error)
            continue
        leaves.append(key)
    if not leaves:
        raise _bad(f"{_PATH}unable to retrieve valid leaf certificates: {reason}")
    return tuple(leaves)


def _require_vouched(stored: Root, root: Root) -> None:
    try:
        require_threshold(stored.role_keys(ROOT), root.signatures, root.message)
    except SignatureThresholdError as error:
        raise _bad(
            f"{_ROTATE}failed to validate data with current trusted certificates; "
            "sign the new root with the old root key as well"
        ) from error


def _bad(reason: str) -> PublicationRefusedError:
    return PublicationRefusedError("ErrBadRoot", reason)
