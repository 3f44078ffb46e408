"""Checked, and bad."""

from inkan.errors.root import InkanError


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


class MetadataLeapError(UntrustedError):
    """A version is further ahead of what was seen than publishing can account for: every honest version would then be an older one."""

    def __init__(self, role: str, version: int, seen: int) -> None:
        super().__init__(
            f"{role} version {version} leaps ahead of {seen}, which was seen before: the role's key may be stolen, and its owner should rotate it; "
            "if there really were so many, forget what was seen with: inkan trust forget REPOSITORY"
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
