"""What we keep is damaged."""

from inkan.errors.root import InkanError


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
