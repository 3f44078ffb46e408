"""Refresh tokens: what docker keeps instead of a password after `docker login`.

They are random, kept as hashes, good for a month, and end with a changed password or a disabled account. A client that
can keep a new one (`access_type=offline`) gets one at each use; the one before is then spent, and whoever shows it again has copied it: all of its
family end. docker keeps the first one for ever, so without being asked nothing is replaced.

Source: RFC 6749 § 6, § 10.4; RFC 9700 § 4.14.
"""

import hashlib
import secrets
from datetime import timedelta

from inkan.clock import Clock
from inkan.errors import GrantInvalidError
from inkan.store.ports import RefreshTokens
from inkan.store.records import RefreshTokenRecord

LIFETIME = timedelta(days=30)
_PREFIX = "ir_"


class RefreshTokenService:
    """Hands out refresh tokens and takes them back."""

    def __init__(self, tokens: RefreshTokens, clock: Clock) -> None:
        self._tokens = tokens
        self._clock = clock

    async def issue(self, account: str) -> str:
        """Return a new refresh token for an account."""
        text, record = self._made(account, secrets.token_hex(16))
        await self._tokens.add(record)
        return text

    async def redeem(self, text: str) -> str:
        """Return the account that a refresh token is for.

        Raises:
            GrantInvalidError: if it is not good, or no longer.
        """
        return (await self._require(text)).account

    async def rotate(self, text: str) -> str:
        """Return a new token in place of one that is then spent.

        Raises:
            GrantInvalidError: if it is not good, or was spent before.
        """
        old = await self._require(text)
        new, record = self._made(old.account, old.family)
        if not await self._tokens.replace(old.sha256, record):
            await self._tokens.revoke_family(old.family, self._clock.now())
            raise GrantInvalidError
        return new

    async def end(self, text: str) -> str:
        """End a token, whatever its state, and all that were handed out for it; return whose it is, and nothing where it is none."""
        token = await self._tokens.find(_hash(text)) if text.startswith(_PREFIX) else None
        if token is None:
            return ""
        await self._tokens.revoke_family(token.family, self._clock.now())
        return token.account

    async def revoke_all(self, account: str) -> None:
        """End every refresh token of an account."""
        await self._tokens.revoke_all(account, self._clock.now())

    async def prune(self) -> None:
        """Forget tokens that ended long ago."""
        await self._tokens.prune(self._clock.now() - LIFETIME)

    async def _require(self, text: str) -> RefreshTokenRecord:
        token = await self._tokens.find(_hash(text)) if text.startswith(_PREFIX) else None
        if token is None or token.revoked_at is not None:
            raise GrantInvalidError
        if token.replaced_at is not None:
            # two have it: the one it was handed to, and a thief; which of them this is cannot be known
            await self._tokens.revoke_family(token.family, self._clock.now())
            raise GrantInvalidError
        if self._clock.now() >= token.expires_at:
            raise GrantInvalidError
        return token

    def _made(self, account: str, family: str) -> tuple[str, RefreshTokenRecord]:
        text, now = f"{_PREFIX}{secrets.token_urlsafe(32)}", self._clock.now()
        return text, RefreshTokenRecord(_hash(text), family, account, now, now + LIFETIME)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
