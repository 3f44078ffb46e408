"""What of a person's trust folder is worth keeping, and how it comes back.

Source: docker documentation, "Back up your root key"; S39 to S42 of the requirements.
"""

from pathlib import Path

from inkan import limits
from inkan.client.environment import docker_folder
from inkan.client.passphrases import Passphrases
from inkan.client.private_file import write_private
from inkan.errors import DeniedError, KeyInvalidError, NotFoundError, UntrustedError
from inkan.keys.folder import KeyFolder, signer_of
from inkan.keys.pem import decrypt, parse_blocks


def collect() -> dict[str, bytes]:
    """Return every private key and every cached root, by name below docker's trust folder.

    Raises:
        NotFoundError: if there is no key to back up.
    """
    trust = docker_folder() / "trust"
    paths = [one.path for one in KeyFolder(trust).list()]
    if not paths:
        raise NotFoundError(f"there is no key in {trust / 'private'}")
    paths += sorted((trust / "tuf").rglob("metadata/root.json"))
    return {str(path.relative_to(trust)): path.read_bytes()[: limits.MIB] for path in paths}


def put_back(files: dict[str, bytes]) -> int:
    """Put files back that are not here; return how many were new.

    Raises:
        ConflictError: if a key is here with something else in it.
    """
    trust, added = docker_folder() / "trust", 0
    folder = KeyFolder(trust)
    for name, content in files.items():
        if name.startswith("private/"):
            added += folder.import_file(Path(name).name, content)
        elif not (trust / name).exists():
            write_private(trust / name, content)
            added += 1
    return added


def check_keys(files: dict[str, bytes], passphrases: Passphrases) -> list[tuple[str, str, bool]]:
    """Return each key's ID and role, and whether it opens and is the one it is named for."""
    results = []
    for name, content in files.items():
        if not name.startswith("private/"):
            continue
        key_id = Path(name).stem
        block = parse_blocks(content.decode("ascii"))[0]
        try:
            secret = passphrases.of(key_id, block.role) if block.is_encrypted else ""
            signer = signer_of(decrypt(block, secret))
            results.append((key_id, block.role, signer.public_key.canonical_key_id == key_id))
        except (DeniedError, UntrustedError, KeyInvalidError):
            results.append((key_id, block.role, False))
    return results
