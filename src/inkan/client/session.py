"""Talking to one server as its API demands it: verified TLS, tokens where it asks for them, bounded bodies, deadlines, no surprises.

A password goes to the server that was named, and to the token service that it names over https; a token goes to the server alone. Redirects are followed for blobs only, without any
credential.

Source: Distribution project, Token Authentication Specification; RFC 7617; docs/explanation/house.md.
"""

import http.client
import re
import socket
import ssl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, quote, urlencode, urljoin, urlsplit

from inkan import limits, strict_json
from inkan.client.certificates import context_for
from inkan.client.credentials import Credential, basic_pair
from inkan.client.problems import error_of
from inkan.client.whole_head import WholeHeadResponse
from inkan.errors import (
    AuthenticationRequiredError,
    BodyTooLargeError,
    JsonInvalidError,
    ServerUnreachableError,
)
from inkan.oci.reference import hostname

_SECONDS = 30
_ERROR_BYTES = 64 * limits.KIB
_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_REDIRECTS = 3
_MOVED = (301, 302, 303, 307, 308)
Body = bytes | Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose body was read whole."""

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


@dataclass(frozen=True, slots=True)
class Expect:
    """What may come back.

    Attributes:
        cap: the largest body that is read, in bytes.
        accept: statuses of 300 and more that are answers, not errors.
    """

    cap: int = limits.METADATA_FILE_BYTES
    accept: tuple[int, ...] = ()


EXPECTED = Expect()


@dataclass(slots=True)
class Session:
    """One server, asked as one user, or as nobody.

    Attributes:
        url: scheme, host and perhaps a path prefix; no slash at its end.
        deadline_seconds: how long one answer may take in all, however it dribbles.
        is_own_realm_only: whether the password goes to this server's own token service and to no other.
    """

    url: str
    credential: Credential | None = None
    deadline_seconds: float = 120
    is_own_realm_only: bool = False
    _tokens: dict[str, str] = field(default_factory=dict)
    _kept: http.client.HTTPConnection | None = None

    @property
    def host(self) -> str:
        """Host and port of the server."""
        return urlsplit(self.url).netloc

    def lane(self) -> "Session":
        """Return a session beside this one, with a connection of its own and the same log-in: one for each thread."""
        return replace(self, _kept=None)

    def call(self, method: str, path: str, scope: str = "", *, body: Body = b"", headers: Mapping[str, str] | None = None,
             expect: Expect = EXPECTED) -> Reply:  # fmt: skip
        """Return the answer to a request, logged in as far as the server asks for it.

        Args:
            method: of HTTP.
            path: of the server, from its first slash.
            scope: what a token is asked for, should one be needed.
            body: sent as it is; an iterable of pieces can be sent once only, so a token is fetched first.
            headers: more fields.
            expect: how large an answer may be, and which statuses are answers.

        Raises:
            InkanError: what the server refuses with, as the error it stands for.
            ServerUnreachableError: if it does not answer, or its certificate is not vouched for.
            BodyTooLargeError: if the answer is over the cap.
        """
        with self.open(
            method, path, scope, body=body, headers=headers, accept=expect.accept
        ) as response:
            fields = _fields(response)
            content = b"" if method == "HEAD" else self._read(response, expect.cap)
            return Reply(response.status, fields, content)

    @contextmanager
    def open(self, method: str, path: str, scope: str = "", *, body: Body = b"", headers: Mapping[str, str] | None = None,
             accept: tuple[int, ...] = ()) -> Iterator[http.client.HTTPResponse]:  # fmt: skip
        """Give the answer to a request, its body not yet read.

        Raises:
            InkanError: as `call` does.
        """
        given = dict(headers or {})
        if not isinstance(body, bytes):
            self._prepare(scope)
        with self._errors():
            if self.is_own_realm_only and self.credential and scope and scope not in self._tokens:
                # where tokens are is known, and a refusal first would cost each command a round trip
                self._tokens[scope] = (
                    f"Bearer {self._fetch_token({'realm': f'{self.url}/token'}, scope)}"
                )
            response = self._send(method, path, scope, body, given)
            if response.status == http.client.UNAUTHORIZED and self._learn(response, scope):
                response = self._send(method, path, scope, body, given)
            elsewhere: http.client.HTTPConnection | None = None
            if response.status in _MOVED and method == "GET" and "/blobs/" in path:
                response, elsewhere = self._follow(response, path, given)
            if response.status >= 300 and response.status not in accept:
                content = b"" if method == "HEAD" else response.read(_ERROR_BYTES)
                self.close()
                raise error_of(response.status, content)
            try:
                yield response
            finally:
                if elsewhere is not None:
                    elsewhere.close()
                if not response.isclosed():
                    # what was not read to its end would be taken for the next answer
                    self.close()

    def pieces(self, response: http.client.HTTPResponse) -> Iterator[bytes]:
        """Yield an answer's body piece by piece.

        Raises:
            ServerUnreachableError: if it stops before its end.
        """
        with self._errors():
            while piece := response.read(limits.PIECE_BYTES):
                yield piece
            if response.length:
                raise ServerUnreachableError(f"{self.url} broke off in the middle of an answer")

    def close(self) -> None:
        """Let the connection go."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    # --- one request ----------------------------------------------------------------------------

    def _send(self, method: str, path: str, scope: str, body: Body, headers: dict[str, str]) -> http.client.HTTPResponse:  # fmt: skip
        prefix = urlsplit(self.url).path
        fields = {**headers, "Accept-Encoding": "identity", "User-Agent": "inkan"}
        if token := self._tokens.get(scope):
            fields["Authorization"] = token
        for attempt in (1, 2):
            is_fresh = self._kept is None
            connection = self._kept or self._connect(self.url)
            self._kept = connection
            try:
                connection.request(method, prefix + path, body=body or None, headers=fields)
                return connection.getresponse()
            except (ConnectionError, http.client.BadStatusLine):
                # a kept connection may have been closed meanwhile; what could be sent twice is, and what only asks in any case
                self.close()
                is_question = method in ("GET", "HEAD")
                if attempt == 2 or not isinstance(body, bytes) or (is_fresh and not is_question):
                    raise
        raise AssertionError

    def _follow(
        self, response: http.client.HTTPResponse, path: str, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, http.client.HTTPConnection]:
        location = urljoin(self.url + path, response.getheader("Location") or "")
        response.read()
        for _ in range(_REDIRECTS):
            parts = urlsplit(location)
            if parts.scheme != "https" and parts.scheme != urlsplit(self.url).scheme:
                raise ServerUnreachableError(
                    f"{self.url} redirects to {parts.scheme}, which is not followed"
                )
            connection = self._connect(location)
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            wanted = {k: v for k, v in headers.items() if k.lower() in ("range", "accept")}
            connection.request("GET", target, headers={**wanted, "Accept-Encoding": "identity"})
            response = connection.getresponse()
            if response.status not in _MOVED:
                return response, connection
            connection.close()
            location = urljoin(location, response.getheader("Location") or "")
        raise ServerUnreachableError(f"{self.url} redirects without end")

    def _connect(self, url: str) -> http.client.HTTPConnection:
        parts = urlsplit(url)
        if parts.scheme == "http":
            made = http.client.HTTPConnection(parts.netloc, timeout=_SECONDS)
        else:
            default = None if ":" in parts.netloc.rpartition("]")[2] else 443
            context = context_for(parts.netloc)
            made = http.client.HTTPSConnection(parts.netloc, default, timeout=_SECONDS, context=context)  # fmt: skip
        made.response_class = WholeHeadResponse
        return made

    def _read(self, response: http.client.HTTPResponse, cap: int) -> bytes:
        if response.length is not None and response.length > cap:
            raise BodyTooLargeError(cap)
        until, taken = time.monotonic() + self.deadline_seconds, bytearray()
        while piece := response.read1(limits.PIECE_BYTES):
            taken += piece
            if len(taken) > cap:
                raise BodyTooLargeError(cap)
            if time.monotonic() > until:
                raise ServerUnreachableError(
                    f"{self.url} takes longer than {self.deadline_seconds:.0f} s for one answer"
                )
        if response.length:
            raise ServerUnreachableError(f"{self.url} broke off in the middle of an answer")
        return bytes(taken)

    # --- logging in -----------------------------------------------------------------------------

    def _prepare(self, scope: str) -> None:
        if scope not in self._tokens:
            self.call("GET", "/v2/", scope, expect=Expect(accept=(401, 403, 404)))

    def _learn(self, response: http.client.HTTPResponse, scope: str) -> bool:
        """Return whether there is something to send now that was not sent before."""
        challenge = response.getheader("WWW-Authenticate") or ""
        kind, before = challenge.partition(" ")[0].lower(), self._tokens.get(scope)
        basic = "" if self.credential is None else f"Basic {_pair(self.credential)}"
        if kind != "bearer" and (kind != "basic" or basic in ("", before)):
            # what it says is the answer, and its words are left for whoever tells the person
            return False
        response.read(_ERROR_BYTES)
        given = dict(_PARAMETER.findall(challenge))
        self._tokens[scope] = (
            basic if kind == "basic" else f"Bearer {self._fetch_token(given, scope)}"
        )
        return self._tokens[scope] != before

    def _fetch_token(self, challenge: Mapping[str, str], scope: str) -> str:
        realm = urlsplit(challenge.get("realm", ""))
        if realm.scheme != "https" and (realm.scheme, realm.netloc) != (
            urlsplit(self.url).scheme,
            self.host,
        ):
            raise ServerUnreachableError(
                f"{self.url} wants a password sent over {realm.scheme or 'nothing'}"
            )
        if self.is_own_realm_only and realm.netloc.lower() != self.host.lower():
            raise ServerUnreachableError(
                f"{self.url} is not an Inkan registry, or knows itself by another name"
            )
        wanted = scope or challenge.get("scope", "")
        reply = self._ask_for_token(realm, challenge.get("service", ""), wanted)
        if reply.status != http.client.OK:
            raise (
                error_of(reply.status, reply.body)
                if self.credential
                else AuthenticationRequiredError(wanted)
            )
        try:
            tree = strict_json.parse(reply.body, limit_bytes=limits.MIB)
            return str(tree.get("token") or tree["access_token"])
        except (JsonInvalidError, KeyError, AttributeError) as error:
            raise ServerUnreachableError(f"{realm.netloc} gives no token") from error

    def _ask_for_token(self, realm: SplitResult, service: str, wanted: str) -> Reply:
        other = Session(f"{realm.scheme}://{realm.netloc}", None, self.deadline_seconds)
        with closing(other):
            return self._ask_other_for_token(other, realm, service, wanted)

    def _ask_other_for_token(self, other: "Session", realm: SplitResult, service: str, wanted: str) -> Reply:  # fmt: skip
        expect = Expect(limits.MIB, (400, 401, 403))
        if self.credential is not None and self.credential.is_identity_token:
            form = {"grant_type": "refresh_token", "service": service, "client_id": "inkan"}
            form |= {"scope": wanted, "refresh_token": self.credential.password}
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            body = urlencode(form).encode()
            return other.call("POST", realm.path, body=body, headers=kind, expect=expect)
        query = f"service={quote(service)}"
        query += "".join(f"&scope={quote(one)}" for one in wanted.split(" ") if one)
        fields = {"Authorization": f"Basic {_pair(self.credential)}"} if self.credential else {}
        return other.call("GET", f"{realm.path}?{query}", headers=fields, expect=expect)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise ServerUnreachableError(
                f"the certificate of {self.host} is not vouched for ({error.verify_message}); get the server's ca.crt from its "
                f"administrator and log in with: inkan login {self.host} --ca ca.crt"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            self.close()
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise ServerUnreachableError(f"{self.url} does not answer: {reason}") from error


def is_plain_loopback(host: str) -> bool:
    """Return whether a registry on this very machine speaks plain HTTP, as docker allows there and nowhere else."""
    name = hostname(host).strip("[]")
    if not _is_loopback(name):
        return False
    port = urlsplit(f"https://{host}").port or 443
    context = ssl.create_default_context()
    # nothing is sent, and nothing believed, over this connection
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((name, port), _SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=name),
        ):
            return False
    except ssl.SSLError as error:
        return error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST")
    except OSError:
        return False


def _is_loopback(name: str) -> bool:
    # by the address, never by how the name begins: 127.example.com is anybody's
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def _fields(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


def _pair(credential: Credential) -> str:
    return basic_pair(credential.username, credential.password)
