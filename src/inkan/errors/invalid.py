"""The request can never work as sent: change it."""

from collections.abc import Iterable

from inkan.errors.root import InkanError


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
