"""Signing: a `signed` tree becomes a complete file.

Source: Notary v1, `tuf/signed/sign.go`; the raw r‖s form of its ECDSA signatures.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from inkan.errors import KeyInvalidError
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
        return self._private_key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def sign(self, message: bytes) -> bytes:
        """Return r‖s, each as wide as the curve."""
        r, s = decode_dss_signature(self._private_key.sign(message, ec.ECDSA(hashes.SHA256())))
        width = (self._private_key.curve.key_size + 7) // 8
        return r.to_bytes(width) + s.to_bytes(width)


def sign(signed: Mapping[str, Any], signers: Sequence[Signer]) -> bytes:
    """Return the complete file: the tree and a signature of each signer over its canonical form."""
    message = canonical(signed)
    return envelope(
        signed,
        [
            {
                "keyid": signer.public_key.key_id,
                "method": str(signer.method),
                "sig": base64.b64encode(signer.sign(message)).decode(),
            }
            for signer in signers
        ],
    )
