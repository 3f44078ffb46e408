"""Key files that people bring and take away: made, loaded, listed, exported, and public halves.

Source: docker CLI, `cli/command/trust/key_generate.go`, `key_load.go`; spec § 3.3 and 3.4 of the trust protocol as measured.
"""

import os
import re
from pathlib import Path

from inkan import limits
from inkan.errors import ConflictError, KeyInvalidError, NotFoundError, RequestInvalidError
from inkan.keys.folder import KeyFile, KeyFolder, signer_of
from inkan.keys.pem import KeyBlock, decrypt, parse_blocks
from inkan.tuf.keys import KeyType, PublicKey
from inkan.tuf.sign import EcdsaSigner

_SIGNER = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")


def generate(
    folder: KeyFolder, name: str, directory: Path, passphrase: str
) -> tuple[KeyFile, Path]:
    """Make a signer's key; return its file and that of its public half.

    Raises:
        RequestInvalidError: if the name can be no signer's.
        NotFoundError: if there is no such directory.
        ConflictError: if the public key's file is there already.
    """
    require_signer_name(name)
    public = directory / f"{name}.pub"
    if not directory.is_dir():
        raise NotFoundError(f'public key path does not exist: "{directory}"')
    signer = EcdsaSigner.generate()
    block = KeyBlock("PUBLIC KEY", {"role": name}, signer.public_key.public)
    try:
        descriptor = os.open(public, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConflictError(f'public key file already exists: "{public}"') from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(block.to_text())
    return folder.add(signer, name, "", passphrase), public


def load(folder: KeyFolder, name: str, path: Path, old: str, new: str) -> KeyFile:
    """Keep a private key from a file under a passphrase of its own.

    Raises:
        RequestInvalidError: if the name can be no signer's.
        KeyInvalidError: if the file holds no private key that signs here, or others can read it.
        PassphraseInvalidError: if the file's own passphrase is wrong.
    """
    require_signer_name(name)
    block = read_block(path)
    if path.stat().st_mode & 0o077:
        raise KeyInvalidError(
            f"refusing to load key from {path}: private key file {path} must not be readable or writable by others"
        )
    return folder.add(signer_of(decrypt(block, old)), name, "", new)


def read_block(path: Path) -> KeyBlock:
    """Return the first PEM block of a file.

    Raises:
        KeyInvalidError: if it cannot be read, or holds none.
    """
    try:
        content = path.read_bytes()[: limits.MIB].decode("ascii")
    except OSError as error:
        raise KeyInvalidError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise KeyInvalidError(f"provided file {path} is not a key in PEM form") from error
    return parse_blocks(content)[0]


def read_public_key(path: Path) -> PublicKey:
    """Return the public key of a file: a bare one, or the one in a certificate.

    Raises:
        KeyInvalidError: if it holds none.
    """
    block = read_block(path)
    if block.kind == "CERTIFICATE":
        return _certified(block)
    if block.kind != "PUBLIC KEY":
        raise KeyInvalidError(
            f"could not parse public key from file: {path}: no valid public key found"
        )
    for kind in (KeyType.ECDSA, KeyType.RSA):
        try:
            return PublicKey(kind, block.body)
        except KeyInvalidError as error:
            reason = error
    raise KeyInvalidError(f"could not parse public key from file: {path}: {reason}")


def require_signer_name(name: str) -> None:
    """Return if a signer can be called that.

    Raises:
        RequestInvalidError: if not.
    """
    if not _SIGNER.match(name) or name == "releases":
        raise RequestInvalidError(
            f'key name "{name[:100]}" must start with lowercase alphanumeric characters and can include "-" or "_" after the first character'
        )


def _certified(block: KeyBlock) -> PublicKey:
    pem = block.to_text().encode()
    for kind in (KeyType.ECDSA_X509, KeyType.RSA_X509):
        try:
            return PublicKey(kind, pem)
        except KeyInvalidError as error:
            reason = error
    raise reason
