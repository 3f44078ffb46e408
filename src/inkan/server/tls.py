"""The server's TLS certificate: its own CA's, or files that an operator brings.

With `auto`, the data folder holds a CA (ten years) and a server certificate (397 days) for every host name. The server certificate is
made anew when a third of its life is left, when a host name is missing from it, or when it does not fit the CA; the CA never is, for
clients have been told to trust it. New certificates are taken up by new connections, without a restart.

Source: RFC 5280 §§ 4.1.2.5, 4.2.1; CA/Browser Forum Baseline Requirements § 6.3.2 (397 days).
"""

import ipaddress
import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from inkan.durable_file import write_durably
from inkan.errors import DataFolderError, SettingInvalidError
from inkan.oci.reference import hostname

CA_LIFETIME = timedelta(days=3650)
CERTIFICATE_LIFETIME = timedelta(days=397)
RENEW_BEFORE = CERTIFICATE_LIFETIME / 3
# clocks of clients run behind: certificates are valid from an hour ago
BACKDATE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """Where a server certificate and its key are, and where the CA that signed it is, if it is ours."""

    certificate: Path
    key: Path
    ca_certificate: Path | None = None
    ca_key: Path | None = None


class ServerTls:
    """One TLS context that always holds the newest certificate."""

    def __init__(self, files: CertificateFiles, host_names: Sequence[str]) -> None:
        self._files = files
        self._names = tuple(dict.fromkeys(hostname(name) for name in host_names))
        self._loaded_at_ns = 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])

    def refresh(self, now: datetime) -> bool:
        """Renew the certificate if it is ours and due, load it if its files changed; return whether it was loaded.

        Raises:
            SettingInvalidError: if the files cannot be used; what was loaded before stays in force.
        """
        if self._files.ca_certificate:
            ensure_certificate(self._files, self._names, now)
        try:
            changed_at_ns = max(
                path.stat().st_mtime_ns for path in (self._files.certificate, self._files.key)
            )
            if changed_at_ns == self._loaded_at_ns:
                return False
            _require_current(self._files.certificate, now)
            # tried apart first: OpenSSL drops the key in use when it meets a certificate that does not fit it
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
                self._files.certificate, self._files.key
            )
            self.context.load_cert_chain(self._files.certificate, self._files.key)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
            message = (
                f"tls: {self._files.certificate} with {self._files.key} cannot be used: {reason}"
            )
            raise SettingInvalidError(message) from error
        self._loaded_at_ns = changed_at_ns
        return True

    def ca(self) -> bytes | None:
        """Return the certificate of our own CA in PEM form; nothing where somebody else vouches for us."""
        file = self._files.ca_certificate
        return file.read_bytes() if file else None


def ensure_certificate(files: CertificateFiles, names: Sequence[str], now: datetime) -> None:
    """Make our CA if there is none, and our server certificate if there is none that will do.

    Raises:
        DataFolderError: if the CA's key is gone, or the folder cannot be written.
    """
    ca_certificate, ca_key = files.ca_certificate, files.ca_key
    assert ca_certificate
    assert ca_key
    try:
        if ca_certificate.exists() and not ca_key.exists():
            message = f"data: {ca_certificate} is there, but not its key {ca_key}; put it back"
            raise DataFolderError(message)
        # the certificate is written last: a key alone was never trusted by anybody
        if not ca_certificate.exists():
            _make_ca(ca_certificate, ca_key, now)
        ca = x509.load_pem_x509_certificate(ca_certificate.read_bytes())
        if not _will_do(files.certificate, files.key, ca, names, now):
            _make_certificate(files, ca, names, now)
    except OSError as error:
        raise DataFolderError(f"data: {error.filename}: {error.strerror}") from error


def _make_ca(certificate: Path, key_file: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    # a serial in the name keeps two servers' CAs apart in one client's list
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Inkan"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Inkan CA {os.urandom(4).hex()}"),
        ]
    )
    built = (
        _builder(name, name, key.public_key(), now, CA_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_durably(key_file, _private_pem(key), 0o600)
    write_durably(certificate, built.public_bytes(serialization.Encoding.PEM), 0o644)


def _make_certificate(
    files: CertificateFiles, ca: x509.Certificate, names: Sequence[str], now: datetime
) -> None:
    assert files.ca_key
    signer = serialization.load_pem_private_key(files.ca_key.read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Inkan registry")])
    lifetime = min(CERTIFICATE_LIFETIME, ca.not_valid_after_utc - now)
    built = (
        _builder(subject, ca.subject, key.public_key(), now, lifetime)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        # critical, since the subject names no host: RFC 5280 § 4.2.1.6
        .add_extension(
            x509.SubjectAlternativeName([_general_name(n) for n in names]), critical=True
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    write_durably(files.key, _private_pem(key), 0o600)
    write_durably(files.certificate, built.public_bytes(serialization.Encoding.PEM), 0o644)


def _will_do(
    certificate: Path, key: Path, ca: x509.Certificate, names: Sequence[str], now: datetime
) -> bool:
    if not (certificate.exists() and key.exists()):
        return False
    try:
        kept = x509.load_pem_x509_certificate(certificate.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), None)
        kept.verify_directly_issued_by(ca)
        held = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return (
        kept.public_key() == private.public_key()
        and kept.not_valid_after_utc - now > RENEW_BEFORE
        and all(_general_name(name) in held for name in names)
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + lifetime)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return x509.DNSName(name)


def _require_current(certificate: Path, now: datetime) -> None:
    kept = x509.load_pem_x509_certificate(certificate.read_bytes())
    if not kept.not_valid_before_utc <= now < kept.not_valid_after_utc:
        raise ValueError(
            f"it is valid from {kept.not_valid_before_utc:%Y-%m-%d} to {kept.not_valid_after_utc:%Y-%m-%d} only"
        )


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
