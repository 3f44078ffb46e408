"""Whether what is kept may be pulled: asked before a manifest or a blob is served, answered by whoever enforces a policy."""

from typing import Protocol

from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName, Tag
from inkan.web.demand import Caller


class PullGate(Protocol):
    """Decides about pulls."""

    async def require_pullable(
        self, caller: Caller, repository: RepositoryName, reference: Tag | Digest
    ) -> None:
        """Return if the content may be pulled.

        Raises:
            AccessDeniedError: if a policy refuses it, with the reason and the fix.
            UnavailableError: if the policy could not be checked.
        """
        ...


class OpenGate:
    """Lets every pull through that the caller's rights allow."""

    async def require_pullable(
        self, caller: Caller, repository: RepositoryName, reference: Tag | Digest
    ) -> None:
        """Return."""
