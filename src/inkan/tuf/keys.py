"""Public keys: their IDs, what makes two of them the same key, and what they verify.

A key's ID is always computed, never read: an ID in a document is only a name for looking it up. A bare key and a certificate over it have
different IDs and the same `identity`; thresholds count identities.

Source: Notary v1, keys and verifiers (`tuf/data/keys.go`, `tuf/signed/verifiers.go`); NCC Group 2015 finding 1 (CVE-2015-9258).
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from inkan import limits
from inkan.errors import CertificateInvalidError, KeyInvalidError
from inkan.tuf.canonical_json import canonical
from inkan.tuf.certificates import bundle_certificates

_LoadedKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)


class KeyType(StrEnum):
    """What a key is and how it is written."""

    ECDSA = "ecdsa"
    ECDSA_X509 = "ecdsa-x509"
    RSA = "rsa"
    RSA_X509 = "rsa-x509"
    ED25519 = "ed25519"

    @property
    def is_certificate(self) -> bool:
        """Whether the key is wrapped in a certificate."""
        return self.endswith("-x509")


_ED25519_PRIME = 2**255 - 19
# the heights of the points whose eightfold is nothing
_EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_ED25519_SMALL_ORDER = frozenset({0, 1, _ED25519_PRIME - 1, _EIGHTH, _ED25519_PRIME - _EIGHTH})


class Method(StrEnum):
    """How a signature was made."""

    ECDSA = "ecdsa"
    EDDSA = "eddsa"
    RSA_PSS = "rsapss"
    RSA_PKCS1_V15 = "rsapkcs1v15"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key that can be used: well-formed and not weak.

    Attributes:
        public: DER SubjectPublicKeyInfo, 32 raw bytes (ed25519), or the PEM text of a certificate bundle.
    """

    keytype: KeyType
    public: bytes

    def __post_init__(self) -> None:
        _load(self.keytype, self.public)

    @classmethod
    def from_json(cls, tree: Any) -> Self:
        """Return the key that a document spells.

        Raises:
            KeyInvalidError: if it is malformed, weak, of a kind that is not spoken, or carries a private half.
        """
        keyval = tree.get("keyval") if isinstance(tree, dict) else None
        if not isinstance(keyval, dict) or not isinstance(keyval.get("public"), str):
            raise KeyInvalidError("a key needs keytype and keyval with public")
        if keyval.get("private") is not None:
            raise KeyInvalidError("a published key must not carry its private half; make a new key")
        try:
            keytype = KeyType(tree.get("keytype"))
            public = base64.b64decode(keyval["public"], validate=True)
        except (ValueError, binascii.Error) as error:
            raise KeyInvalidError("a key is of an unknown type or not base64") from error
        return cls(keytype, public)

    @property
    def key_id(self) -> str:
        """The key's ID: SHA-256 over its canonical form."""
        return _key_id(self.keytype, self.public)

    @property
    def canonical_key_id(self) -> str:
        """The ID of the same key in its bare form; what key files are named by."""
        if not self.keytype.is_certificate:
            return self.key_id
        return _key_id(KeyType(self.keytype.removesuffix("-x509")), self._spki())

    @property
    def identity(self) -> bytes:
        """What is equal for two forms of one key, and for nothing else."""
        return hashlib.sha256(self._spki()).digest()

    def to_json(self) -> dict[str, Any]:
        """Return the key as metadata lists it."""
        text = base64.b64encode(self.public).decode()
        return {"keytype": str(self.keytype), "keyval": {"private": None, "public": text}}

    def to_wire(self) -> bytes:
        """Return the key as the key endpoints send it: the members in Go's order."""
        text = base64.b64encode(self.public).decode()
        return (
            f'{{"keytype":"{self.keytype}","keyval":{{"public":"{text}","private":null}}}}'.encode()
        )

    def verify(self, method: Method, signature: bytes, message: bytes) -> bool:
        """Return whether `signature` is this key's over `message`, made by a method that fits the key."""
        key = _load(self.keytype, self.public)
        try:
            if isinstance(key, ec.EllipticCurvePublicKey):
                return method is Method.ECDSA and _verify_ecdsa(key, signature, message)
            if isinstance(key, ed25519.Ed25519PublicKey):
                if method is not Method.EDDSA:
                    return False
                key.verify(signature, message)
            else:
                scheme = _RSA_SCHEMES.get(method)
                if scheme is None:
                    return False
                key.verify(signature, message, scheme, hashes.SHA256())
        except InvalidSignature:
            return False
        return True

    def _spki(self) -> bytes:
        return _load(self.keytype, self.public).public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )


_RSA_SCHEMES: dict[Method, padding.AsymmetricPadding] = {
    Method.RSA_PSS: padding.PSS(padding.MGF1(hashes.SHA256()), 32),
    Method.RSA_PKCS1_V15: padding.PKCS1v15(),
}


def _verify_ecdsa(key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> bool:
    width = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * width:
        return False
    r, s = (int.from_bytes(half) for half in (signature[:width], signature[width:]))
    # CVE-2022-21449: zeros are a signature over anything in a verifier that does not look
    if not (r and s):
        return False
    key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    return True


@lru_cache(maxsize=4096)
def _key_id(keytype: KeyType, public: bytes) -> str:
    text = base64.b64encode(public).decode()
    tree = {"keytype": str(keytype), "keyval": {"private": None, "public": text}}
    return hashlib.sha256(canonical(tree)).hexdigest()


@lru_cache(maxsize=4096)
def _load(keytype: KeyType, public: bytes) -> _LoadedKey:
    try:
        if keytype is KeyType.ED25519:
            return _require_large_order(ed25519.Ed25519PublicKey.from_public_bytes(public), public)
        if keytype.is_certificate:
            key: Any = bundle_certificates(public)[0].public_key()
        else:
            key = serialization.load_der_public_key(public)
    except (ValueError, TypeError, UnsupportedAlgorithm, CertificateInvalidError) as error:
        raise KeyInvalidError(f"a {keytype} key cannot be read: {error}"[:200]) from error
    return _require_strong(keytype, key)


def _require_large_order(key: ed25519.Ed25519PublicKey, public: bytes) -> ed25519.Ed25519PublicKey:
    """Return a key that does not verify one signature over every message, as the eight points of small order do.

    Source: RFC 8032 § 5.1.7, which multiplies by the cofactor; OpenSSL accepts such keys.
    """
    height = int.from_bytes(public, "little") & ((1 << 255) - 1)
    if height >= _ED25519_PRIME or height in _ED25519_SMALL_ORDER:
        raise KeyInvalidError("an ed25519 key is of small order; make a new key")
    return key


def _require_strong(keytype: KeyType, key: Any) -> _LoadedKey:
    kind = keytype.removesuffix("-x509")
    if kind == KeyType.ECDSA and isinstance(key, ec.EllipticCurvePublicKey):
        if isinstance(key.curve, _CURVES):
            return key
        raise KeyInvalidError(
            f"the curve {key.curve.name} is not accepted; use P-256, P-384 or P-521"
        )
    if kind == KeyType.RSA and isinstance(key, rsa.RSAPublicKey):
        if limits.RSA_BITS_MIN <= key.key_size <= limits.RSA_BITS_MAX:
            return key
        raise KeyInvalidError(
            f"an RSA key of {key.key_size} bits is not accepted; use {limits.RSA_BITS_MIN} or more"
        )
    raise KeyInvalidError(f"a key says {keytype} and is of another kind")
