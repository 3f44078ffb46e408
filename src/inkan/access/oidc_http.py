"""Small documents from identity providers: over verified TLS, bounded in size and time, never redirected.

Plain HTTP is spoken with this very machine only. The standard library's client runs in a thread: it is asked a few times in an hour.

Source: docs/adr/0014-single-sign-on.md.
"""

import asyncio
import http.client
import ssl
import time
from collections.abc import Mapping
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
    until = time.monotonic() + _ALL_SECONDS
    host, port = parts.hostname or "", parts.port
    connection = (
        http.client.HTTPConnection(host, port, timeout=_SECONDS)
        if parts.scheme == "http"
        else http.client.HTTPSConnection(
            host, port, timeout=_SECONDS, context=ssl.create_default_context()
        )
    )
    headers = {"Accept": "application/json", "User-Agent": "inkan", "Accept-Encoding": "identity"}
    if authorization:
        headers["Authorization"] = authorization
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    body = None if form is None else urlencode(form)
    try:
        connection.request("GET" if form is None else "POST", target, body, headers)
        return _read(connection.getresponse(), until)
    finally:
        connection.close()


def _read(response: http.client.HTTPResponse, until: float) -> bytes:
    # its text is not repeated: an answer to a wrong code may hold it
    if response.status != http.client.OK:
        raise ValueError(f"it answers {response.status}")
    taken = bytearray()
    while piece := response.read1(_PIECE):
        taken += piece
        if len(taken) > MIB:
            raise ValueError("its answer is too large")
        if time.monotonic() > until:
            raise ValueError("it answers too slowly")
    return bytes(taken)


def _is_loopback(name: str) -> bool:
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False
