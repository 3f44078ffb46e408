"""Small documents from identity providers: over verified TLS, bounded in size and time, never redirected.

Plain HTTP is spoken with this very machine only, and addresses that describe a machine to itself are asked by nobody. The standard library's client runs in a thread: it is asked a few times in an hour.

Source: docs/adr/0014-single-sign-on.md.
"""

import asyncio
import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import SplitResult, urlencode, urlsplit

from inkan import strict_json
from inkan.errors import IdentityProviderError, JsonInvalidError
from inkan.limits import MIB

_SECONDS = 5
_ALL_SECONDS = 10
_PIECE = 64 * 1024


class Fetch(Protocol):
    """Gets a JSON object.

    1. With a form it is posted, without one it is got.
    2. Anything but a small JSON object raises `IdentityProviderError`.
    """

    async def __call__(
        self, url: str, form: Mapping[str, str] | None = None, authorization: str = ""
    ) -> dict[str, Any]:
        """Return the object at an address."""
        ...


async def fetch(
    url: str, form: Mapping[str, str] | None = None, authorization: str = ""
) -> dict[str, Any]:
    """Return the JSON object at an address.

    Raises:
        IdentityProviderError: if there is none.
    """
    return await asyncio.to_thread(_fetch, url, form, authorization)


def require_fetchable(url: str) -> SplitResult:
    """Return an address's parts, if it may be asked.

    Raises:
        ValueError: if it may not.
    """
    parts = urlsplit(url)
    if (
        not parts.hostname
        or parts.username
        or parts.fragment
        or not url.isprintable()
        or " " in url
    ):
        raise ValueError("use an address such as https://login.example.com")
    _ = parts.port
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise ValueError("use https; plain http is for this very machine")
    return parts


def _fetch(url: str, form: Mapping[str, str] | None, authorization: str) -> dict[str, Any]:
    where = url.partition("?")[0][:200]
    try:
        body = _ask(require_fetchable(url), form, authorization)
        tree = strict_json.parse(body, limit_bytes=MIB)
    except ssl.SSLCertVerificationError as error:
        raise IdentityProviderError(where, "its certificate is not vouched for") from error
    except (OSError, http.client.HTTPException, ValueError, JsonInvalidError) as error:
        raise IdentityProviderError(where, str(error)[:200] or "no answer") from error
    if not isinstance(tree, dict):
        raise IdentityProviderError(where, "its answer is no JSON object")
    return tree


def _ask(parts: SplitResult, form: Mapping[str, str] | None, authorization: str) -> bytes:
    connection = http.client.HTTPConnection(parts.hostname or "", _port(parts))
    connection.sock = line = _connect(parts)
    # not only each answer of the network has its time, all of them together have: a byte now and then holds no thread
    is_late = threading.Event()
    watch = threading.Timer(_ALL_SECONDS, _hang_up, (line, is_late))
    watch.start()
    headers = {"Accept": "application/json", "User-Agent": "inkan", "Accept-Encoding": "identity"}
    if authorization:
        headers["Authorization"] = authorization
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    body = None if form is None else urlencode(form)
    try:
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        connection.request("GET" if form is None else "POST", target, body, headers)
        with connection.getresponse() as response:
            answer = _read(response)
    except (OSError, http.client.HTTPException) as error:
        if is_late.is_set():
            raise ValueError("it answers too slowly") from error
        raise
    else:
        if is_late.is_set():
            raise ValueError("it answers too slowly")
        return answer
    finally:
        watch.cancel()
        connection.close()


def _connect(parts: SplitResult) -> socket.socket:
    problem = OSError("it has no address")
    host, port = parts.hostname or "", _port(parts)
    for *_, place in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        address = str(place[0])
        _require_asked(address, parts.scheme)
        try:
            # the very address that was looked at: a name that is asked for twice may answer twice
            line = socket.create_connection((address, port), timeout=_SECONDS)
        except OSError as error:
            problem = error
            continue
        if parts.scheme == "http":
            return line
        context = ssl.create_default_context()
        return context.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
    raise problem


def _require_asked(address: str, scheme: str) -> None:
    # an organisation's provider may well be in its own network; what describes a cloud's machine to itself never is one
    found = ip_address(address)
    plain = getattr(found, "ipv4_mapped", None) or found
    if plain.is_link_local or plain.is_multicast or plain.is_unspecified:
        raise ValueError(f"{address} is no address of a provider's")
    if scheme == "http" and not plain.is_loopback:
        raise ValueError("use https; plain http is for this very machine")


def _port(parts: SplitResult) -> int:
    return parts.port or (80 if parts.scheme == "http" else 443)


def _hang_up(line: socket.socket, is_late: threading.Event) -> None:
    is_late.set()
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _read(response: http.client.HTTPResponse) -> bytes:
    # its text is not repeated: an answer to a wrong code may hold it
    if response.status != http.client.OK:
        raise ValueError(f"it answers {response.status}")
    taken = bytearray()
    while piece := response.read1(_PIECE):
        taken += piece
        if len(taken) > MIB:
            raise ValueError("its answer is too large")
    return bytes(taken)


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
