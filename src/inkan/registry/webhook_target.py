"""Where a webhook may lead: not into the network that the server stands in, whatever a name resolves to (CVE-2020-13788 of Harbor).

The address is looked up once, checked, and connected to as it was checked: a name that means something else a moment later (DNS rebinding) gains nothing. An answer
that sends elsewhere is not followed.
"""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from inkan import limits
from inkan.errors import AccessDeniedError, RequestInvalidError, ServerUnreachableError

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a webhook's address."""

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str, *, allow_private: bool) -> "Target":
        """Return the target that an address spells.

        Raises:
            RequestInvalidError: if it cannot be one.
            AccessDeniedError: if it is a private address, as far as can be seen from its spelling.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError as error:
            raise RequestInvalidError("the webhook's address cannot be read") from error
        host = parts.hostname or ""
        if not (url.isascii() and url.isprintable()) or " " in url:
            raise RequestInvalidError("the webhook's address has characters that no address has")
        if len(url) > limits.WEBHOOK_URL_CHARACTERS:
            raise RequestInvalidError("the webhook's address is too long")
        if parts.scheme not in _PORTS or not host or not port:
            raise RequestInvalidError("a webhook's address is https://HOST[:PORT]/PATH")
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise RequestInvalidError("a webhook's address has no user, password or fragment")
        if parts.scheme == "http" and not allow_private:
            raise RequestInvalidError("a webhook's address begins with https://")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        target = cls(parts.scheme, host, port, path)
        literal = _literal(host)
        if not allow_private and literal is not None and not is_public(literal):
            raise _private(host)
        return target

    async def find_address(self, *, allow_private: bool) -> str:
        """Return an address that the host has now and that may be connected to.

        Raises:
            ServerUnreachableError: if it has none.
            AccessDeniedError: if one of them is private: none is then tried.
        """
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise ServerUnreachableError(f"{self.host} has no address") from error
        addresses = [str(one[4][0]) for one in found]
        if not addresses:
            raise ServerUnreachableError(f"{self.host} has no address")
        if not allow_private:
            for address in addresses:
                literal = _literal(address)
                if literal is None or not is_public(literal):
                    raise _private(self.host)
        return addresses[0]

    @property
    def authority(self) -> str:
        """The host and port as a `Host` field has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def is_public(address: _Address) -> bool:
    """Return whether an address is one of the internet at large, also where it is wrapped in another.

    >>> [is_public(ipaddress.ip_address(a)) for a in ("9.9.9.9", "10.0.0.1", "::ffff:127.0.0.1", "169.254.169.254")]
    [True, False, False, False]
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _literal(text: str) -> _Address | None:
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def _private(host: str) -> AccessDeniedError:
    return AccessDeniedError(
        f"{host} is in a private network; an operator can allow that: webhook_allow_private = true"
    )
