"""Every setting of the server, and where its value came from.

A value comes from the last of these that names it: the default, the TOML file, the environment (`INKAN_…`), the flag. All mistakes
are reported at once, each with the place it stands in. Secrets have no flag and no TOML key: argv and files are read by others.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from inkan.access.oidc_http import require_fetchable
from inkan.errors import SettingInvalidError
from inkan.server.store_addresses import (
    BucketAddress,
    DatabaseAddress,
    parse_blobs,
    parse_database,
)

_DURATION = re.compile(r"(\d{1,9})(s|m|h|d)\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_HOST_NAME = re.compile(
    r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:\d{1,5})?\Z"
)
_REGION = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_LOG_LEVELS = ("debug", "info", "warning", "error")


class Secret:
    """A text that does not show itself, however it is printed."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "***"

    def reveal(self) -> str:
        """Return the text itself, for the one place that needs it."""
        return self._text


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Tls:
    """How connections are encrypted.

    Attributes:
        mode: `auto` (own CA in the data folder), `off`, or `files`.
        certificate: with `files`, the PEM file of the certificate and its chain.
        key: with `files`, the PEM file of its private key.
    """

    mode: str
    certificate: Path | None = None
    key: Path | None = None

    def __str__(self) -> str:
        return f"{self.certificate},{self.key}" if self.mode == "files" else self.mode


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


@dataclass(frozen=True, slots=True)
class Row:
    """One setting: its name, its default, what it means, and how its text is read.

    Attributes:
        name: the TOML key, the flag with `-` for `_`, and the `INKAN_…` variable in capitals.
        is_secret: only the environment may give it.
    """

    name: str
    default: str | None
    meaning: str
    parse: Callable[[str], Any]
    is_secret: bool = False
    is_list: bool = False

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"INKAN_{self.name.upper()}"


def parse_address(text: str) -> Address:
    """Return the address that `HOST:PORT`, `[IPV6]:PORT` or `:PORT` spells; port 0 lets the system choose.

    Raises:
        ValueError: if it spells none.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise ValueError("use HOST:PORT, such as 127.0.0.1:5000 or [::]:5000")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("put an IPv6 address in brackets, such as [::1]:5000")
    return Address(host or "0.0.0.0", int(port))  # noqa: S104 - what `:5000` means everywhere


def parse_duration(text: str) -> timedelta:
    """Return the duration that a number with s, m, h or d spells.

    Raises:
        ValueError: if it spells none.

    >>> parse_duration("30m")
    datetime.timedelta(seconds=1800)
    """
    match = _DURATION.match(text)
    if not match or match[1].strip("0") == "":
        raise ValueError("use a number above 0 and a unit, such as 30s, 15m, 24h or 14d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def parse_count(text: str) -> int:
    """Return the number above 0 that a text spells.

    Raises:
        ValueError: if it spells none.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise ValueError("use a whole number above 0")
    return int(text)


def parse_switch(text: str) -> bool:
    """Return whether a text says `true`.

    Raises:
        ValueError: if it says neither `true` nor `false`.
    """
    if text not in ("true", "false"):
        raise ValueError("use true or false")
    return text == "true"


def parse_regions(text: str) -> Mapping[str, str]:
    """Return host names by region.

    Raises:
        ValueError: if a part is not `NAME=HOST`.

    >>> parse_regions("eu=eu.example.com, us=us.example.com:5000")
    {'eu': 'eu.example.com', 'us': 'us.example.com:5000'}
    """
    found: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, host = part.partition("=")
        if not _REGION.match(name) or name in found:
            raise ValueError(f"{part!r}: use NAME=HOST, each name once, of a-z 0-9 and -")
        found[name] = _parse_host(host)
    return found


def _parse_optional_address(text: str) -> Address | None:
    return None if text == "off" else parse_address(text)


def _parse_host(text: str) -> str:
    if not _HOST_NAME.match(text):
        raise ValueError(
            f"{text!r} is not a host name; use registry.example.com or registry.example.com:5000"
        )
    return text.lower()


def _parse_hosts(text: str) -> tuple[str, ...]:
    return tuple(_parse_host(part.strip()) for part in text.split(",") if part.strip())


def _parse_networks(text: str) -> tuple[str, ...]:
    return tuple(str(ip_network(part.strip())) for part in text.split(",") if part.strip())


def _parse_tls(text: str) -> Tls:
    if text in ("auto", "off"):
        return Tls(text)
    certificate, comma, key = text.partition(",")
    if not (comma and certificate and key):
        raise ValueError("use auto, off, or CERT,KEY with the paths of two PEM files")
    return Tls("files", Path(certificate), Path(key))


def _parse_issuer(text: str) -> str:
    if text:
        require_fetchable(text)
    return text


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"use one of {', '.join(words)}")
        return text

    return parse


TABLE: tuple[Row, ...] = (
    Row("data", "./inkan-data", "The folder that everything is kept in.", Path),
    Row(
        "database",
        "",
        "Where facts are kept: `postgresql://USER@HOST:PORT/NAME`, without a password in it; empty for a database in the data folder. Over a network it is recognised by its certificate, by `?sslrootcert=FILE` or the system's authorities.",
        parse_database,
    ),
    Row(
        "blobs",
        "",
        "Where blobs are kept: `s3://BUCKET/PREFIX`; empty for the data folder.",
        parse_blobs,
    ),
    Row(
        "blob_redirect",
        "false",
        "With `blobs` in a bucket: whether a pull is sent there (`true`) or served from here (`false`).",
        parse_switch,
    ),
    Row(
        "listen",
        "127.0.0.1:5000",
        "Where registry, trust, tokens, health and metrics are served.",
        parse_address,
    ),
    Row(
        "trust_listen",
        "127.0.0.1:4443",
        "Where the trust API is served as well; `off` for nowhere.",
        _parse_optional_address,
    ),
    Row(
        "proxies",
        "",
        "Load balancers, as addresses or networks such as 10.0.0.0/24, whose `X-Forwarded-For` is believed.",
        _parse_networks,
        is_list=True,
    ),
    Row(
        "host",
        "",
        "The names clients use for this server; the first is the one it gives out.",
        _parse_hosts,
        is_list=True,
    ),
    Row(
        "regions",
        "",
        "The regions that commands are told of at log-in, `NAME=HOST` each: registries under short names, this one among them.",
        parse_regions,
        is_list=True,
    ),
    Row(
        "max_connections",
        "10000",
        "How many connections a listener holds at most; past that the longest idle ones are closed, then new ones are refused with 503. Never more than the process may have open files.",
        parse_count,
    ),
    Row(
        "stall_timeout",
        "10s",
        "When a connection is ended that is in the middle of a request or an answer and on which less than 1 KiB moves in that time.",
        parse_duration,
    ),
    Row("tls", "auto", "`auto` (own CA in the data folder), `off`, or `CERT,KEY`.", _parse_tls),
    Row(
        "scheme",
        "",
        "How clients reach this server, `https` or `http`; empty follows `tls`. Behind a proxy that ends TLS: `https`.",
        _one_of("", "https", "http"),
    ),
    Row(
        "log_level",
        "info",
        "How much is logged: debug, info, warning, error.",
        _one_of(*_LOG_LEVELS),
    ),
    Row("shutdown_grace", "10s", "How long SIGTERM waits for what is in flight.", parse_duration),
    Row("token_lifetime", "30m", "How long a bearer token is good for.", parse_duration),
    Row("upload_expiry", "24h", "How long an idle upload is kept.", parse_duration),
    Row(
        "garbage_grace",
        "24h",
        "How long a blob is kept that no manifest names: the most that lies between pushing a layer and pushing its image.",
        parse_duration,
    ),
    Row(
        "trash_lifetime",
        "30d",
        "How long a deleted image can be had back; its blobs are kept that long.",
        parse_duration,
    ),
    Row(
        "webhook_allow_private",
        "false",
        "Whether webhooks may lead into private networks and to this machine, and without TLS.",
        parse_switch,
    ),
    Row(
        "timestamp_lifetime",
        "14d",
        "How long a timestamp is good for; it is renewed at half of it.",
        parse_duration,
    ),
    Row(
        "snapshot_lifetime",
        "1095d",
        "How long a snapshot made here is good for; it is renewed at half of it.",
        parse_duration,
    ),
    Row(
        "sso_issuer",
        "",
        "The identity provider that people log in at, as it spells its issuer: `https://login.example.com`; empty for none.",
        _parse_issuer,
    ),
    Row("sso_client_id", "", "What this server is called at the identity provider.", str),
    Row(
        "sso_scopes",
        "openid profile email",
        "What the identity provider is asked for; `openid` has to be in it.",
        str,
    ),
    Row(
        "sso_account_claim",
        "preferred_username",
        "The claim that names an account when it is made at the first log-in.",
        str,
    ),
    Row(
        "sso_groups_claim",
        "groups",
        "The claim that names the groups somebody is in; groups that are not here are left out.",
        str,
    ),
    Row(
        "sso_client_secret",
        None,
        "The secret that the identity provider knows this server by; without it the server is a public client with PKCE.",
        Secret,
        is_secret=True,
    ),
    Row(
        "admin_password",
        None,
        "The first admin's password; without it a random one is kept in DATA/admin-password.",
        Secret,
        is_secret=True,
    ),
    Row(
        "key_encryption_key",
        None,
        "What private keys are sealed under, 32 bytes as hex or base64; without it DATA/key-encryption-key.",
        Secret,
        is_secret=True,
    ),
)


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
