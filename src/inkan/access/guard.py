"""The guard: every request with a demand comes past it.

A 401 means that a credential or another token would help; a 403 means that it would not, and says why. So docker prints the sentence "namespace … does not
exist" instead of asking for a password again.

Source: RFC 6750 § 3; Distribution project, Token Authentication Specification § Using the Bearer token.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from inkan.access.decide import NOT_OURS, REGISTRY, Allowed, Denied, Place, decide
from inkan.access.log_in import LogIn, Proven
from inkan.access.namespace_memory import NamespaceMemory
from inkan.access.principals import NOBODY, Principal
from inkan.access.roles import PUBLIC
from inkan.access.scopes import Access, HostNames
from inkan.access.tokens import LEEWAY, SERVICE, Token
from inkan.errors import (
    AccessDeniedError,
    AuthenticationRequiredError,
    CredentialsInvalidError,
    DeniedError,
    InvalidError,
)
from inkan.oci.reference import RepositoryName
from inkan.web.demand import ANONYMOUS, Action, Caller, Demand, Resource, Right
from inkan.web.messages import Request

_QUOTABLE = re.compile(r"[ !#-\[\]-~]*\Z")


@dataclass(frozen=True, slots=True)
class Guard:
    """The `Authority` of the server.

    Attributes:
        scheme: how clients reach us, `https` or `http`; stands in the challenge's address.
    """

    log_in: LogIn
    namespaces: NamespaceMemory
    hosts: HostNames
    scheme: str

    async def admit(self, request: Request, demand: Demand) -> Caller:
        """Return who is asking, once all that is demanded is allowed."""
        if demand.resource is Resource.OPEN:
            return ANONYMOUS
        credential = await self._credential(request, demand)
        if credential is None:
            await self._require_open_to_all(demand)
            return ANONYMOUS
        principal = credential.principal
        # before the decision: whoever is refused is named in the log
        key_id = principal.reach.key_id if principal.reach else ""
        request.caller = Caller(principal.account, principal.rights_in, key_id)
        if demand.resource is not Resource.LOGIN:
            await self._require_allowed(principal, credential.token, demand)
        return request.caller

    async def allows(self, request: Request, demand: Demand) -> bool:
        """Return whether the same request may do something else besides: what anybody may, or what its credential is good for."""
        try:
            await self._require_open_to_all(demand)
        except DeniedError:
            pass
        else:
            return True
        try:
            await self.admit(request, demand)
        except (DeniedError, InvalidError):
            return False
        return True

    def challenge(self, request: Request, scope: str, problem: str) -> str:
        """Return the `WWW-Authenticate` value that tells the caller where to get a token."""
        # the Host header is the caller's word: only names of ours are repeated
        host = request.host if request.host in self.hosts else self.hosts.primary
        parts = [f'realm="{self.scheme}://{host}/token"', f'service="{SERVICE}"']
        if scope and _QUOTABLE.match(scope):
            parts.append(f'scope="{scope}"')
        if problem:
            parts.append(f'error="{problem}"')
        return f"Bearer {','.join(parts)}"

    async def _credential(self, request: Request, demand: Demand) -> Proven | None:
        kind, _, value = request.header("authorization").partition(" ")
        if not kind:
            return None
        if kind.lower() == "basic":
            proven = await self.log_in.basic(
                *parse_basic(value), request.client_address, request.host
            )
        elif kind.lower() == "bearer":
            proven = await self._bearer(value.strip(), demand)
        else:
            raise AuthenticationRequiredError(demand.scope, "invalid_token")
        if proven.token is not None and kind.lower() == "bearer":
            request.good_until = proven.token.expires_at + LEEWAY
        return proven

    async def _bearer(self, text: str, demand: Demand) -> Proven:
        try:
            return await self.log_in.bearer(text)
        except AuthenticationRequiredError as error:
            raise AuthenticationRequiredError(demand.scope, error.problem) from error

    async def _require_allowed(
        self, principal: Principal, token: Token | None, demand: Demand
    ) -> None:
        place, repository = await self._place(demand)
        if demand.resource is Resource.REGISTRY and principal.is_anonymous:
            raise AuthenticationRequiredError(demand.scope, "insufficient_scope")
        for right in demand.rights:
            decision = decide(principal, right, place)
            if isinstance(decision, Denied):
                if principal.is_anonymous:
                    raise AuthenticationRequiredError(
                        demand.scope, "insufficient_scope" if token else ""
                    )
                raise AccessDeniedError(decision.reason)
        if token is not None and not self._covers(token, demand, repository):
            raise AuthenticationRequiredError(demand.scope, "insufficient_scope")

    async def _require_open_to_all(self, demand: Demand) -> None:
        """Return if no credential is needed: in a public namespace, for what anybody may there."""
        if demand.resource is Resource.REPOSITORY:
            place = await self.place_of(self.hosts.find_repository(demand.name))
            decisions = [decide(NOBODY, right, place) for right in demand.rights]
            if decisions and all(isinstance(one, Allowed) for one in decisions):
                return
        raise AuthenticationRequiredError(demand.scope)

    async def _place(self, demand: Demand) -> tuple[Place, RepositoryName | None]:
        if demand.resource is Resource.REPOSITORY:
            repository = self.hosts.repository_of(demand.name)
            return await self.place_of(repository), repository
        if not demand.namespace:
            return REGISTRY, None
        return await self._place_in(demand.namespace, None), None

    async def place_of(self, repository: RepositoryName | None) -> Place:
        """Return what there is to know, for a decision, of where a repository is."""
        if repository is None:
            return NOT_OURS
        return await self._place_in(repository.namespace, repository)

    async def _place_in(self, namespace: str, repository: RepositoryName | None) -> Place:
        # a database refuses what is no text at all
        is_name = namespace.isprintable() and namespace != ""
        found = await self.namespaces.find(namespace) if is_name else None
        return Place(namespace, found is not None, found is not None and found.is_public, repository)  # fmt: skip

    async def namespaces_with(self, caller: Caller, right: Right) -> frozenset[str]:
        """Return the namespaces in which a caller has a right: what their lists may show."""
        return frozenset(
            str(one.namespace)
            for one in await self.namespaces.list()
            if (one.is_public and right in PUBLIC) or right in caller.rights_in(str(one.namespace))
        )

    async def granted(self, principal: Principal, asked: Access) -> frozenset[Action]:
        """Return what of the asked actions a token may be given for."""
        if asked.resource is not Resource.REPOSITORY:
            # what a registry's row demands is decided at the row
            return frozenset() if principal.is_anonymous else asked.actions
        place = await self.place_of(self.hosts.find_repository(asked.name))
        meant = self.hosts.rights_meant(asked.name)
        allowed = {
            action
            for action, right in meant.items()
            if isinstance(decide(principal, right, place), Allowed)
        }
        if Action.ALL not in asked.actions:
            return asked.actions & allowed
        return frozenset({Action.ALL}) if len(allowed) == len(meant) else frozenset(allowed)

    def bounds(self, token: Token, asked: Access) -> frozenset[Action]:
        """Return what of the asked actions a token is good for itself."""
        repository = self.hosts.find_repository(asked.name)
        held = [
            one
            for one in token.access
            if one.resource is asked.resource
            and (one.name == asked.name or self.hosts.find_repository(one.name) == repository)
        ]
        return frozenset(a for a in asked.actions if any(one.covers([a]) for one in held))

    def _covers(self, token: Token, demand: Demand, repository: RepositoryName | None) -> bool:
        return any(
            access.resource is demand.resource
            and access.covers(demand.actions)
            and (
                self.hosts.find_repository(access.name) == repository
                if repository
                else access.name == demand.name
            )
            for access in token.access
        )


def parse_basic(value: str) -> tuple[str, str]:
    """Return the name and the password of Basic credentials.

    Raises:
        CredentialsInvalidError: if they cannot be read.
    """
    try:
        text = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise CredentialsInvalidError from error
    name, colon, password = text.partition(":")
    if not colon or not name:
        raise CredentialsInvalidError
    return name, password
