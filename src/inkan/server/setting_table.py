"""The table of settings: one row each, with its default, what it means and how its text is read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkan.server.setting_words import (
    Secret,
    one_of,
    parse_address,
    parse_count,
    parse_duration,
    parse_hosts,
    parse_issuer,
    parse_networks,
    parse_optional_address,
    parse_regions,
    parse_switch,
    parse_tls,
)
from inkan.server.store_addresses import parse_blobs, parse_database

_LOG_LEVELS = ("debug", "info", "warning", "error")


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
        parse_optional_address,
    ),
    Row(
        "proxies",
        "",
        "Load balancers, as addresses or networks such as 10.0.0.0/24, whose `X-Forwarded-For` is believed.",
        parse_networks,
        is_list=True,
    ),
    Row(
        "host",
        "",
        "The names clients use for this server; the first is the one it gives out.",
        parse_hosts,
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
        "How many connections a listener holds at most; past that idle ones are closed, those first that never asked anything, then new ones are refused with 503. Never more than the process may have open files.",
        parse_count,
    ),
    Row(
        "stall_timeout",
        "10s",
        "When a connection is ended that is in the middle of a request or an answer and on which less than 1 KiB moves in that time.",
        parse_duration,
    ),
    Row("tls", "auto", "`auto` (own CA in the data folder), `off`, or `CERT,KEY`.", parse_tls),
    Row(
        "scheme",
        "",
        "How clients reach this server, `https` or `http`; empty follows `tls`. Behind a proxy that ends TLS: `https`.",
        one_of("", "https", "http"),
    ),
    Row(
        "log_level",
        "info",
        "How much is logged: debug, info, warning, error.",
        one_of(*_LOG_LEVELS),
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
        parse_issuer,
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
