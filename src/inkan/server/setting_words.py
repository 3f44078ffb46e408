"""What the text of a setting spells: addresses, durations, hosts, switches; each reading raises `ValueError` with the form to use."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

from inkan.access.oidc_http import require_fetchable

_DURATION = re.compile(r"(\d{1,9})(s|m|h|d)\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_HOST_NAME = re.compile(
    r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)(:\d{1,5})?\Z"
)
_REGION = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


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
        found[name] = parse_host(host)
    return found


def parse_optional_address(text: str) -> Address | None:
    """Return the address that a text spells, or nothing for `off`.

    Raises:
        ValueError: if it spells neither.
    """
    return None if text == "off" else parse_address(text)


def parse_host(text: str) -> str:
    """Return a host name with or without a port, in small letters.

    Raises:
        ValueError: if it is none.
    """
    if not _HOST_NAME.match(text):
        raise ValueError(
            f"{text!r} is not a host name; use registry.example.com or registry.example.com:5000"
        )
    return text.lower()


def parse_hosts(text: str) -> tuple[str, ...]:
    """Return the host names between the commas.

    Raises:
        ValueError: if one is none.
    """
    return tuple(parse_host(part.strip()) for part in text.split(",") if part.strip())


def parse_networks(text: str) -> tuple[str, ...]:
    """Return the networks and addresses between the commas, as networks.

    Raises:
        ValueError: if one is none, or has bits behind its mask.
    """
    return tuple(str(ip_network(part.strip())) for part in text.split(",") if part.strip())


def parse_tls(text: str) -> Tls:
    """Return how connections are encrypted.

    Raises:
        ValueError: if the text is neither a mode nor two paths.
    """
    if text in ("auto", "off"):
        return Tls(text)
    certificate, comma, key = text.partition(",")
    if not (comma and certificate and key):
        raise ValueError("use auto, off, or CERT,KEY with the paths of two PEM files")
    return Tls("files", Path(certificate), Path(key))


def parse_issuer(text: str) -> str:
    """Return an issuer that may be asked, or nothing.

    Raises:
        ValueError: if it may not, such as one without TLS.
    """
    if text:
        require_fetchable(text)
    return text


def one_of(*words: str) -> Callable[[str], str]:
    """Return a reading that takes these words and no others."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"use one of {', '.join(words)}")
        return text

    return parse
