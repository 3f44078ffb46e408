"""HTTP to a registry: one request at a time, verified, capped, never redirected."""

import http.client
import re
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from inkan import strict_json
from inkan.client.certificates import context_for
from inkan.client.credentials import Credential
from inkan.client.problems import error_of
from inkan.client.targets import Target
from inkan.errors import JsonInvalidError, ServerUnreachableError
from inkan.limits import MIB

_SECONDS = 30
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def tree(self) -> Any:
        """Return the body's JSON.

        Raises:
            ServerUnreachableError: if it is none, so that this is no server of our kind.
        """
        try:
            return strict_json.parse(self.body, limit_bytes=len(self.body))
        except JsonInvalidError as error:
            raise ServerUnreachableError(
                "the server's answer is not one of an Inkan registry"
            ) from error


@dataclass(slots=True)
class Connection:
    """Talks to one registry as one user."""

    target: Target
    credential: Credential
    _tokens: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, scope: str, *, body: bytes = b"") -> Answer:
        """Return the answer to a request that needs `scope`.

        Raises:
            InkanError: whatever the server answers with, as the error it stands for.
            ServerUnreachableError: if it does not answer, or its certificate is not vouched for.
        """
        token = self._tokens.get(scope) or self._fetch_token(scope)
        answer = self._send(method, path, {"Authorization": f"Bearer {token}"}, body)
        if answer.status >= 300:
            raise error_of(answer.status, answer.body)
        return answer

    def _fetch_token(self, scope: str) -> str:
        ping = self._send("GET", "/v2/", {}, b"")
        challenge = dict(_PARAMETER.findall(ping.headers.get("www-authenticate", "")))
        realm = urlsplit(challenge.get("realm", ""))
        if (
            ping.status != http.client.UNAUTHORIZED
            or realm.netloc.lower() != self.target.host.lower()
        ):
            # a password goes to the host that the person named, and to no other
            raise ServerUnreachableError(
                f"{self.target.url} is not an Inkan registry, or knows itself by another name"
            )
        query = f"service={quote(challenge.get('service', ''))}&scope={quote(scope)}"
        pair = b64encode(f"{self.credential.username}:{self.credential.password}".encode()).decode()
        answer = self._send("GET", f"{realm.path}?{query}", {"Authorization": f"Basic {pair}"}, b"")
        if answer.status != http.client.OK:
            raise error_of(answer.status, answer.body)
        token = answer.tree().get("token", "")
        self._tokens[scope] = token
        return str(token)

    def _send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        connection = self._open()
        try:
            connection.request(method, path, body=body or None, headers=headers)
            response = connection.getresponse()
            content = response.read(64 * MIB)
            fields = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, fields, content)
        except ssl.SSLCertVerificationError as error:
            raise ServerUnreachableError(self._unverified(error.verify_message)) from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise ServerUnreachableError(f"{self.target.url} does not answer: {reason}") from error
        finally:
            connection.close()

    def _open(self) -> http.client.HTTPConnection:
        if self.target.scheme == "http":
            return http.client.HTTPConnection(self.target.host, timeout=_SECONDS)
        default = None if ":" in self.target.host.rpartition("]")[2] else 443
        context = context_for(self.target.host)
        return http.client.HTTPSConnection(
            self.target.host, default, timeout=_SECONDS, context=context
        )

    def _unverified(self, reason: str) -> str:
        return (
            f"the certificate of {self.target.host} is not vouched for ({reason}); get the server's ca.crt from its "
            f"administrator and log in with: inkan login {self.target.host} --ca ca.crt"
        )
