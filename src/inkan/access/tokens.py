"""Bearer tokens: ES256, short-lived, verified against our own keys only.

A token says who somebody is and bounds what it may be used for; whether they may is decided anew at each use.

Source: RFC 7519, RFC 8725 (pinned algorithm, no key from the token); Distribution project, Token Authentication Implementation.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from inkan import limits
from inkan.access.scopes import Access
from inkan.access.token_keys import TokenKeyRing
from inkan.clock import Clock
from inkan.errors import AuthenticationRequiredError
from inkan.web.demand import Action, Resource

SERVICE = "inkan"
LEEWAY = timedelta(seconds=60)
_CLAIMS = ["exp", "nbf", "iat", "jti", "sub", "aud", "iss", "access"]


@dataclass(frozen=True, slots=True)
class Token:
    """What a valid token says.

    Attributes:
        account: who it is for; empty for nobody in particular.
        key_id: the API key that it was got with, and that it ends with; empty for none.
        is_login: whether it was asked for without a scope: it stands for its account, and others may be had for it until it ends.
        account_mark: which account of that name it is for; see `Principal.mark`.
    """

    account: str
    access: tuple[Access, ...]
    expires_at: datetime
    key_id: str = ""
    is_login: bool = False
    account_mark: str = ""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a new token is for.

    Attributes:
        account: empty for nobody in particular.
        key_id: the API key that they came with.
        is_login: whether others may be had for it.
        until: when it ends at the latest.
        account_mark: which account of that name they are; see `Principal.mark`.
    """

    account: str = ""
    key_id: str = ""
    is_login: bool = False
    until: datetime | None = None
    account_mark: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token as text, and when it was made and for how long."""

    text: str
    issued_at: datetime
    lifetime: timedelta


class TokenService:
    """Issues and verifies tokens."""

    def __init__(
        self,
        keys: TokenKeyRing,
        lifetime: timedelta,
        clock: Clock,
    ) -> None:
        self._keys = keys
        self._lifetime = lifetime
        self._clock = clock
        self._verified: OrderedDict[bytes, Token] = OrderedDict()

    def issue(self, bearer: Bearer, access: Sequence[Access]) -> Issued:
        """Return a new token for an account, bounded to `access`."""
        now = self._clock.now()
        ends = min(now + self._lifetime, bearer.until or now + self._lifetime)
        claims = {
            "iss": SERVICE,
            "aud": SERVICE,
            "sub": bearer.account,
            "iat": now,
            "nbf": now,
            "exp": ends,
            "jti": secrets.token_hex(16),
            "access": [
                {"type": str(one.resource), "name": one.name, "actions": sorted(one.actions)}
                for one in access
            ],
        }
        if bearer.key_id:
            claims["key"] = bearer.key_id
        if bearer.is_login:
            claims["login"] = True
        if bearer.account_mark:
            claims["made"] = bearer.account_mark
        signing = self._keys.signing
        headers = {"kid": signing.key_id}
        text = jwt.encode(claims, signing.private, algorithm="ES256", headers=headers)
        return Issued(text, now, ends - now)

    def verify(self, text: str) -> Token:
        """Return what a token says.

        Raises:
            AuthenticationRequiredError: if it is not ours, damaged, or not valid now.
        """
        if len(text) > limits.TOKEN_CHARACTERS:
            raise _invalid()
        mark = hashlib.sha256(text.encode("utf-8", "replace")).digest()
        token = self._verified.get(mark) or self._decoded(text)
        if token.expires_at + LEEWAY <= self._clock.now():
            self._verified.pop(mark, None)
            raise _invalid()
        self._verified[mark] = token
        if len(self._verified) > limits.TOKENS_CACHED:
            self._verified.popitem(last=False)
        return token

    def _decoded(self, text: str) -> Token:
        try:
            header = jwt.get_unverified_header(text)
            # no critical extension is understood here (CVE-2025-59420), and no key is taken from a token (CVE-2025-24976)
            key = self._keys.find(str(header.get("kid")))
            if key is None or "crit" in header:
                raise _invalid()
            claims = jwt.decode(
                text,
                key,
                algorithms=["ES256"],
                audience=SERVICE,
                issuer=SERVICE,
                # times are compared with our clock, below
                options={
                    "require": _CLAIMS,
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
            token = _token(claims)
            not_before = datetime.fromtimestamp(claims["nbf"], UTC)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError, OverflowError) as error:
            raise _invalid() from error
        if not_before - LEEWAY > self._clock.now():
            raise _invalid()
        return token


def _token(claims: dict[str, Any]) -> Token:
    access = tuple(
        Access(Resource(one["type"]), one["name"], frozenset(Action(a) for a in one["actions"]))
        for one in claims["access"]
    )
    key_id, is_login = claims.get("key", ""), claims.get("login", False)
    mark = claims.get("made", "")
    if not isinstance(key_id, str) or not isinstance(is_login, bool) or not isinstance(mark, str):
        raise TypeError
    ends = datetime.fromtimestamp(claims["exp"], UTC)
    return Token(claims["sub"], access, ends, key_id, is_login, mark)


def _invalid() -> AuthenticationRequiredError:
    return AuthenticationRequiredError(problem="invalid_token")
