"""A person's private keys, exactly as docker and notary keep them.

```text
~/.docker/trust/private/<canonical key ID>.key      0600, in folders of 0700
```

A file's name says which key it holds, its headers what for; both are hints, and what is opened is compared with the name.

Source: Notary v1, `trustmanager/keystore.go`, `storage/filestore.go`.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from inkan import limits
from inkan.durable_file import sync_folder, write_durably
from inkan.errors import (
    ConflictError,
    KeyInvalidError,
    NotFoundError,
    StorageUnavailableError,
)
from inkan.keys.pem import KeyBlock, decrypt, encrypt, parse_blocks
from inkan.tuf.sign import EcdsaSigner, RsaSigner, Signer


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key at rest: what it is called, what for, and where."""

    key_id: str
    role: str
    gun: str
    path: Path


class KeyFolder:
    """The keys of one person.

    Args:
        trust: docker's trust folder, above `private`.
    """

    def __init__(self, trust: Path) -> None:
        self.path = trust / "private"

    def list(self) -> list[KeyFile]:
        """Return every key file, by name; files that are no keys are left out."""
        return list(self._files())

    def find(self, key_id: str) -> KeyFile | None:
        """Return the file of a key."""
        return next((one for one in self._files() if one.key_id == key_id), None)

    def open(self, key_id: str, passphrase: str) -> Signer:
        """Return a signer with a key.

        Raises:
            NotFoundError: if the key is not here.
            PassphraseInvalidError: if the passphrase is wrong.
            KeyInvalidError: if the file is not the key it is named for, or others can read it.
        """
        file = self.find(key_id)
        if file is None:
            raise NotFoundError(f"the private key {key_id[:12]} is not in {self.path}")
        self._require_private(file.path)
        signer = signer_of(decrypt(_read(file.path), passphrase))
        if signer.public_key.canonical_key_id != key_id:
            raise KeyInvalidError(f"{file.path} holds another key than it is named for")
        return signer

    def is_encrypted(self, key_id: str) -> bool:
        """Return whether a key needs a passphrase.

        Raises:
            NotFoundError: if the key is not here.
        """
        return self.block(key_id).is_encrypted

    def block(self, key_id: str) -> KeyBlock:
        """Return a key as its file has it, under its passphrase.

        Raises:
            NotFoundError: if the key is not here.
        """
        file = self.find(key_id)
        if file is None:
            raise NotFoundError(f"the private key {key_id[:12]} is not in {self.path}")
        return _read(file.path)

    def add(self, signer: Signer, role: str, gun: str, passphrase: str) -> KeyFile:
        """Keep a key under a passphrase; it is on the disk when this returns. A key that is here already stays as it is.

        Raises:
            StorageUnavailableError: if it cannot be kept.
        """
        key_id = signer.public_key.canonical_key_id
        headers = {"role": role, **({"gun": gun} if gun else {})}
        block = encrypt(signer.to_pkcs8(), passphrase, headers)
        path = self.path / f"{key_id}.key"
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(block.to_text())
                file.flush()
                os.fsync(file.fileno())
            sync_folder(self.path)
        except FileExistsError:
            pass
        except OSError as error:
            raise StorageUnavailableError(f"{path} cannot be written: {error.strerror}") from error
        return KeyFile(key_id, role, gun, path)

    def change_passphrase(self, key_id: str, old: str, new: str) -> None:
        """Put a key under another passphrase.

        Raises:
            NotFoundError: if the key is not here.
            PassphraseInvalidError: if the old passphrase is wrong.
            StorageUnavailableError: if the file cannot be written; the old one is then untouched.
        """
        signer, file = self.open(key_id, old), self.find(key_id)
        assert file is not None
        block = encrypt(signer.to_pkcs8(), new, _read(file.path).headers)
        self._replace(file.path, block.to_text().encode())

    def import_file(self, name: str, content: bytes) -> bool:
        """Keep a key file as it is, under its name; return whether it was new.

        Raises:
            ConflictError: if another file has that name.
            KeyInvalidError: if it is no key file.
        """
        path = self.path / name
        parse_blocks(content.decode("ascii"))
        if path.exists():
            if path.read_bytes() != content:
                raise ConflictError(f"{path} is there already, with something else in it")
            return False
        self._replace(path, content)
        return True

    def _replace(self, path: Path, content: bytes) -> None:
        try:
            write_durably(path, content, 0o600)
        except OSError as error:
            raise StorageUnavailableError(f"{path} cannot be written: {error.strerror}") from error

    def _files(self) -> Iterator[KeyFile]:
        if not self.path.is_dir():
            return
        for path in sorted(self.path.glob("*.key")):
            try:
                block = _read(path)
            except KeyInvalidError:
                continue
            yield KeyFile(path.stem, block.role, block.gun, path)

    @staticmethod
    def _require_private(path: Path) -> None:
        status = path.stat()
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyInvalidError(
                f"refusing to load key from {path}: others can read or write it; chmod 600 {path}"
            )
        if status.st_uid != os.geteuid():
            raise KeyInvalidError(f"refusing to load key from {path}: it belongs to somebody else")


def signer_of(pkcs8: bytes) -> EcdsaSigner | RsaSigner:
    """Return the signer of a private key in PKCS#8 form.

    Raises:
        KeyInvalidError: if it is of a kind that does not sign here.
    """
    try:
        key = serialization.load_der_private_key(pkcs8, None)
    except (ValueError, TypeError) as error:
        raise KeyInvalidError("a private key cannot be read") from error
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return EcdsaSigner(key)
    if isinstance(key, rsa.RSAPrivateKey):
        return RsaSigner(key)
    raise KeyInvalidError("a private key is neither ECDSA nor RSA")


def _read(path: Path) -> KeyBlock:
    try:
        content = path.read_bytes()[: limits.KEY_FILE_BYTES + 1]
    except OSError as error:
        raise KeyInvalidError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > limits.KEY_FILE_BYTES:
        raise KeyInvalidError(f"{path} is too large for a key")
    try:
        return parse_blocks(content.decode("ascii"))[0]
    except UnicodeDecodeError as error:
        raise KeyInvalidError(f"{path} is no key file") from error
