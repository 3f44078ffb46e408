"""Tokens that docker-registry takes: what a token server of its owner's would give out.

Source: Distribution project, Docker Registry v2 Bearer token specification; libtrust's key IDs (SHA-256 of the public key, 240 bits of it, base32 in groups of four).
"""

import base64
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from peers import Certificate, make_certificate

SERVICE = ISSUER = "bench"


@dataclass(frozen=True)
class TokenServer:
    """A key that signs tokens, and the certificate by which they are known."""

    pair: Certificate

    @classmethod
    def make(cls, folder: Path) -> "TokenServer":
        folder.mkdir()
        return cls(make_certificate(folder))

    @property
    def settings(self) -> str:
        """What docker-registry's configuration says of it."""
        return (
            f"auth: {{token: {{realm: 'http://127.0.0.1/token', service: {SERVICE}, issuer: {ISSUER}, "
            f"rootcertbundle: {self.pair.certificate}}}}}\n"
        )

    def token(self, repository: str) -> str:
        """Return a token for everything in one repository, good for a day."""
        key = load_pem_private_key(self.pair.key.read_bytes(), password=None)
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        spelled = base64.b32encode(sha256(public).digest()[:30]).decode()
        key_id = ":".join(spelled[at : at + 4] for at in range(0, len(spelled), 4))
        now = int(time.time())
        actions = ["pull", "push", "delete"]
        claims = {
            "iss": ISSUER, "sub": "bench", "aud": SERVICE, "jti": "bench",
            "iat": now, "nbf": now - 60, "exp": now + 86_400,
            "access": [{"type": "repository", "name": repository, "actions": actions}],
        }  # fmt: skip
        return jwt.encode(claims, key, algorithm="ES256", headers={"kid": key_id})
