"""The pins of this machine and of this person, in files that can be handed out to a fleet.

```text
/etc/inkan/pins.json           for everybody here
~/.config/inkan/pins.json      a person's own, which wins name by name

{"pins": {"registry.test/team/*": {"keys": ["<64 hex>"], "ca": "<PEM>"}}, "trust_on_first_use": false}
```

A file that cannot be read is never "no pins": everything is refused until it is mended.
"""

import json
from pathlib import Path
from typing import Any

from inkan import limits, strict_json
from inkan.client.environment import config_file
from inkan.client.private_file import write_private
from inkan.errors import JsonInvalidError, SettingInvalidError
from inkan.tuf.pinning import Pin, Pins

SYSTEM = Path("/etc/inkan/pins.json")


def own_file() -> Path:
    """Return where a person's own pins are."""
    return config_file().with_name("pins.json")


def load() -> Pins:
    """Return all pins.

    Raises:
        SettingInvalidError: if a file is there and cannot be used.
    """
    pins: dict[str, Pin] = {}
    first_use = True
    for path in (SYSTEM, own_file()):
        tree = _read(path)
        first_use = first_use and tree.get("trust_on_first_use", True) is not False
        try:
            for pattern, one in tree.get("pins", {}).items():
                pins[pattern] = Pin(frozenset(one.get("keys", [])), str(one.get("ca", "")).encode())
        except (AttributeError, TypeError) as error:
            raise SettingInvalidError(f"{path} is no file of pins") from error
    return Pins(pins, first_use)


def add(pattern: str, keys: list[str]) -> Path:
    """Pin root keys for a pattern of names; return the file.

    Raises:
        SettingInvalidError: if the file cannot be used.
    """
    tree = _read(own_file())
    tree.setdefault("pins", {})[pattern] = {"keys": sorted(keys)}
    write_private(own_file(), json.dumps(tree, indent=2).encode() + b"\n")
    return own_file()


def _read(path: Path) -> dict[str, Any]:
    try:
        tree = strict_json.parse(path.read_bytes(), limit_bytes=limits.MIB)
    except FileNotFoundError:
        return {}
    except (OSError, JsonInvalidError) as error:
        raise SettingInvalidError(
            f"{path} cannot be read: {error}; nothing is trusted until it can"
        ) from error
    if not isinstance(tree, dict) or not tree:
        raise SettingInvalidError(f"{path} is no file of pins; nothing is trusted until it is")
    return tree
