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
from inkan.errors import CertificateInvalidError, JsonInvalidError, SettingInvalidError
from inkan.tuf.certificates import bundle_certificates
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


def add(pattern: str, pin: Pin, file: Path | None = None) -> Path:
    """Pin for a pattern of names; return the file.

    Args:
        pattern: a name, or `HOST/PATH/*`.
        pin: root keys, or authorities in PEM form.
        file: which; the person's own where none is said.

    Raises:
        SettingInvalidError: if the file cannot be used, or an authority is no certificate.
    """
    path = file or own_file()
    tree = _read(path)
    entry: dict[str, Any] = {"keys": sorted(pin.keys)} if pin.keys else {}
    if pin.authorities:
        try:
            bundle_certificates(pin.authorities)
        except CertificateInvalidError as error:
            raise SettingInvalidError(f"the authority cannot be pinned: {error}") from error
        entry["ca"] = pin.authorities.decode()
    tree.setdefault("pins", {})[pattern] = entry
    write_private(path, json.dumps(tree, indent=2).encode() + b"\n")
    return path


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
