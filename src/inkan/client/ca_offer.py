"""The CA that a registry says is its own: to be believed only once a person has compared its fingerprint with what the administrator says."""

import hashlib
import http.client
import re
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from inkan.client.certificates import context_for
from inkan.errors import ServerUnreachableError
from inkan.limits import CERTIFICATE_BUNDLE_BYTES

_SECONDS = 30
_NOT_HEX = re.compile(r"[^0-9a-f]")


@dataclass(frozen=True, slots=True)
class CaOffer:
    """A CA certificate that nobody vouches for yet.

    Attributes:
        fingerprint: the SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` prints it.
    """

    pem: bytes
    fingerprint: str

    def is_of(self, fingerprint: str) -> bool:
        """Return whether a person means this one, with or without colons, in capitals or not."""
        wanted = _NOT_HEX.sub("", fingerprint.lower().removeprefix("sha256"))
        return wanted == self.fingerprint.replace(":", "").lower()


def is_vouched_for(host: str) -> bool:
    """Return whether a CA that is known here vouches for a registry's certificate.

    Raises:
        ServerUnreachableError: if the registry does not answer.
        SettingInvalidError: if a CA file cannot be used.
    """
    try:
        _get(host, context_for(host), "/health/live")
    except ssl.SSLCertVerificationError:
        return False
    except (OSError, http.client.HTTPException) as error:
        raise ServerUnreachableError(f"https://{host} does not answer: {error}") from error
    return True


def fetch_ca(host: str) -> CaOffer | None:
    """Return the CA that a registry offers; nothing where it offers none. Whoever stands between could have put theirs in its place.

    Raises:
        ServerUnreachableError: if the registry does not answer.
    """
    context = ssl.create_default_context()
    # what comes is not believed before its fingerprint is compared, and no secret is sent
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        status, pem = _get(host, context, "/ca.crt")
        if status != 200 or len(pem) > CERTIFICATE_BUNDLE_BYTES:
            return None
        der = ssl.PEM_cert_to_DER_cert(pem.decode("ascii"))
    except ValueError:
        return None
    except (OSError, http.client.HTTPException) as error:
        raise ServerUnreachableError(f"https://{host} does not answer: {error}") from error
    digest = hashlib.sha256(der).hexdigest().upper()
    return CaOffer(pem, ":".join(digest[n : n + 2] for n in range(0, 64, 2)))


def _get(host: str, context: ssl.SSLContext, path: str) -> tuple[int, bytes]:
    parts = urlsplit(f"https://{host}")
    connection = http.client.HTTPSConnection(
        parts.hostname or "", parts.port or 443, timeout=_SECONDS, context=context
    )
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(CERTIFICATE_BUNDLE_BYTES + 1)
    finally:
        connection.close()
