"""How the way to a PostgreSQL server is protected, from where every client of PostgreSQL looks for it.

In order: the address (`?sslmode=…&sslrootcert=…&sslcert=…&sslkey=…`), then `PGSSLMODE`, `PGSSLROOTCERT`, `PGSSLCERT`, `PGSSLKEY`. Over a network the default is `verify-full`, unlike elsewhere: the
password and every fact would go to whoever answers. The authorities are those of `sslrootcert`, else the system's. On this machine (loopback, a socket) nobody is in between, and nothing is asked for.

Source: PostgreSQL 15, chapters 34.1.2 (parameter key words), 34.15 (environment variables), 34.16 (the password file), 34.19 (SSL support).
"""

import ipaddress
import ssl
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from inkan.errors import SettingInvalidError
from inkan.server.store_addresses import DatabaseAddress

_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_UNVERIFIED = ("disable", "allow", "prefer")


def database_tls(address: DatabaseAddress, environment: Mapping[str, str]) -> ssl.SSLContext | None:
    """Return what a connection is encrypted by and the server recognised by; nothing where the address asks for less than encryption.

    Raises:
        SettingInvalidError: if a file that is named cannot be used, or a mode is none.
    """
    given = _Given(address, environment)
    mode = given.find("sslmode", "PGSSLMODE") or ("verify-full" if given.is_far else "prefer")
    if mode not in _MODES:
        raise SettingInvalidError(f"database: sslmode {mode!r}: use one of {', '.join(_MODES)}")
    _require_private(environment.get("PGPASSFILE"))
    if mode in _UNVERIFIED:
        return None
    authorities = given.find("sslrootcert", "PGSSLROOTCERT")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = mode == "verify-full"
    if mode == "require" and not authorities:
        context.verify_mode = ssl.CERT_NONE
    _trust(context, authorities)
    _identify(context, given.find("sslcert", "PGSSLCERT"), given.find("sslkey", "PGSSLKEY"))
    return context


class _Given:
    def __init__(self, address: DatabaseAddress, environment: Mapping[str, str]) -> None:
        self._parts = urlsplit(address.text)
        self._query = parse_qs(self._parts.query)
        self._environment = environment

    def find(self, word: str, variable: str) -> str:
        """Return what the address says, else the environment."""
        return self._query.get(word, [""])[-1] or self._environment.get(variable, "")

    @property
    def is_far(self) -> bool:
        """Whether any server that may be connected to is another machine, as far as can be seen."""
        # a service file may name any host
        if self.find("service", "PGSERVICE"):
            return True
        return any(not _is_here(host) for host in self._hosts())

    def _hosts(self) -> Iterator[str]:
        spelled = self._parts.netloc.rpartition("@")[2] or self.find("host", "PGHOST")
        for one in filter(None, spelled.split(",")):
            host = unquote(one)
            if host.startswith("["):
                yield host[1:].partition("]")[0]
            else:
                yield host if host.startswith("/") else host.partition(":")[0]


def _is_here(host: str) -> bool:
    if host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _trust(context: ssl.SSLContext, authorities: str) -> None:
    if authorities in ("", "system"):
        context.load_default_certs()
        return
    try:
        context.load_verify_locations(authorities)
    except (OSError, ValueError) as error:
        raise _unusable("sslrootcert", authorities, error) from error


def _identify(context: ssl.SSLContext, certificate: str, key: str) -> None:
    if not certificate:
        return
    try:
        # a key that asks for a passphrase is refused: nobody is there to type it
        context.load_cert_chain(certificate, key or None, password=lambda: b"")
    except (OSError, ValueError) as error:
        raise _unusable("sslcert", f"{certificate} with {key or 'no sslkey'}", error) from error


def _require_private(path: str | None) -> None:
    """Say what PostgreSQL's clients leave unsaid: a password file that others may read is passed over."""
    if not path:
        return
    try:
        is_open = stat.S_IMODE(Path(path).stat().st_mode) & 0o077
    except OSError as error:
        raise _unusable("PGPASSFILE", path, error) from error
    if is_open:
        raise SettingInvalidError(f"PGPASSFILE: others may read {path}: chmod 0600 {path}")


def _unusable(what: str, path: str, error: Exception) -> SettingInvalidError:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or "it is no PEM file"  # fmt: skip
    return SettingInvalidError(f"database: {what} {path} cannot be used: {reason}")
