"""Every setting of the server, and where its value came from.

A value comes from the last of these that names it: the default, the TOML file, the environment (`INKAN_…`), the flag. All mistakes
are reported at once, each with the place it stands in. Secrets have no flag and no TOML key: argv and files are read by others.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from inkan.errors import SettingInvalidError
from inkan.server.setting_table import TABLE
from inkan.server.setting_words import Address, Secret, Tls
from inkan.server.store_addresses import BucketAddress, DatabaseAddress


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one server; see `TABLE` for what each means."""

    data: Path
    database: DatabaseAddress | None
    blobs: BucketAddress | None
    blob_redirect: bool
    listen: Address
    trust_listen: Address | None
    proxies: tuple[str, ...]
    host: tuple[str, ...]
    regions: Mapping[str, str]
    max_connections: int
    stall_timeout: timedelta
    tls: Tls
    scheme: str
    log_level: str
    shutdown_grace: timedelta
    token_lifetime: timedelta
    upload_expiry: timedelta
    garbage_grace: timedelta
    trash_lifetime: timedelta
    webhook_allow_private: bool
    timestamp_lifetime: timedelta
    snapshot_lifetime: timedelta
    sso_issuer: str
    sso_client_id: str
    sso_scopes: str
    sso_account_claim: str
    sso_groups_claim: str
    sso_client_secret: Secret | None = None
    admin_password: Secret | None = None
    key_encryption_key: Secret | None = None
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def host_names(self) -> tuple[str, ...]:
        """Every host name the server answers for: the given ones first, then where it listens, then the loopback names."""
        listens = [a.host for a in (self.listen, self.trust_listen) if a]
        literal = [f"[{host}]" if ":" in host else host for host in listens]
        concrete = [host for host in literal if host not in ("0.0.0.0", "[::]")]  # noqa: S104
        return tuple(dict.fromkeys((*self.host, *concrete, "localhost", "127.0.0.1", "[::1]")))

    def shown(self) -> dict[str, str]:
        """Return every setting as text; secrets are masked."""
        return {row.name: _shown(getattr(self, row.name)) for row in TABLE}


def load(flags: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """Return the settings that flags, environment, file and defaults make together.

    Args:
        flags: by setting name; `None` and an empty tuple count as not given. `config` names the TOML file.
        environment: the process environment.

    Raises:
        SettingInvalidError: naming every setting that cannot be used, and where it stands.
    """
    mistakes: list[str] = []
    chosen: dict[str, tuple[str, str]] = {}
    for row in TABLE:
        if row.default is not None:
            chosen[row.name] = (row.default, "default")
    config = flags.get("config") or environment.get("INKAN_SERVER_CONFIG")
    if config:
        chosen.update(_from_file(Path(str(config)), mistakes))
    for row in TABLE:
        if text := environment.get(row.variable):
            chosen[row.name] = (text, f"environment {row.variable}")
        value = flags.get(row.name)
        if value is not None and value != ():
            chosen[row.name] = (_joined(value), f"flag --{row.name.replace('_', '-')}")
    values = _parsed(chosen, mistakes)
    mistakes += _clashes(values)
    if mistakes:
        raise SettingInvalidError("; ".join(mistakes))
    if not values["scheme"]:
        values["scheme"] = "http" if values["tls"].mode == "off" else "https"
    return Settings(**values, origins={name: origin for name, (_, origin) in chosen.items()})


def process_environment() -> Mapping[str, str]:
    """Return this process's environment."""
    return os.environ  # noqa: TID251 - the server's one place that reads it


def _parsed(chosen: Mapping[str, tuple[str, str]], mistakes: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for row in TABLE:
        if row.name not in chosen:
            continue
        text, origin = chosen[row.name]
        try:
            values[row.name] = row.parse(text)
        except ValueError as error:
            mistakes.append(f"{row.name} ({origin}): {error}")
    return values


def _clashes(values: Mapping[str, Any]) -> list[str]:
    """Return what is wrong between settings that are each right by themselves."""
    if values.get("database") and not values.get("key_encryption_key"):
        return [
            "key_encryption_key: servers that share a database seal keys under the same one: give it as INKAN_KEY_ENCRYPTION_KEY"
        ]
    if values.get("sso_issuer") and (
        not values.get("sso_client_id") or "openid" not in str(values.get("sso_scopes")).split()
    ):
        return ["sso_issuer: single sign-on needs `sso_client_id`, and `openid` in `sso_scopes`"]
    if values.get("blob_redirect") and not values.get("blobs"):
        return ["blob_redirect: pulls are sent to a bucket, and `blobs` names none"]
    return []


def _from_file(path: Path, mistakes: list[str]) -> dict[str, tuple[str, str]]:
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise SettingInvalidError(f"config: {path} cannot be read: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingInvalidError(f"config: {path} is not TOML: {error}") from error
    rows = {row.name: row for row in TABLE}
    found: dict[str, tuple[str, str]] = {}
    for key, value in tree.items():
        row = rows.get(key.replace("-", "_"))
        if row is None:
            mistakes.append(
                f"{key} (file {path}): there is no such setting; `inkan config show` lists them"
            )
        elif row.is_secret:
            mistakes.append(
                f"{key} (file {path}): secrets come by environment only, as {row.variable}"
            )
        elif not isinstance(value, str | int) and not (row.is_list and isinstance(value, list)):
            mistakes.append(f"{key} (file {path}): give it as text")
        else:
            found[row.name] = (_joined(value), f"file {path}")
    return found


def _joined(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(str(part) for part in value)
    return str(value)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={host}" for name, host in value.items())
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, timedelta):
        return f"{int(value.total_seconds())}s"
    return str(value)
