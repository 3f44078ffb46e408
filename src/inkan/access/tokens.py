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
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from inkan import limits
from inkan.access.scopes import Access
from inkan.clock import Clock
from inkan.errors import AuthenticationRequiredError
from inkan.keys.sealing import KeyEncryptionKey, open_sealed, seal
from inkan.store.ports import TokenKeys
from inkan.store.records import TokenKeyRecord
from inkan.web.demand import Action, Resource

SERVICE = "inkan"
LEEWAY = timedelta(seconds=60)
_CLAIMS = ["exp", "nbf", "iat", "jti", "sub", "aud", "iss", "access"]


@dataclass(frozen=True, slots=True)
class Token:
    """What a valid token says.

    Attributes:
        account: who it is for; empty for nobody in particular.
    """

    account: str
    access: tuple[Access, ...]
    expires_at: datetime


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
        keys: Sequence[tuple[str, ec.EllipticCurvePrivateKey]],
        lifetime: timedelta,
        clock: Clock,
    ) -> None:
        self._signing_id, self._signing_key = keys[0]
        self._public = {key_id: key.public_key() for key_id, key in keys}
        self._lifetime = lifetime
        self._clock = clock
        self._verified: OrderedDict[bytes, Token] = OrderedDict()

    def issue(self, account: str, access: Sequence[Access]) -> Issued:
        """Return a new token for an account, bounded to `access`."""
        now = self._clock.now()
        claims = {
            "iss": SERVICE,
            "aud": SERVICE,
            "sub": account,
            "iat": now,
            "nbf": now,
            "exp": now + self._lifetime,
            "jti": secrets.token_hex(16),
            "access": [
                {"type": str(one.resource), "name": one.name, "actions": sorted(one.actions)}
                for one in access
            ],
        }
        headers = {"kid": self._signing_id}
        text = jwt.encode(claims, self._signing_key, algorithm="ES256", headers=headers)
        return Issued(text, now, self._lifetime)

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
            key = self._public.get(str(header.get("kid")))
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


async def load_token_keys(
    keys: TokenKeys, key_encryption_key: KeyEncryptionKey, clock: Clock
) -> Sequence[tuple[str, ec.EllipticCurvePrivateKey]]:
    """Return the signing keys, newest first; the first is made if there is none.

    Raises:
        KeyUnreadableError: if a key cannot be opened with the key-encryption key at hand.
    """
    if not await keys.list():
        # of servers that start together one makes the key, and all load that one
        await keys.add_first(_new_key(key_encryption_key, clock))
    loaded = []
    for record in await keys.list():
        der = open_sealed(key_encryption_key, record.sealed, _purpose(record.key_id))
        key = serialization.load_der_private_key(der, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        loaded.append((record.key_id, key))
    return loaded


def _new_key(key_encryption_key: KeyEncryptionKey, clock: Clock) -> TokenKeyRecord:
    key_id = secrets.token_hex(16)
    der = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return TokenKeyRecord(key_id, seal(key_encryption_key, der, _purpose(key_id)), clock.now())


def _purpose(key_id: str) -> bytes:
    return f"token-key|{key_id}".encode()


def _token(claims: dict[str, Any]) -> Token:
    access = tuple(
        Access(Resource(one["type"]), one["name"], frozenset(Action(a) for a in one["actions"]))
        for one in claims["access"]
    )
    return Token(claims["sub"], access, datetime.fromtimestamp(claims["exp"], UTC))


def _invalid() -> AuthenticationRequiredError:
    return AuthenticationRequiredError(problem="invalid_token")
