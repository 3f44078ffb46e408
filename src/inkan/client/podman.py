"""Credentials where podman, skopeo and buildah keep them.

Source: containers/image, containers-auth.json(5).
"""

import json
import os
from pathlib import Path
from typing import Any

from inkan import strict_json
from inkan.client.credentials import Credential, entry_credential, entry_of
from inkan.client.environment import variable
from inkan.client.private_file import write_private
from inkan.errors import JsonInvalidError, SettingInvalidError
from inkan.limits import MIB


def auth_file() -> Path:
    """Return podman's file of credentials."""
    if chosen := variable("REGISTRY_AUTH_FILE"):
        return Path(chosen)
    folder = variable("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}"
    if not Path(folder).is_dir():
        folder = f"/run/containers/{os.getuid()}"
    return Path(folder) / "containers" / "auth.json"


def store(host: str, credential: Credential) -> Path:
    """Keep a credential where podman looks; return the file.

    Raises:
        SettingInvalidError: if the file there cannot be read.
        StorageUnavailableError: if it cannot be written.
    """
    file = auth_file()
    tree = _read(file)
    tree.setdefault("auths", {})[host] = entry_of(credential)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(file, json.dumps(tree, indent="\t").encode() + b"\n")
    return file


def find(host: str) -> Credential | None:
    """Return the credential for a registry.

    Raises:
        SettingInvalidError: if the file there cannot be read.
    """
    return entry_credential(_read(auth_file()).get("auths", {}).get(host), host)


def forget(host: str) -> bool:
    """Forget a credential; return whether there was one.

    Raises:
        SettingInvalidError: if the file there cannot be read.
        StorageUnavailableError: if it cannot be written.
    """
    file = auth_file()
    tree = _read(file)
    if tree.get("auths", {}).pop(host, None) is None:
        return False
    write_private(file, json.dumps(tree, indent="\t").encode() + b"\n")
    return True


def _read(file: Path) -> dict[str, Any]:
    try:
        tree = strict_json.parse(file.read_bytes(), limit_bytes=MIB)
    except FileNotFoundError:
        return {}
    except (OSError, JsonInvalidError) as error:
        raise SettingInvalidError(f"{file} cannot be used: {error}") from error
    if not isinstance(tree, dict) or not isinstance(tree.get("auths", {}), dict):
        raise SettingInvalidError(f"{file} holds no credentials")
    return tree
