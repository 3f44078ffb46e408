"""The one place where signatures become trust.

`require_threshold` counts distinct public keys: not signatures (CVE-2020-6174), not key IDs (one key as a bare key and as a certificate has two:
GHSA-3633-5h82-39pq, which notary 0.7.0 still has). The number of signatures is capped before the first is verified (CVE-2020-6173).

Source: TUF 1.0 § 5.3.4 and its siblings; Notary v1, `tuf/signed/verify.go`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inkan import limits
from inkan.errors import KeyInvalidError, SignatureThresholdError
from inkan.tuf.keys import Method, PublicKey
from inkan.tuf.roles import RoleName


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature as a document lists it; `method` is empty where it is one we do not speak."""

    key_id: str
    method: Method | None
    value: bytes


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """A role's keys and threshold, as its delegator states them."""

    role: RoleName
    keys: tuple[PublicKey, ...]
    threshold: int

    def __post_init__(self) -> None:
        if self.threshold < 1:
            raise KeyInvalidError(f"invalid threshold specified for {self.role}: {self.threshold}")

    @property
    def distinct_keys(self) -> int:
        """How many different public keys the role has."""
        return len({key.identity for key in self.keys})

    @property
    def can_be_met(self) -> bool:
        """Whether the role has as many distinct keys as it asks signatures of."""
        return self.distinct_keys >= self.threshold


def require_threshold(role_keys: RoleKeys, signatures: Sequence[Signature], message: bytes) -> None:
    """Return if enough distinct keys of a role have signed a message.

    Raises:
        SignatureThresholdError: if they have not, or there are more signatures than anybody needs.
    """
    valid = len({key.identity for key in tally(role_keys, signatures, message)})
    if valid < role_keys.threshold:
        raise SignatureThresholdError(str(role_keys.role), valid, role_keys.threshold)


def tally(
    role_keys: RoleKeys, signatures: Sequence[Signature], message: bytes
) -> tuple[PublicKey, ...]:
    """Return the keys of a role that have signed a message; for showing, never for deciding.

    Raises:
        SignatureThresholdError: if there are more signatures than anybody needs; none is then verified.
    """
    if len(signatures) > limits.SIGNATURES_PER_FILE:
        raise SignatureThresholdError(str(role_keys.role), 0, role_keys.threshold)
    keys = {key.key_id: key for key in role_keys.keys}
    signed: dict[str, PublicKey] = {}
    for signature in signatures:
        key = keys.get(signature.key_id)
        if key is None or signature.method is None or signature.key_id in signed:
            continue
        if key.verify(signature.method, signature.value, message):
            signed[signature.key_id] = key
    return tuple(signed.values())
