"""Key files that people bring and take away: made, loaded, listed, exported, and public halves.

Source: docker CLI, `cli/command/trust/key_generate.go`, `key_load.go`; spec § 3.3 and 3.4 of the trust protocol as measured.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from inkan import limits
from inkan.client.environment import docker_folder
from inkan.client.private_file import write_new
from inkan.errors import ConflictError, KeyInvalidError, NotFoundError, RequestInvalidError
from inkan.keys.folder import KeyFile, KeyFolder, signer_of
from inkan.keys.pem import KeyBlock, decrypt, parse_blocks
from inkan.oci.reference import Gun
from inkan.tuf.keys import KeyType, PublicKey
from inkan.tuf.sign import EcdsaSigner

_ROOT, _OF_A_COLLECTION = "root", ("targets", "snapshot", "timestamp")
_SIGNER = re.compile(r"[a-z0-9][a-z0-9_-]*\Z")


def docker_keys() -> KeyFolder:
    """Return the keys of docker's folder."""
    return KeyFolder(docker_folder() / "trust")


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
        write_new(public, block.to_text().encode())
    except ConflictError as error:
        raise ConflictError(f'public key file already exists: "{public}"') from error
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


def export(folder: KeyFolder, chosen: Sequence[KeyFile], path: Path) -> None:
    """Write keys into one new file as notary exports them: each under its own passphrase, with a header that says which it is.

    Raises:
        ConflictError: if the file is there already.
        KeyInvalidError: if a key has no passphrase: it would lie open in the file.
    """
    text = ""
    for one in chosen:
        block = folder.block(one.key_id)
        if not block.is_encrypted:
            raise KeyInvalidError(
                f"key {one.key_id[:12]} has no passphrase and is not exported; give it one: inkan trust key passwd {one.key_id[:12]}"
            )
        text += KeyBlock(block.kind, {**block.headers, "path": one.key_id}, block.body).to_text()
    write_new(path, text.encode())


def import_all(folder: KeyFolder, path: Path, role: str, gun: str, passphrase_of: Callable[[str, str, bool], str]) -> list[KeyFile]:  # fmt: skip
    """Keep every private key of a file; return what was kept. All of them are opened before the first is kept.

    Args:
        folder: where to.
        path: the file.
        role: what the keys are for, where their headers do not say it, or say it wrongly.
        gun: which collection they are for, likewise.
        passphrase_of: gives the passphrase of a key by its number and role; the last argument says whether it is for a new file.

    Raises:
        KeyInvalidError: if one holds no private key that signs here, or is a root key that lies open.
        PassphraseInvalidError: if a passphrase is wrong.
    """
    found = []
    for number, block in enumerate(read_blocks(path), 1):
        # headers are hints: a file is named after the key itself, and what it may sign is said by the collection's root
        said_role = role or block.role or "delegation"
        said_gun = gun or (block.gun if said_role in _OF_A_COLLECTION else "")
        if said_role == _ROOT and not block.is_encrypted:
            raise KeyInvalidError("only encrypted root keys may be imported")
        if said_role in _OF_A_COLLECTION:
            Gun.parse(said_gun)
        elif said_role != _ROOT:
            require_signer_name(said_role)
        secret = passphrase_of(f"key {number} of {path}", said_role, not block.is_encrypted)
        found.append((signer_of(decrypt(block, secret)), said_role, said_gun, secret))
    return [folder.add(signer, role, gun, secret) for signer, role, gun, secret in found]


def read_block(path: Path) -> KeyBlock:
    """Return the first PEM block of a file.

    Raises:
        KeyInvalidError: if it cannot be read, or holds none.
    """
    return read_blocks(path)[0]


def read_blocks(path: Path) -> list[KeyBlock]:
    """Return the PEM blocks of a file.

    Raises:
        KeyInvalidError: if it cannot be read, holds none, or more than anybody has.
    """
    try:
        content = path.read_bytes()[: limits.MIB].decode("ascii")
    except OSError as error:
        raise KeyInvalidError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise KeyInvalidError(f"provided file {path} is not a key in PEM form") from error
    blocks = parse_blocks(content)
    if len(blocks) > limits.KEYS_PER_FILE:
        raise KeyInvalidError(f"{path} holds more than {limits.KEYS_PER_FILE} keys")
    return blocks


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
