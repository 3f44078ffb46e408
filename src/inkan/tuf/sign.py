"""Signing: a `signed` tree becomes a complete file.

Source: Notary v1, `tuf/signed/sign.go`; the raw r‖s form of its ECDSA signatures.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from inkan.errors import KeyInvalidError, SigningFailedError
from inkan.tuf.canonical_json import canonical, envelope
from inkan.tuf.keys import KeyType, Method, PublicKey


class Signer(Protocol):
    """Something that holds a private key and signs with it."""

    @property
    def public_key(self) -> PublicKey:
        """The key's public half."""
        ...

    @property
    def method(self) -> Method:
        """How it signs."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return a signature over `message`."""
        ...

    def to_pkcs8(self) -> bytes:
        """Return the private key in PKCS#8 form, not encrypted: seal it before it is kept."""
        ...


class EcdsaSigner:
    """Signs with an elliptic-curve key in memory.

    Args:
        private_key: a key on P-256, P-384 or P-521.
        public_key: the form under which the key is listed; by default the bare key.
    """

    method = Method.ECDSA

    def __init__(
        self, private_key: ec.EllipticCurvePrivateKey, public_key: PublicKey | None = None
    ) -> None:
        self._private_key = private_key
        self.public_key = public_key or PublicKey(
            KeyType.ECDSA,
            private_key.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            ),
        )

    @classmethod
    def generate(cls) -> Self:
        """Return a signer with a new P-256 key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def from_pkcs8(cls, der: bytes) -> Self:
        """Return the signer of a key in PKCS#8 form.

        Raises:
            KeyInvalidError: if it is no elliptic-curve key.
        """
        try:
            key = serialization.load_der_private_key(der, None)
        except (ValueError, TypeError) as error:
            raise KeyInvalidError("a private key cannot be read") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise KeyInvalidError("a private key is not an elliptic-curve key")
        return cls(key)

    def to_pkcs8(self) -> bytes:
        """Return the private key in PKCS#8 form, not encrypted: seal it before it is kept."""
        return _pkcs8(self._private_key)

    def sign(self, message: bytes) -> bytes:
        """Return r‖s, each as wide as the curve."""
        r, s = decode_dss_signature(self._private_key.sign(message, ec.ECDSA(hashes.SHA256())))
        width = (self._private_key.curve.key_size + 7) // 8
        return r.to_bytes(width) + s.to_bytes(width)


class RsaSigner:
    """Signs with an RSA key in memory, as keys that people bring may be; ours are elliptic."""

    method = Method.RSA_PSS

    def __init__(self, private_key: rsa.RSAPrivateKey) -> None:
        self._private_key = private_key
        self.public_key = PublicKey(
            KeyType.RSA,
            private_key.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            ),
        )

    def to_pkcs8(self) -> bytes:
        """Return the private key in PKCS#8 form, not encrypted: seal it before it is kept."""
        return _pkcs8(self._private_key)

    def sign(self, message: bytes) -> bytes:
        """Return an RSASSA-PSS signature with a salt of 32 bytes."""
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
        return self._private_key.sign(message, scheme, hashes.SHA256())


@dataclass(frozen=True, slots=True)
class ListedSigner:
    """A signer whose key is listed in another form: in a certificate."""

    signer: Signer
    public_key: PublicKey

    @property
    def method(self) -> Method:
        """How it signs."""
        return self.signer.method

    def sign(self, message: bytes) -> bytes:
        """Return a signature over `message`."""
        return self.signer.sign(message)

    def to_pkcs8(self) -> bytes:
        """Return the private key in PKCS#8 form, not encrypted."""
        return self.signer.to_pkcs8()


def wrapped(
    gun: str, signer: Signer, now: datetime, lifetime: timedelta = timedelta(days=3650)
) -> ListedSigner:
    """Return a root signer for a collection: its key is listed as a self-signed certificate whose common name is the GUN.

    Source: Notary v1, `cryptoservice/certificate.go`.
    """
    # a GUN may be longer than X.509's 64 characters; Go does not care, and neither may we
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, gun, _validate=False)])
    key = serialization.load_der_private_key(signer.to_pkcs8(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    usage = x509.KeyUsage(
        digital_signature=True, key_encipherment=True, content_commitment=False, data_encipherment=False, key_agreement=False,
        key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + lifetime)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    kind = KeyType(f"{signer.public_key.keytype}-x509")
    return ListedSigner(
        signer, PublicKey(kind, certificate.public_bytes(serialization.Encoding.PEM))
    )


def sign(signed: Mapping[str, Any], signers: Sequence[Signer]) -> bytes:
    """Return the complete file: the tree and a signature of each signer over its canonical form.

    Raises:
        SigningFailedError: if a signer signs anything else.
    """
    message = canonical(signed)
    return envelope(
        signed,
        [
            {
                "keyid": signer.public_key.key_id,
                "method": str(signer.method),
                "sig": base64.b64encode(_signature(signer, message)).decode(),
            }
            for signer in signers
        ],
    )


def _signature(signer: Signer, message: bytes) -> bytes:
    """Return a signature, once it verifies: one that a device or a service got wrong can betray its key, and would lock out every client."""
    signature = signer.sign(message)
    if not signer.public_key.verify(signer.method, signature, message):
        raise SigningFailedError(signer.public_key.key_id)
    return signature


def _pkcs8(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
