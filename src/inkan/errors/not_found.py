"""It is not here."""

from collections.abc import Iterable

from inkan.errors.root import InkanError


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


class UploadLostError(UploadUnknownError):
    """What was acknowledged of an upload is not there any more, as the machine has failed since."""


class NamespaceUnknownError(NotFoundError):
    """There is no such namespace."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no namespace {name}; list yours with: inkan namespace-list")
        self.name = name


class RegionUnknownError(NotFoundError):
    """There is no such region."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        listed = ", ".join(known) or "none yet; inkan region-add NAME HOST"
        super().__init__(f"there is no region {name[:64]!r}; there are: {listed}")
        self.name = name


class MetadataUnknownError(NotFoundError):
    """The collection has no such metadata."""

    def __init__(self, gun: str, what: str) -> None:
        super().__init__(f"{gun} has no {what}")
        self.gun = gun
        self.what = what


class TrashUnknownError(NotFoundError):
    """The trash has no such image, or no more."""

    def __init__(self, name: str, reference: str) -> None:
        mark = "@" if ":" in reference else ":"
        super().__init__(
            f"there is no {name}{mark}{reference} in the trash; inkan trash-list shows what is"
        )
        self.name = name
        self.reference = reference


class WebhookUnknownError(NotFoundError):
    """There is no such webhook."""

    def __init__(self, webhook_id: str) -> None:
        super().__init__(f"there is no webhook {webhook_id[:80]}; inkan webhook-list shows them")
        self.webhook_id = webhook_id


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


class ExemptionUnknownError(NotFoundError):
    """There is no such exemption."""

    def __init__(self, issue_id: str, scope: str) -> None:
        super().__init__(f"there is no exemption for {issue_id} in {scope}; list them with: inkan exemption-list")  # fmt: skip
        self.issue_id = issue_id
        self.scope = scope


class AccountUnknownError(NotFoundError):
    """There is no such account."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no account {name}; list them with: inkan user-list")
        self.name = name


class ApiKeyUnknownError(NotFoundError):
    """There is no such API key."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"there is no API key {key_id[:80]}; list them with: inkan api-key-list")
        self.key_id = key_id


class GroupUnknownError(NotFoundError):
    """There is no such group."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no group {name}; list them with: inkan group-list")
        self.name = name


class PolicyUnknownError(NotFoundError):
    """There is no such policy."""

    def __init__(self) -> None:
        super().__init__("there is no such policy; list them with: inkan policy-list")


class TrustedIssuerUnknownError(NotFoundError):
    """There is no such trusted issuer."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"there is no trusted issuer {name[:80]}; list them with: inkan trusted-issuer-list"
        )
        self.name = name


class SignOnOffError(NotFoundError):
    """Single sign-on is asked for where none is set up."""

    def __init__(self) -> None:
        super().__init__(
            "single sign-on is not set up here; log in with a user name, or with: inkan login --apikey @FILE"
        )
