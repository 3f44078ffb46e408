"""It clashes with what is there: look, then try again."""

from collections.abc import Iterable

from inkan.errors.root import InkanError


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


class TagImmutableError(ConflictError):
    """A tag that must not change would be moved or deleted."""

    def __init__(self, name: str, tag: str, pattern: str) -> None:
        super().__init__(
            f"tag {tag} of {name} is immutable (it matches {pattern}); push under another tag, or see: inkan immutable-tags-list"
        )
        self.name = name
        self.tag = tag


class TagTakenError(ConflictError):
    """A tag points to something else by now."""

    def __init__(self, name: str, tag: str) -> None:
        super().__init__(
            f"{name}:{tag} is another image by now; restore it by its digest, which inkan trash-list shows"
        )
        self.name = name
        self.tag = tag


class MethodUnsupportedError(ConflictError):
    """The path exists, but not with that method."""

    def __init__(self, method: str, allowed: Iterable[str]) -> None:
        self.allowed = tuple(sorted(allowed))
        super().__init__(f"{method} is not offered here; use {' or '.join(self.allowed)}")


class AccountExistsError(ConflictError):
    """An account with that name, or that identity at a provider, is there already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the account {name} is there already")
        self.name = name


class LastAdministratorError(ConflictError):
    """It would leave nobody who administers this registry."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is the last administrator; make another one first")
        self.name = name
