"""Tokens of identity providers, verified against the keys that their issuer publishes, and no others.

Algorithms with a shared secret are not among those accepted, so a public key is never taken for one; where a key lies is never taken from the token.

Source: OpenID Connect Core 1.0 § 3.1.3.7, Discovery 1.0 § 3, § 4.3; RFC 8725.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from inkan.access.oidc_http import Fetch, require_fetchable
from inkan.clock import Clock
from inkan.errors import IdentityInvalidError, IdentityProviderError
from inkan.limits import KIB

ALGORITHMS = ("ES256", "RS256", "PS256", "EdDSA")
TOKEN_CHARACTERS = 16 * KIB
_LEEWAY = timedelta(seconds=60)
_KEPT_SECONDS = 3600.0
# a key that is not known yet is looked for this often at most, whatever is thrown at us
_AGAIN_SECONDS = 30.0
_KEYS_MOST = 64
_RSA_BITS_LEAST = 2048


@dataclass(slots=True)
class _Known:
    configuration: Mapping[str, Any]
    keys: Mapping[str, jwt.PyJWK]
    at: float


@dataclass(slots=True)
class Issuers:
    """What issuers publish of themselves, fetched when it is needed and kept for an hour."""

    fetch: Fetch
    clock: Clock
    _known: dict[str, _Known] = field(default_factory=dict)

    async def configuration(self, issuer: str) -> Mapping[str, Any]:
        """Return an issuer's discovery document.

        Raises:
            IdentityProviderError: if it has none that can be used.
        """
        return (await self._get(issuer)).configuration

    async def verify(self, issuer: str, audience: str, text: str) -> Mapping[str, Any]:
        """Return what a token says, if this issuer signed it for this audience and it is good now.

        Raises:
            IdentityInvalidError: if not.
            IdentityProviderError: if the issuer's keys cannot be had.
        """
        key = await self._key(issuer, text)
        try:
            claims: dict[str, Any] = jwt.decode(
                text,
                key,
                algorithms=[str(key.algorithm_name)],
                audience=audience,
                issuer=issuer,
                # times are compared with our clock, below
                options={
                    "require": ["iss", "sub", "aud", "exp", "iat"],
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
            self._require_current(claims)
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, OSError) as error:
            raise IdentityInvalidError(_reason(error)) from error
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise IdentityInvalidError("it names nobody")
        _require_party(claims, audience)
        return claims

    async def _key(self, issuer: str, text: str) -> jwt.PyJWK:
        if len(text) > TOKEN_CHARACTERS:
            raise IdentityInvalidError("its token is too long")
        try:
            header = jwt.get_unverified_header(text)
        except (jwt.PyJWTError, ValueError) as error:
            raise IdentityInvalidError("it is no token") from error
        if header.get("alg") not in ALGORITHMS or "crit" in header:
            raise IdentityInvalidError("its algorithm is not one of " + ", ".join(ALGORITHMS))
        key_id = str(header.get("kid", ""))
        known = await self._get(issuer)
        if key_id not in known.keys and time.monotonic() - known.at > _AGAIN_SECONDS:
            known = await self._load(issuer)
        key = known.keys.get(key_id)
        if key is None or key.algorithm_name != header["alg"]:
            raise IdentityInvalidError("it is signed with no key of its issuer")
        return key

    def _require_current(self, claims: Mapping[str, Any]) -> None:
        now = self.clock.now()
        if now - _LEEWAY >= datetime.fromtimestamp(claims["exp"], UTC):
            raise ValueError("it has ended")
        for name in ("iat", "nbf"):
            if name in claims and datetime.fromtimestamp(claims[name], UTC) > now + _LEEWAY:
                raise ValueError("it is not good yet; compare the clocks")

    async def _get(self, issuer: str) -> _Known:
        known = self._known.get(issuer)
        if known is not None and time.monotonic() - known.at < _KEPT_SECONDS:
            return known
        return await self._load(issuer)

    async def _load(self, issuer: str) -> _Known:
        configuration = await self.fetch(issuer.rstrip("/") + "/.well-known/openid-configuration")
        if configuration.get("issuer") != issuer:
            raise IdentityProviderError(issuer, "it calls itself by another name")
        known = _Known(configuration, {}, time.monotonic())
        known.keys = _keys(issuer, await self.fetch(_address(issuer, configuration, "jwks_uri")))
        self._known[issuer] = known
        return known


def _address(issuer: str, configuration: Mapping[str, Any], name: str) -> str:
    try:
        url = str(configuration[name])
        require_fetchable(url)
    except (KeyError, ValueError) as error:
        raise IdentityProviderError(issuer, f"its {name} cannot be used") from error
    return url


def endpoint(issuer: str, configuration: Mapping[str, Any], name: str) -> str:
    """Return an address of the discovery document's.

    Raises:
        IdentityProviderError: if it has none that may be asked.
    """
    return _address(issuer, configuration, name)


def _keys(issuer: str, tree: Mapping[str, Any]) -> dict[str, jwt.PyJWK]:
    found, listed = {}, tree.get("keys")
    if not isinstance(listed, list) or len(listed) > _KEYS_MOST:
        raise IdentityProviderError(issuer, "its keys cannot be read")
    for one in listed:
        if not isinstance(one, dict) or one.get("use", "sig") != "sig" or one.get("kty") == "oct":
            continue
        try:
            key = jwt.PyJWK.from_dict(one)
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            continue  # of a kind that is not spoken here
        bits = getattr(key.key, "key_size", 0)
        if one["kty"] == "RSA" and bits < _RSA_BITS_LEAST:
            continue
        if key.algorithm_name in ALGORITHMS:
            found[str(one.get("kid", ""))] = key
    return found


def _require_party(claims: Mapping[str, Any], audience: str) -> None:
    party = claims.get("azp")
    many = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if many and party != audience:
        raise IdentityInvalidError("it is for several, and was not asked for by us")


def _reason(error: Exception) -> str:
    if isinstance(error, jwt.InvalidAudienceError):
        return "it is for somebody else"
    if isinstance(error, jwt.InvalidIssuerError):
        return "it comes from another issuer"
    if isinstance(error, jwt.InvalidSignatureError):
        return "its signature is wrong"
    return str(error)[:100] if isinstance(error, ValueError) else "its token is malformed"
