"""API keys: what robots log in with, and people who would rather not type their password.

A key is `ik_`, its ID, `_` and 256 random bits: too many to guess, so that a plain hash of them may be kept and failures need no slowing down. It is shown
once, when it is made.

Source: OWASP Authentication Cheat Sheet; NIST SP 800-63B § 5.1.1.2 (look-up secrets of enough entropy).
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from inkan.access.principals import Reach
from inkan.clock import Clock
from inkan.store.ports import ApiKeys
from inkan.store.records import ApiKeyRecord

_PREFIX = "ik"
# one durable write for each use would make every pull a write
_NOTED_EVERY = timedelta(hours=1)


class ApiKeyService:
    """Makes API keys, and says whose a key is."""

    def __init__(self, keys: ApiKeys, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def create(
        self, account: str, name: str, lifetime: timedelta | None, reach: Reach
    ) -> tuple[ApiKeyRecord, str]:
        """Make a key; return its record, and the key itself, which is kept nowhere.

        Args:
            account: whose it is.
            name: what people call it.
            lifetime: how long it is good; nothing for ever.
            reach: what it can be used for; the ID in it does not matter.
        """
        key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
        now = self._clock.now()
        record = ApiKeyRecord(
            key_id,
            account,
            name,
            _hash(secret),
            now,
            expires_at=now + lifetime if lifetime else None,
            roles=reach.roles,
            namespaces=reach.namespaces,
        )
        await self._keys.add(record)
        return record, f"{_PREFIX}_{key_id}_{secret}"

    async def list(self, account: str | None) -> Sequence[ApiKeyRecord]:
        """Return the keys of an account, or all."""
        return await self._keys.list(account)

    async def find(self, key_id: str) -> ApiKeyRecord | None:
        """Return a key, also one that has ended."""
        return await self._keys.find(key_id)

    async def revoke(self, key_id: str) -> None:
        """End a key.

        Raises:
            ApiKeyUnknownError: if there is no such key.
        """
        await self._keys.revoke(key_id, self._clock.now())

    async def find_usable(self, key_id: str) -> ApiKeyRecord | None:
        """Return a key that is good now."""
        key = await self._keys.find(key_id)
        return key if key is not None and _is_good(key, self._clock.now()) else None

    async def check(self, text: str) -> ApiKeyRecord | None:
        """Return the key that a text is, if it is good now."""
        prefix, _, rest = text.partition("_")
        key_id, _, secret = rest.partition("_")
        may_be = prefix == _PREFIX and key_id.isascii() and key_id.isalnum()
        key = await self.find_usable(key_id) if may_be else None
        right = hmac.compare_digest(_hash(secret), key.secret_sha256 if key else _hash(""))
        if key is None or not right:
            return None
        now = self._clock.now()
        if key.last_used_at is None or now - key.last_used_at >= _NOTED_EVERY:
            await self._keys.note_use(key.key_id, now)
        return key


def reach_of(key: ApiKeyRecord) -> Reach:
    """Return how far a key reaches."""
    return Reach(key.key_id, key.roles, key.namespaces, key.expires_at)


def _is_good(key: ApiKeyRecord, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or now < key.expires_at)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
