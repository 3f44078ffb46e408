"""A trust server from the client's side: files by name, keys, publishing.

Source: Notary v1, HTTP API; `DOCKER_CONTENT_TRUST_SERVER` of the docker CLI.
"""

import http.client
import secrets
from collections.abc import Mapping

from inkan import limits, strict_json
from inkan.client import credentials, targets
from inkan.client.environment import variable
from inkan.client.session import Expect, Session
from inkan.errors import (
    AuthenticationRequiredError,
    BodyTooLargeError,
    ConflictError,
    InvalidError,
    JsonInvalidError,
    MetadataUnknownError,
    NotFoundError,
    RequestInvalidError,
    ServerUnreachableError,
    SettingInvalidError,
)
from inkan.oci.reference import Reference
from inkan.tuf.keys import PublicKey
from inkan.tuf.roles import RoleName

_KEY_BYTES = 256 * limits.KIB


class TrustServer:
    """The server of one collection.

    Args:
        session: how to reach it.
        gun: the collection.
    """

    def __init__(self, session: Session, gun: str) -> None:
        self.session = session
        self.gun = gun
        self._base = f"/v2/{gun}/_trust/tuf"

    @classmethod
    def of(cls, reference: Reference) -> "TrustServer":
        """Return the trust server of an image: `DOCKER_CONTENT_TRUST_SERVER`, else the registry itself.

        Raises:
            SettingInvalidError: if the variable is no https address.
        """
        url = variable("DOCKER_CONTENT_TRUST_SERVER").rstrip("/")
        if url and not url.startswith("https://"):
            raise SettingInvalidError(f"valid https URL required for trust server, got {url[:200]}")
        url = url or targets.url_of(reference.host)
        return cls(
            Session(url, find_credential(reference.host)),
            f"{reference.host}/{reference.repository}",
        )

    def fetch(self, name: str, cap: int) -> bytes:
        """Return a file by its name without `.json`.

        Raises:
            MetadataUnknownError: if the server has none such.
            ServerUnreachableError: if it cannot be asked.
            BodyTooLargeError: if it is over the cap.
        """
        try:
            reply = self.session.call(
                "GET", f"{self._base}/{name}.json", self._scope("pull"), expect=Expect(cap)
            )
        except NotFoundError as error:
            raise MetadataUnknownError(self.gun, f"{name} metadata") from error
        except BodyTooLargeError:
            raise
        except (ConflictError, InvalidError) as error:
            # to a question for a file this is no answer
            raise ServerUnreachableError(f"the trust server takes no question for {name}: {error}") from error  # fmt: skip
        if reply.status != http.client.OK:
            # a part of a file, or none, is no answer to a question for all of it
            raise ServerUnreachableError(f"the trust server answers {reply.status} for {name}")
        return reply.body

    def key(self, role: RoleName) -> PublicKey:
        """Return the key that the server signs a role with."""
        return self._key("GET", role, "pull,push")

    def rotate_key(self, role: RoleName) -> PublicKey:
        """Return a new key that the server will sign a role with, once a root names it."""
        return self._key("POST", role, "*")

    def publish(self, files: Mapping[RoleName, bytes]) -> None:
        """Publish files together.

        Raises:
            RequestInvalidError: with the server's sentence, if it refuses them.
        """
        boundary = secrets.token_hex(16)
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{role}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n".encode()
            + raw
            + b"\r\n"
            for role, raw in files.items()
        ]
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        body = b"".join((*parts, f"--{boundary}--\r\n".encode()))
        reply = self.session.call(
            "POST",
            f"{self._base}/",
            self._scope("pull,push"),
            body=body,
            headers=headers,
            expect=Expect(accept=(400,)),
        )
        if reply.status != 200:
            raise RequestInvalidError(f"the trust server refuses this: {_sentence(reply.body)}")

    def delete(self) -> None:
        """Forget the collection."""
        self.session.call("DELETE", f"{self._base}/", self._scope("*"))

    def _key(self, method: str, role: RoleName, actions: str) -> PublicKey:
        reply = self.session.call(
            method, f"{self._base}/{role}.key", self._scope(actions), expect=Expect(_KEY_BYTES)
        )
        return PublicKey.from_json(strict_json.parse(reply.body, limit_bytes=_KEY_BYTES))

    def _scope(self, actions: str) -> str:
        return f"repository:{self.gun}:{actions}"


def find_credential(host: str) -> credentials.Credential | None:
    """Return the credential for a registry, or nothing where nobody logged in."""
    try:
        return credentials.find(host)
    except AuthenticationRequiredError:
        return None


def _sentence(body: bytes) -> str:
    try:
        first = strict_json.parse(body, limit_bytes=limits.METADATA_FILE_BYTES)["errors"][0]
        detail = first.get("detail")
        inner = detail.get("Error") if isinstance(detail, dict) else None
        said = inner.get("Msg") if isinstance(inner, dict) else detail
        return str(said or first.get("message") or "no reason given")[:1000]
    except (LookupError, TypeError, AttributeError, JsonInvalidError):
        return "no reason given"
