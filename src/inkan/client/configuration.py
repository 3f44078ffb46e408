"""Inkan's own configuration file of a person: which registry commands talk to, and which regions there are."""

import json
from typing import Any

from inkan import strict_json
from inkan.client.environment import config_file
from inkan.client.private_file import write_private
from inkan.errors import JsonInvalidError, SettingInvalidError
from inkan.limits import API_BODY_BYTES


def read() -> dict[str, Any]:
    """Return what the file says; nothing where there is no file.

    Raises:
        SettingInvalidError: if there is one that cannot be used.
    """
    path = config_file()
    try:
        tree = strict_json.parse(path.read_bytes(), limit_bytes=API_BODY_BYTES)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingInvalidError(f"{path} cannot be read: {error.strerror}") from error
    except JsonInvalidError as error:
        raise SettingInvalidError(
            f"{path} is not what inkan wrote; remove it and log in again: inkan login HOST"
        ) from error
    if not isinstance(tree, dict):
        raise SettingInvalidError(f"{path} is not what inkan wrote; remove it and log in again: inkan login HOST")  # fmt: skip
    return tree


def write(**changes: object) -> None:
    """Change members of the file; nothing else in it is lost.

    Raises:
        SettingInvalidError: if what is there cannot be used.
        StorageUnavailableError: if the file cannot be written.
    """
    tree = {**read(), **changes}
    write_private(config_file(), json.dumps(tree, indent=2).encode() + b"\n")
