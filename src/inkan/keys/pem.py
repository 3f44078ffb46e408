"""Private key files as docker and notary read and write them.

```text
-----BEGIN ENCRYPTED PRIVATE KEY-----
gun: registry.test/team/app          only for targets and snapshot keys
role: targets                        or root, or a signer's name

<base64 of a PKCS#8 EncryptedPrivateKeyInfo>
-----END ENCRYPTED PRIVATE KEY-----
```

PBES2 with PBKDF2-HMAC-SHA1 and AES-256-CBC, and nothing else: notary ignores what a file says of another hash and then calls the passphrase wrong. The rounds it does honour, so
ours are many. Go's plain keys have version 1 without what version 1 stands for, which other readers refuse; it is read as version 0, and written so.

Source: Notary v1, `tuf/utils/pkcs8.go`, `x509.go`; RFC 8018 § 6.2; RFC 5958.
"""

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import padding, serialization
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from inkan import limits
from inkan.errors import KeyInvalidError, PassphraseInvalidError
from inkan.keys import der

ENCRYPTED, PLAIN = "ENCRYPTED PRIVATE KEY", "PRIVATE KEY"
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----\n(.*?)\n?-----END \1-----\n?", re.DOTALL)
_HEADER = re.compile(r"([A-Za-z-]{1,40}): ([^\n]{0,1024})\Z")
_PBES2, _PBKDF2 = der.oid("1.2.840.113549.1.5.13"), der.oid("1.2.840.113549.1.5.12")
_AES_256_CBC, _SHA1 = der.oid("2.16.840.1.101.3.4.1.42"), der.oid("1.2.840.113549.2.7")


@dataclass(frozen=True, slots=True)
class KeyBlock:
    """One PEM block: its type, its headers, and its bytes, which do not show."""

    kind: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def role(self) -> str:
        """What the key is for, as far as its file says; a hint, never a right."""
        return self.headers.get("role", "")

    @property
    def gun(self) -> str:
        """Which collection the key is for; empty for root and signer keys."""
        return self.headers.get("gun", "")

    @property
    def is_encrypted(self) -> bool:
        """Whether a passphrase is needed."""
        return self.kind == ENCRYPTED

    def to_text(self) -> str:
        """Return the block as it stands in a file, headers in order."""
        lines = [f"-----BEGIN {self.kind}-----"]
        lines += [f"{name}: {value}" for name, value in sorted(self.headers.items())]
        if self.headers:
            lines.append("")
        text = base64.b64encode(self.body).decode()
        lines += [text[n : n + 64] for n in range(0, len(text), 64)]
        return "\n".join([*lines, f"-----END {self.kind}-----"]) + "\n"


def parse_blocks(text: str) -> list[KeyBlock]:
    """Return every PEM block of a text.

    Raises:
        KeyInvalidError: if there is none, or one cannot be read.
    """
    blocks = [_block(kind, body) for kind, body in _BLOCK.findall(text.replace("\r\n", "\n"))]
    if not blocks:
        raise KeyInvalidError("the file holds no key in PEM form")
    return blocks


def encrypt(pkcs8: bytes, passphrase: str, headers: Mapping[str, str]) -> KeyBlock:
    """Return a private key under a passphrase, readable by docker and notary."""
    salt, iv = os.urandom(8), os.urandom(16)
    rounds = limits.KEY_ROUNDS
    padder = padding.PKCS7(128).padder()
    padded = padder.update(pkcs8) + padder.finalize()
    encryptor = Cipher(algorithms.AES(_derive(passphrase, salt, rounds)), modes.CBC(iv)).encryptor()
    secret = encryptor.update(padded) + encryptor.finalize()
    derivation = der.sequence(
        _PBKDF2, der.sequence(der.encode(der.OCTETS, salt), der.integer(rounds))
    )
    scheme = der.sequence(_AES_256_CBC, der.encode(der.OCTETS, iv))
    algorithm = der.sequence(_PBES2, der.sequence(derivation, scheme))
    return KeyBlock(ENCRYPTED, headers, der.sequence(algorithm, der.encode(der.OCTETS, secret)))


def decrypt(block: KeyBlock, passphrase: str) -> bytes:
    """Return the private key of a block in PKCS#8 form, not encrypted.

    Raises:
        PassphraseInvalidError: if the passphrase is wrong.
        KeyInvalidError: if the block is not of a form that is read here.
    """
    if not block.is_encrypted:
        return _normalised(block)
    outer = der.Reader(block.body).enter()
    algorithm = outer.enter()
    secret = outer.take(der.OCTETS)
    _require(algorithm.take(der.OID), _PBES2)
    parameters = algorithm.enter()
    derivation, scheme = parameters.enter(), parameters.enter()
    _require(derivation.take(der.OID), _PBKDF2)
    numbers = derivation.enter()
    salt, rounds = numbers.take(der.OCTETS), numbers.take_integer()
    if numbers.next_tag == der.INTEGER:
        numbers.take_integer()
    if numbers.next_tag == der.SEQUENCE:
        _require(numbers.enter().take(der.OID), _SHA1)
    _require(scheme.take(der.OID), _AES_256_CBC)
    iv = scheme.take(der.OCTETS)
    if not 0 < rounds <= limits.KEY_ROUNDS_MOST or len(iv) != 16 or len(secret) % 16:
        raise KeyInvalidError("a key file is not of the form that is read here")
    return _opened(secret, _derive(passphrase, salt, rounds), iv)


def _opened(secret: bytes, key: bytes, iv: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    padded = decryptor.update(secret) + decryptor.finalize()
    unpadder = padding.PKCS7(128).unpadder()
    try:
        plain = unpadder.update(padded) + unpadder.finalize()
        return _as_version_0(plain)
    except (ValueError, KeyInvalidError) as error:
        # one answer for a wrong passphrase and a changed file: neither is told from the other
        raise PassphraseInvalidError from error


def _derive(passphrase: str, salt: bytes, rounds: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha1", passphrase.encode(), salt, rounds, 32)


def _normalised(block: KeyBlock) -> bytes:
    """Return a plain key of any form that people have as PKCS#8."""
    if block.kind == PLAIN:
        return _as_version_0(block.body)
    if block.kind not in ("EC PRIVATE KEY", "RSA PRIVATE KEY") or "DEK-Info" in block.headers:
        raise KeyInvalidError("provided file is not a supported private key")
    bare = KeyBlock(block.kind, {}, block.body).to_text().encode()
    try:
        key = serialization.load_pem_private_key(bare, None)
    except (ValueError, TypeError) as error:
        raise KeyInvalidError("provided file is not a supported private key") from error
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _as_version_0(plain: bytes) -> bytes:
    reader = der.Reader(plain).enter()
    if reader.take_integer() not in (0, 1):
        raise KeyInvalidError("a key file is not of the form that is read here")
    algorithm, key = reader.take(der.SEQUENCE), reader.take(der.OCTETS)
    return der.sequence(
        der.integer(0), der.encode(der.SEQUENCE, algorithm), der.encode(der.OCTETS, key)
    )


def _require(found: bytes, element: bytes) -> None:
    if der.encode(der.OID, found) != element:
        raise KeyInvalidError("a key file is encrypted in a way that is not read here")


def _block(kind: str, text: str) -> KeyBlock:
    head, gap, rest = text.partition("\n\n")
    headers: dict[str, str] = {}
    if gap or ":" in head:
        for line in head.split("\n"):
            match = _HEADER.match(line)
            if not match:
                raise KeyInvalidError("a key file has a header that cannot be read")
            headers[match[1]] = match[2]
    else:
        rest = text
    try:
        return KeyBlock(kind, headers, base64.b64decode("".join(rest.split()), validate=True))
    except binascii.Error as error:
        raise KeyInvalidError("a key file is not base64 within") from error
