"""The token service: credentials in, a bearer token out.

It answers 200 with a token for whatever part of the asked scopes is allowed, also none of it: notary always asks anonymously first and gives up on a 401.

Source: Distribution project, Token Authentication Specification, OAuth2 Token Authentication; RFC 7009; measured with docker, notary, skopeo, containerd.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from inkan import limits
from inkan.access.devices import Devices
from inkan.access.forms import parse_form
from inkan.access.guard import Guard, parse_basic
from inkan.access.log_in import LogIn, Proven
from inkan.access.passcodes import Passcodes
from inkan.access.principals import NOBODY
from inkan.access.problems import render
from inkan.access.refresh_tokens import RefreshTokenService
from inkan.access.scopes import Access, parse_scopes
from inkan.access.tokens import Bearer, Issued, TokenService
from inkan.access.workloads import Workloads
from inkan.errors import AuthenticationRequiredError, CredentialsInvalidError, RequestInvalidError
from inkan.web.demand import OPEN, Caller
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Face, Route

PASSCODE = "urn:inkan:params:oauth:grant-type:passcode"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
_TOKEN_TYPES = frozenset(f"urn:ietf:params:oauth:token-type:{kind}" for kind in ("jwt", "id_token"))
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a kind of token


@dataclass(frozen=True, slots=True)
class Vouchers:
    """What besides a password and a refresh token a token is given for."""

    passcodes: Passcodes
    devices: Devices
    workloads: Workloads


class TokenHandlers:
    """Answers the token service."""

    def __init__(
        self,
        log_in: LogIn,
        tokens: TokenService,
        refresh_tokens: RefreshTokenService,
        guard: Guard,
        vouchers: Vouchers,
    ) -> None:
        self._vouchers = vouchers
        self._log_in = log_in
        self._tokens = tokens
        self._refresh_tokens = refresh_tokens
        self._guard = guard

    async def get(self, request: Request) -> Response:
        """Return a token for Basic credentials, or for nobody."""
        proven = await self._basic(request)
        scopes = request.query_all("scope")
        if proven.principal.is_anonymous and not any(scopes):
            # docker login without credentials: there is nothing that such a token could be for
            raise AuthenticationRequiredError
        is_offline = request.query("offline_token") == "true"
        refresh = await self._refresh_token(proven) if is_offline else ""
        return await self._answer(proven, scopes, refresh)

    async def post(self, request: Request) -> Response:
        """Return a token for a grant: a password, as containerd asks first, or a refresh token, as docker does after its log-in."""
        form = parse_form(await request.body())
        grant, scopes = form.get("grant_type", ""), [form.get("scope", "")]
        is_offline = form.get("access_type") == "offline"
        if grant == "refresh_token":
            text = form.get("refresh_token", "")
            proven = await self._log_in.refresh(text, request.client_address)
            refresh = await self._refresh_tokens.rotate(text) if is_offline else ""
            return await self._answer(proven, scopes, refresh)
        if grant in (PASSCODE, DEVICE):
            return await self._signed_on(grant, form, request.client_address)
        if grant == EXCHANGE:
            return await self._exchanged(form, request.client_address)
        if grant != "password":
            raise RequestInvalidError(
                f"the grant {grant[:40]!r} is not offered here; use grant_type=password"
            )
        name, password = form.get("username", ""), form.get("password", "")
        if not name:
            raise CredentialsInvalidError
        proven = await self._log_in.basic(name, password, request.client_address, request.host)
        refresh = await self._refresh_token(proven) if is_offline else ""
        return await self._answer(proven, scopes, refresh)

    async def revoke(self, request: Request) -> Response:
        """End a refresh token, and all that came of its log-in; whoever has it may. What is none, or has ended, is ended too (RFC 7009 § 2.2)."""
        form = parse_form(await request.body())
        if not form.get("token"):
            raise RequestInvalidError("give the token to end: token=…")
        account = await self._refresh_tokens.end(form["token"])
        if account:
            request.caller = Caller(account)
        return Response(200)

    async def _signed_on(self, grant: str, form: dict[str, str], address: str) -> Response:
        """Answer with a refresh token: what a command keeps in place of a password."""
        if grant == PASSCODE:
            account = await self._vouchers.passcodes.redeem(form.get("passcode", ""))
        else:
            account = await self._vouchers.devices.redeem(form.get("device_code", ""))
        proven = await self._log_in.vouched(account, address)
        refresh = await self._refresh_tokens.issue(account)
        return await self._answer(proven, [form.get("scope", "")], refresh, account)

    async def _exchanged(self, form: dict[str, str], address: str) -> Response:
        if form.get("subject_token_type") not in _TOKEN_TYPES or form.get("actor_token"):
            raise RequestInvalidError("give subject_token_type as jwt or id_token, and no actor")
        bearer = await self._vouchers.workloads.exchange(form.get("subject_token", ""))
        proven = await self._log_in.vouched(bearer.account, address)
        issued = self._tokens.issue(replace(bearer, account_mark=proven.principal.mark), ())
        body = _body(issued, (), "", {"issued_token_type": _ACCESS_TOKEN})
        return Response(200, [("Content-Type", "application/json")], body)

    async def _basic(self, request: Request) -> Proven:
        kind, _, value = request.header("authorization").partition(" ")
        if not kind:
            return Proven(NOBODY)
        if kind.lower() != "basic":
            raise CredentialsInvalidError
        return await self._log_in.basic(*parse_basic(value), request.client_address, request.host)

    async def _refresh_token(self, proven: Proven) -> str:
        # an API key is what a refresh token would be: long-lived, and ended by its owner
        if not proven.is_password:
            return ""
        return await self._refresh_tokens.issue(proven.principal.account)

    async def _answer(
        self, proven: Proven, scopes: Sequence[str], refresh: str, account: str = ""
    ) -> Response:
        asked = parse_scopes(scopes)
        granted = [await self._granted(proven, one) for one in asked]
        access = [one for one in granted if one.actions]
        issued = self._tokens.issue(_bearer(proven, is_login=not asked), access)
        body = _body(issued, access, refresh, {"account": account} if account else {})
        return Response(200, [("Content-Type", "application/json")], body)

    async def _granted(self, proven: Proven, asked: Access) -> Access:
        actions = await self._guard.granted(proven.principal, asked)
        token = proven.token
        if token is not None and not token.is_login:
            # one that is bound to something buys nothing that it is not bound to itself
            actions = actions & self._guard.bounds(token, asked)
        return Access(asked.resource, asked.name, actions)


def _bearer(proven: Proven, *, is_login: bool) -> Bearer:
    principal, token = proven.principal, proven.token
    ends = [at for at in (token and token.expires_at, principal.reach and principal.reach.ends_at) if at]  # fmt: skip
    return Bearer(
        principal.account,
        principal.reach.key_id if principal.reach else "",
        is_login and not principal.is_anonymous and (token is None or token.is_login),
        min(ends, default=None),
        principal.mark,
    )


def token_face(
    log_in: LogIn,
    tokens: TokenService,
    refresh_tokens: RefreshTokenService,
    guard: Guard,
    vouchers: Vouchers,
) -> Face:
    """Return the token service's face."""
    handlers = TokenHandlers(log_in, tokens, refresh_tokens, guard, vouchers)
    small, never = limits.SMALL_BODY_BYTES, CachePolicy.NEVER
    return Face(
        name="token",
        routes=(
            Route("token-get", ("GET",), "/token", handlers.get, OPEN, 0, never),
            Route("token-post", ("POST",), "/token", handlers.post, OPEN, small, never),
            Route("token-revoke", ("POST",), "/token/revoke", handlers.revoke, OPEN, small, never),
        ),
        render=render,
        claims=re.compile(r"/token(/revoke)?\Z"),
    )


def _body(issued: Issued, access: Sequence[Access], refresh: str, more: Mapping[str, str]) -> bytes:
    scope = " ".join(f"{a.resource}:{a.name}:{','.join(sorted(a.actions))}" for a in access)
    tree = {
        "token": issued.text,
        "access_token": issued.text,
        "token_type": "Bearer",
        "scope": scope,
        "expires_in": int(issued.lifetime.total_seconds()),
        "issued_at": issued.issued_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    tree |= more
    if refresh:
        tree["refresh_token"] = refresh
    return json.dumps(tree).encode()
