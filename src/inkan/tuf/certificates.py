"""Root keys wrapped in certificates: the one place where metadata is tied to its collection.

A root role lists bundles: the leaf first, then CA certificates. The leaf's common name is the GUN, or ends in `*` and is a prefix of it.

Source: Notary v1, `trustpinning/certs.go` and `tuf/utils/x509.go`; its certificates are measured in the test vectors.
"""

import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from inkan import limits
from inkan.errors import CertificateInvalidError

# clocks of signers run ahead; Notary forgives a day
NOT_BEFORE_LEEWAY = timedelta(days=1)


@lru_cache(maxsize=4096)
def bundle_certificates(bundle: bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a PEM bundle; the first is the one whose key signs.

    Raises:
        CertificateInvalidError: if the bundle is empty, malformed, or holds too many or too much.
    """
    if len(bundle) > limits.CERTIFICATE_BUNDLE_BYTES:
        raise CertificateInvalidError("a certificate bundle is too large")
    try:
        with warnings.catch_warnings():
            # a GUN may be longer than the 64 characters X.509 allows a common name
            warnings.simplefilter("ignore")
            certificates = tuple(x509.load_pem_x509_certificates(bundle))
    except ValueError as error:
        raise CertificateInvalidError("a certificate bundle cannot be read") from error
    if len(certificates) > limits.CERTIFICATES_PER_BUNDLE:
        raise CertificateInvalidError("a certificate bundle holds too many certificates")
    return certificates


@dataclass(frozen=True, slots=True)
class RootCertificate:
    """What of a root certificate decides whether it fits."""

    common_name: str
    not_before: datetime
    not_after: datetime

    @classmethod
    def parse(cls, bundle: bytes) -> "RootCertificate":
        """Return the certificate of a PEM bundle.

        Raises:
            CertificateInvalidError: if it has no single leaf, is signed with SHA-1, or has no single common name.
        """
        leaf, *others = bundle_certificates(bundle)
        if _is_ca(leaf) or not all(_is_ca(other) for other in others):
            raise CertificateInvalidError("a root bundle needs exactly one leaf, and it first")
        if isinstance(leaf.signature_hash_algorithm, hashes.SHA1 | hashes.MD5):
            raise CertificateInvalidError("a root certificate is signed with a broken hash")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        if len(names) != 1 or not isinstance(names[0].value, str):
            raise CertificateInvalidError("a root certificate needs exactly one common name")
        return cls(names[0].value, leaf.not_valid_before_utc, leaf.not_valid_after_utc)

    def require_named_for(self, gun: str) -> None:
        """Return if the certificate is for the collection.

        Raises:
            CertificateInvalidError: if it is for another.
        """
        name, star = self.common_name.removesuffix("*"), self.common_name.endswith("*")
        # a bare * would be a key to every collection
        fits = gun.startswith(name) and bool(name) if star else gun == name
        if not fits:
            raise CertificateInvalidError(
                f"a root certificate is for {self.common_name[:200]}, not {gun}"
            )

    def require_valid_at(self, now: datetime) -> None:
        """Return if the certificate is valid at an instant, with a day's leeway at its beginning.

        Raises:
            CertificateInvalidError: if it is not.
        """
        if now >= self.not_after or now < self.not_before - NOT_BEFORE_LEEWAY:
            raise CertificateInvalidError(
                f"a root certificate is valid from {self.not_before:%Y-%m-%d} to {self.not_after:%Y-%m-%d} only"
            )


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return constraints.value.ca
