r"""All keys and roots of trust of a person in one encrypted file.

```text
inkan-keys-1\n · salt (16 bytes) · nonce (12 bytes) · ciphertext and tag (AES-256-GCM)
```

The key is derived from a passphrase by scrypt with 128 MiB; within is a tar with the files as they are, each private key still under its own passphrase.

Source: RFC 7914 (scrypt); NIST SP 800-38D (GCM).
"""

import io
import os
import re
import tarfile
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from inkan import limits
from inkan.errors import PassphraseInvalidError, RequestInvalidError

_MAGIC = b"inkan-keys-1\n"
_SALT, _NONCE = 16, 12
_NAME = re.compile(r"(?:private/[0-9a-f]{64}\.key|tuf/[\w.:\-/]{1,400}/metadata/root\.json)\Z")
ARCHIVE_BYTES = 64 * limits.MIB


def seal(files: Mapping[str, bytes], passphrase: str) -> bytes:
    """Return an archive of files, by their names below docker's trust folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o600
            archive.addfile(member, io.BytesIO(content))
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    sealed = AESGCM(_derive(passphrase, salt)).encrypt(nonce, packed.getvalue(), _MAGIC)
    return _MAGIC + salt + nonce + sealed


def open_archive(archive: bytes, passphrase: str) -> dict[str, bytes]:
    """Return the files of an archive; only names that an archive of ours can have.

    Raises:
        RequestInvalidError: if it is no archive of ours.
        PassphraseInvalidError: if the passphrase is wrong, or the file was changed.
    """
    if not archive.startswith(_MAGIC) or len(archive) > ARCHIVE_BYTES:
        raise RequestInvalidError("the file is no backup of keys")
    rest = archive[len(_MAGIC) :]
    salt, nonce, sealed = rest[:_SALT], rest[_SALT : _SALT + _NONCE], rest[_SALT + _NONCE :]
    try:
        packed = AESGCM(_derive(passphrase, salt)).decrypt(nonce, sealed, _MAGIC)
    except (InvalidTag, ValueError) as error:
        raise PassphraseInvalidError from error
    files: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as unpacked:
        for member in unpacked:
            content = unpacked.extractfile(member)
            if content is None or not _NAME.match(member.name) or ".." in member.name:
                raise RequestInvalidError(f"a backup of keys does not hold {member.name[:100]!r}")
            files[member.name] = content.read()
    return files


def _derive(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**17, r=8, p=1).derive(passphrase.encode())
