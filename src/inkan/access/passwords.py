"""Passwords: hashed with Argon2id, checked at one cost whoever asks.

Hashing runs in two worker threads, however many log in at once: memory and processor stay bounded, the rest waits. An unknown name costs a hash
too, so that the time of an answer tells nobody which names exist.

Source: RFC 9106; OWASP Password Storage (19 MiB, 2 passes, 1 lane).
"""

import asyncio
import hashlib
import hmac
import os
import unicodedata
from collections import OrderedDict
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from inkan import limits
from inkan.clock import Clock
from inkan.errors import RequestInvalidError

_MEMORY_KIB = 19 * 1024
_PASSES = 2
_AT_ONCE = 2
_REMEMBERED = 1_000
_REMEMBERED_FOR = timedelta(minutes=5)


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password in PHC form.

    Raises:
        RequestInvalidError: if the password is empty or longer than anybody's.
    """
    password = _normal(password)
    if not 0 < len(password.encode()) <= limits.PASSWORD_BYTES:
        raise RequestInvalidError(f"a password has 1 to {limits.PASSWORD_BYTES} bytes")
    kdf = Argon2id(
        salt=os.urandom(16), length=32, iterations=_PASSES, lanes=1, memory_cost=_MEMORY_KIB
    )
    return kdf.derive_phc_encoded(password.encode())


def verify_password(password: str, password_hash: str) -> bool:
    """Return whether a password is the one that was hashed."""
    try:
        Argon2id.verify_phc_encoded(_normal(password).encode(), password_hash)
    except (InvalidKey, ValueError):
        return False
    return True


def is_outdated(password_hash: str) -> bool:
    """Return whether a hash was made with less cost than is ours now."""
    return f"$m={_MEMORY_KIB},t={_PASSES},p=1$" not in password_hash


def _normal(password: str) -> str:
    """Return a password as one keyboard and another must both write it: an umlaut is one character, or a letter and two dots.

    Source: RFC 8265 § 4.2 (normalisation form C).
    """
    return unicodedata.normalize("NFC", password)


class PasswordChecker:
    """Checks passwords, a few at a time, and remembers for a few minutes what was right.

    docker sends its password with every token request. What is remembered is an HMAC under a key that this process made up, so memory holds nothing
    that helps elsewhere; a changed password or account changes the hash, and with it what is looked up.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._key = os.urandom(32)
        self._right: OrderedDict[bytes, datetime] = OrderedDict()
        self._nobody = hash_password(os.urandom(16).hex())

    def remembers(self, password: str, password_hash: str) -> bool:
        """Return whether a password was right for a hash a few minutes ago."""
        if len(password) > limits.PASSWORD_BYTES:
            return False
        until = self._right.get(self._mark(password, password_hash or self._nobody))
        return until is not None and self._clock.now() < until

    async def check(self, password: str, password_hash: str) -> bool:
        """Return whether a password is right; without a hash it is not, at the same cost."""
        if len(password) > limits.PASSWORD_BYTES:
            return False
        mark = self._mark(password, password_hash or self._nobody)
        async with self._slots:
            right = await asyncio.to_thread(
                verify_password, password, password_hash or self._nobody
            )
        if not right or not password_hash:
            return False
        self._right[mark] = self._clock.now() + _REMEMBERED_FOR
        if len(self._right) > _REMEMBERED:
            self._right.popitem(last=False)
        return True

    def _mark(self, password: str, password_hash: str) -> bytes:
        message = f"{len(password_hash)}:{password_hash}:{password}".encode()
        return hmac.new(self._key, message, hashlib.sha256).digest()
