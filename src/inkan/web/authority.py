"""Who decides whether a caller meets what a route demands.

`access/guard.py` is the authority; the faces only state demands, so none of them can forget to ask.

Source: RFC 6750 § 3.
"""

from typing import Protocol

from inkan.web.demand import Caller, Demand, Right
from inkan.web.messages import Request


class Authority(Protocol):
    """Decides whether a request may go on."""

    async def admit(self, request: Request, demand: Demand) -> Caller:
        """Return who is asking, once all that is demanded is allowed.

        Raises:
            AuthenticationRequiredError: if a credential, or a token with more scope, would help.
            CredentialsInvalidError: if a credential came and is wrong.
            AccessDeniedError: if the caller is known and lacks a right.
            TooManyAttemptsError: if the caller has to wait.
        """
        ...

    async def allows(self, request: Request, demand: Demand) -> bool:
        """Return whether the same request may do something else besides, such as read where it mounts from."""
        ...

    async def namespaces_with(self, caller: Caller, right: Right) -> frozenset[str]:
        """Return the namespaces in which a caller has a right: what their lists may show."""
        ...

    def challenge(self, request: Request, scope: str, problem: str) -> str:
        """Return the `WWW-Authenticate` value that tells the caller where to get a token for `scope`."""
        ...
