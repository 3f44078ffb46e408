"""Small secrets at rest: each sealed under a data key of its own, which is wrapped by the key-encryption key.

```text
sealed = version (1 byte, 1) · wrapped data key (40 bytes, AES-KW) · nonce (12 bytes) · ciphertext and tag (AES-256-GCM)
```

What a secret is for is bound into its seal: a row copied to another place does not open. Renewing the key-encryption key means wrapping the data
keys anew, not touching the secrets.

Source: RFC 3394 (AES key wrap); NIST SP 800-38D (GCM).
"""

import base64
import binascii
import os
import stat
from pathlib import Path
from typing import NewType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from inkan.errors import DataFolderError, KeyUnreadableError, SettingInvalidError

KeyEncryptionKey = NewType("KeyEncryptionKey", bytes)

KEY_BYTES = 32
_VERSION = b"\x01"
_WRAPPED_BYTES = KEY_BYTES + 8
_NONCE_BYTES = 12


def seal(key: KeyEncryptionKey, secret: bytes, purpose: bytes) -> bytes:
    """Return `secret` encrypted; it opens only with the same key and the same purpose."""
    data_key, nonce = os.urandom(KEY_BYTES), os.urandom(_NONCE_BYTES)
    ciphertext = AESGCM(data_key).encrypt(nonce, secret, purpose)
    return _VERSION + aes_key_wrap(key, data_key) + nonce + ciphertext


def open_sealed(key: KeyEncryptionKey, sealed: bytes, purpose: bytes) -> bytes:
    """Return what was sealed.

    Raises:
        KeyUnreadableError: if the key is another, or the seal was damaged or made for another purpose.
    """
    wrapped, rest = sealed[1 : 1 + _WRAPPED_BYTES], sealed[1 + _WRAPPED_BYTES :]
    if sealed[:1] != _VERSION or len(rest) < _NONCE_BYTES:
        raise KeyUnreadableError("a sealed key has a form that is not known here")
    try:
        data_key = aes_key_unwrap(key, wrapped)
        return AESGCM(data_key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], purpose)
    except (InvalidTag, InvalidUnwrap, ValueError) as error:
        raise KeyUnreadableError(
            "a private key cannot be opened: is key_encryption_key the one it was sealed under?"
        ) from error


def parse_key_encryption_key(text: str) -> KeyEncryptionKey:
    """Return the key that 64 hexadecimal digits, or the base64 of 32 bytes, spell.

    Raises:
        SettingInvalidError: if the text spells none.
    """
    try:
        key = (
            bytes.fromhex(text)
            if len(text) == 2 * KEY_BYTES
            else base64.b64decode(text, validate=True)
        )
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingInvalidError(
            "key_encryption_key: give 64 hexadecimal digits, or 32 bytes as base64"
        )
    return KeyEncryptionKey(key)


def load_key_encryption_key(path: Path) -> KeyEncryptionKey:
    """Return the key kept at `path`, made at the first start.

    Raises:
        DataFolderError: if the file cannot be read or written, is not a plain file, is open to others, or is no key.
    """
    try:
        if not os.path.lexists(path):
            _make(path)
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            key = file.read(KEY_BYTES + 1)
    except OSError as error:
        raise DataFolderError(f"data: {path} cannot be used: {error.strerror}") from error
    if not stat.S_ISREG(mode) or stat.S_IMODE(mode) & 0o077:
        raise DataFolderError(
            f"data: {path} must be a plain file that only its owner can read: chmod 600 it"
        )
    if len(key) != KEY_BYTES:
        raise DataFolderError(f"data: {path} is not a key; put the right one back")
    return KeyEncryptionKey(key)


def _make(path: Path) -> None:
    # written beside and linked into place: a crash leaves a whole key or none, and two starts agree on one
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(beside, path)
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
