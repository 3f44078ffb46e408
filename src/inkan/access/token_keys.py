"""The keys that sign tokens: a new one each month, and no client notices.

A new key is published to all servers before any of them signs with it, and an old one verifies until the last token it signed has ended. Every server looks for
keys each minute; so a key signs only from ten minutes after it was made.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from inkan.clock import Clock
from inkan.keys.sealing import KeyEncryptionKey, open_sealed, seal
from inkan.store.ports import TokenKeys
from inkan.store.records import TokenKeyRecord

SIGNS_AFTER = timedelta(minutes=10)
ROTATED_EVERY = timedelta(days=30)
# longer than any token lives, and than any server's clock is wrong
VERIFIES_FOR = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key that signs tokens."""

    key_id: str
    private: ec.EllipticCurvePrivateKey
    created_at: datetime


class TokenKeyRing:
    """The keys as they are now, newest first."""

    def __init__(self, keys: TokenKeys, key_encryption_key: KeyEncryptionKey, clock: Clock) -> None:
        self._keys = keys
        self._sealing = key_encryption_key
        self._clock = clock
        self._loaded: dict[str, TokenKey] = {}

    async def load(self) -> None:
        """Take up the keys as they are kept; the first is made if there is none.

        Raises:
            KeyUnreadableError: if a key cannot be opened with the key-encryption key at hand.
        """
        if not await self._keys.list():
            # of servers that start together one makes the key, and all load that one
            await self._keys.add_first(self._new_key())
        records = await self._keys.list()
        self._loaded = {
            one.key_id: self._loaded.get(one.key_id) or self._opened(one) for one in records
        }

    async def rotate(self) -> None:
        """Make a new key when it is time, and forget those that nothing is signed with any more."""
        await self.load()
        now, keys = self._clock.now(), self.keys
        if now - keys[0].created_at >= ROTATED_EVERY:
            await self._keys.add(self._new_key())
        for newer, older in pairwise(keys):
            if now - newer.created_at >= SIGNS_AFTER + VERIFIES_FOR:
                await self._keys.remove(older.key_id)
        await self.load()

    @property
    def keys(self) -> Sequence[TokenKey]:
        """Every key, newest first."""
        return list(self._loaded.values())

    @property
    def signing(self) -> TokenKey:
        """The newest key that every server knows by now."""
        now, keys = self._clock.now(), self.keys
        return next((one for one in keys if now - one.created_at >= SIGNS_AFTER), keys[-1])

    def find(self, key_id: str) -> ec.EllipticCurvePublicKey | None:
        """Return a public key of ours."""
        found = self._loaded.get(key_id)
        return found.private.public_key() if found else None

    def _opened(self, record: TokenKeyRecord) -> TokenKey:
        der = open_sealed(self._sealing, record.sealed, _purpose(record.key_id))
        key = serialization.load_der_private_key(der, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        return TokenKey(record.key_id, key, record.created_at)

    def _new_key(self) -> TokenKeyRecord:
        key_id = secrets.token_hex(16)
        der = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        sealed = seal(self._sealing, der, _purpose(key_id))
        return TokenKeyRecord(key_id, sealed, self._clock.now())


def _purpose(key_id: str) -> bytes:
    return f"token-key|{key_id}".encode()
