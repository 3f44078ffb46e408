"""How much is pushed and pulled: asked before, told after, by whoever keeps within limits."""

from typing import Protocol

from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName


class Meter(Protocol):
    """Counts pushes, and decides whether more may come and go; each `require_*` raises `QuotaExceededError`."""

    def require_manifest(
        self, account: str, repository: RepositoryName, *, is_pulled: bool
    ) -> None:
        """Return if a pull may begin."""
        ...

    def require_blob(
        self, account: str, repository: RepositoryName, digest: Digest, *, is_resumed: bool
    ) -> None:
        """Return if a pull may begin or go on."""
        ...

    async def require_upload(self, account: str, repository: RepositoryName) -> None:
        """Return if a push may begin or go on."""
        ...

    def pulled(self, namespace: str, size_bytes: int) -> None:
        """Count bytes that do not go out from here."""
        ...

    def stored(self, repository: RepositoryName, size_bytes: int) -> None:
        """Count a blob that a push has brought."""
        ...

    def pushed(self, account: str, repository: RepositoryName) -> None:
        """Count a push as ended."""
        ...


class NoMeter:
    """Has no limits."""

    def require_manifest(
        self, account: str, repository: RepositoryName, *, is_pulled: bool
    ) -> None:
        """Return."""

    def require_blob(
        self, account: str, repository: RepositoryName, digest: Digest, *, is_resumed: bool
    ) -> None:
        """Return."""

    async def require_upload(self, account: str, repository: RepositoryName) -> None:
        """Return."""

    def pulled(self, namespace: str, size_bytes: int) -> None:
        """Return."""

    def stored(self, repository: RepositoryName, size_bytes: int) -> None:
        """Return."""

    def pushed(self, account: str, repository: RepositoryName) -> None:
        """Return."""
