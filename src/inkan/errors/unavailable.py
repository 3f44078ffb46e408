"""Could not be done or checked now: try later."""

from inkan.errors.root import InkanError


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


class SigningFailedError(UnavailableError):
    """Whoever holds a private key signed something else than was asked for; nothing was kept."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"the signature of key {key_id} does not verify, and is not used; look at the device or the service that holds the key"
        )
        self.key_id = key_id


class PassphraseRequiredError(UnavailableError):
    """A private key needs a passphrase, and there is nobody to ask."""


class IdentityProviderError(UnavailableError):
    """An identity provider did not answer, or not as one."""

    def __init__(self, issuer: str, reason: str) -> None:
        super().__init__(f"the identity provider {issuer} cannot be used now: {reason}")
        self.issuer = issuer
