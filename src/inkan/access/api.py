"""The token service: credentials in, a bearer token out.

It answers 200 with a token for whatever part of the asked scopes is allowed, also none of it: notary always asks anonymously first and gives up on a 401.

Source: Distribution project, Token Authentication Specification, OAuth2 Token Authentication; measured with docker, notary, skopeo, containerd.
"""

import json
import re
from collections.abc import Sequence
from urllib.parse import parse_qs

from inkan import limits
from inkan.access.accounts import AccountService
from inkan.access.guard import Guard, parse_basic
from inkan.access.principals import NOBODY, Principal
from inkan.access.problems import render
from inkan.access.scopes import Access, HostNames, parse_scopes
from inkan.access.tokens import Issued, TokenService
from inkan.errors import AuthenticationRequiredError, CredentialsInvalidError, RequestInvalidError
from inkan.web.demand import OPEN
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Face, Route


class TokenHandlers:
    """Answers the token service."""

    def __init__(
        self, accounts: AccountService, tokens: TokenService, guard: Guard, hosts: HostNames
    ) -> None:
        self._accounts = accounts
        self._tokens = tokens
        self._guard = guard
        self._hosts = hosts

    async def get(self, request: Request) -> Response:
        """Return a token for Basic credentials, or for nobody."""
        principal = await self._basic(request)
        scopes = request.query_all("scope")
        if principal.is_anonymous and not any(scopes):
            # docker login without credentials: there is nothing that such a token could be for
            raise AuthenticationRequiredError
        return await self._answer(principal, scopes)

    async def post(self, request: Request) -> Response:
        """Return a token for a password grant, as containerd asks first."""
        form = _form(await request.body())
        grant = form.get("grant_type", "")
        if grant != "password":
            # docker falls back to its password when a refresh token is refused
            raise RequestInvalidError(
                f"the grant {grant[:40]!r} is not offered here; use grant_type=password"
            )
        name, password = form.get("username", ""), form.get("password", "")
        if not name:
            raise CredentialsInvalidError
        principal = await self._accounts.log_in(name, password, request.client_address)
        return await self._answer(principal, [form.get("scope", "")])

    async def _basic(self, request: Request) -> Principal:
        kind, _, value = request.header("authorization").partition(" ")
        if not kind:
            return NOBODY
        if kind.lower() != "basic":
            raise CredentialsInvalidError
        name, password = parse_basic(value)
        return await self._accounts.log_in(name, password, request.client_address)

    async def _answer(self, principal: Principal, scopes: Sequence[str]) -> Response:
        granted = [await self._granted(principal, asked) for asked in parse_scopes(scopes)]
        access = [one for one in granted if one.actions]
        issued = self._tokens.issue(principal.account, access)
        return Response(200, [("Content-Type", "application/json")], _body(issued, access))

    async def _granted(self, principal: Principal, asked: Access) -> Access:
        return Access(asked.resource, asked.name, await self._guard.granted(principal, asked))


def token_face(
    accounts: AccountService, tokens: TokenService, guard: Guard, hosts: HostNames
) -> Face:
    """Return the token service's face."""
    handlers = TokenHandlers(accounts, tokens, guard, hosts)
    small, never = limits.SMALL_BODY_BYTES, CachePolicy.NEVER
    return Face(
        name="token",
        routes=(
            Route("token-get", ("GET",), "/token", handlers.get, OPEN, 0, never),
            Route("token-post", ("POST",), "/token", handlers.post, OPEN, small, never),
        ),
        render=render,
        claims=re.compile(r"/token\Z"),
    )


def _form(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qs(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=32, errors="strict"
        )
    except ValueError as error:
        raise RequestInvalidError("the form cannot be read") from error
    if any(len(values) > 1 for values in fields.values()):
        raise RequestInvalidError("a field of the form occurs twice")
    return {name: values[0] for name, values in fields.items()}


def _body(issued: Issued, access: Sequence[Access]) -> bytes:
    scope = " ".join(f"{a.resource}:{a.name}:{','.join(sorted(a.actions))}" for a in access)
    return json.dumps(
        {
            "token": issued.text,
            "access_token": issued.text,
            "token_type": "Bearer",
            "scope": scope,
            "expires_in": int(issued.lifetime.total_seconds()),
            "issued_at": issued.issued_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
    ).encode()
