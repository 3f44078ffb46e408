"""Logging in by way of one's organisation: a passcode from a browser, or a browser that confirms this device.

What comes of it is a refresh token under the name `iamrefresh`: every client can send it as it sends a password, and the server can end it.

Source: RFC 8628 § 3.4, § 3.5; RFC 7009.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from inkan.client.credentials import REFRESH_NAME, Credential
from inkan.client.problems import error_of
from inkan.client.session import Expect, Session
from inkan.client.targets import Target
from inkan.errors import GrantInvalidError, ServerUnreachableError

_PASSCODE = "urn:inkan:params:oauth:grant-type:passcode"
_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Device:
    """A log-in that waits for a person.

    Attributes:
        code: what is asked with; shown to nobody.
        user_code: what the person types.
        url: where.
    """

    code: str
    user_code: str
    url: str
    interval_seconds: int
    lifetime_seconds: int


@dataclass(frozen=True, slots=True)
class SignedOn:
    """Who is logged in, and what is kept for it."""

    account: str
    credential: Credential


class SignOn:
    """Logs in to one registry."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._session = Session(target.url)

    @property
    def passcode_url(self) -> str:
        """Where a browser gets a passcode."""
        return f"{self._target.url}/sso/passcode"

    def redeem(self, passcode: str) -> SignedOn:
        """Return what a passcode is good for.

        Raises:
            DeniedError: if it is not good, or was used before.
        """
        status, tree, body = self._ask({"grant_type": _PASSCODE, "passcode": passcode})
        if status != 200:
            raise error_of(status, body)
        return _signed_on(tree)

    def begin(self) -> Device:
        """Return a new log-in for a browser elsewhere to confirm.

        Raises:
            NotFoundError: if the registry knows no single sign-on.
        """
        reply = self._session.call("POST", "/sso/device/code", headers=_FORM)
        tree = reply.tree()
        try:
            return Device(
                str(tree["device_code"]),
                str(tree["user_code"]),
                str(tree["verification_uri"]),
                max(1, int(tree.get("interval", 5))),
                int(tree["expires_in"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ServerUnreachableError(
                "the server's answer is not one of an Inkan registry"
            ) from error

    def wait(self, device: Device, sleep: Callable[[float], None] = time.sleep) -> SignedOn:
        """Return when the person has confirmed.

        Raises:
            DeniedError: if nobody does in time.
        """
        interval, waited = device.interval_seconds, 0
        while waited < device.lifetime_seconds:
            sleep(interval)
            waited += interval
            status, tree, body = self._ask({"grant_type": _DEVICE, "device_code": device.code})
            if status == 200:
                return _signed_on(tree)
            if tree.get("error") == "slow_down":
                interval += 5
            elif tree.get("error") != "authorization_pending":
                raise error_of(status, body)
        raise GrantInvalidError

    def end(self, credential: Credential) -> bool:
        """End what was kept of a log-in, at the server; return whether it was something that ends there.

        Raises:
            InkanError: if it cannot be ended now.
        """
        if credential.username != REFRESH_NAME and not credential.is_identity_token:
            return False
        hint = {"token": credential.password, "token_type_hint": "refresh_token"}
        self._session.call("POST", "/token/revoke", body=urlencode(hint).encode(), headers=_FORM)
        return True

    def _ask(self, form: dict[str, str]) -> tuple[int, dict[str, Any], bytes]:
        expect = Expect(accept=(400, 401, 403, 429))
        body = urlencode({**form, "client_id": "inkan"}).encode()
        reply = self._session.call("POST", "/token", body=body, headers=_FORM, expect=expect)
        tree = reply.tree()
        return reply.status, tree if isinstance(tree, dict) else {}, reply.body


def _signed_on(tree: dict[str, Any]) -> SignedOn:
    try:
        return SignedOn(str(tree["account"]), Credential(REFRESH_NAME, str(tree["refresh_token"])))
    except KeyError as error:
        raise ServerUnreachableError(
            "the server's answer is not one of an Inkan registry"
        ) from error
