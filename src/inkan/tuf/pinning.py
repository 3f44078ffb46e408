"""Which roots a client believes before it has seen any: pinned keys, pinned CAs, or whatever comes first.

A pin is for collections by name: `registry.test/team/app`, or `registry.test/team/*` for all below. The longest pattern that fits decides, on the borders of path
components. Where pins and a cached root disagree, the pins win.

Source: Notary v1, `trustpinning`; TUF 1.0 § 5.2.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from inkan.errors import CertificateInvalidError, RootPinnedError
from inkan.tuf import root_rules
from inkan.tuf.certificates import bundle_certificates
from inkan.tuf.metadata import Root
from inkan.tuf.roles import ROOT
from inkan.tuf.verify import require_threshold


@dataclass(frozen=True, slots=True)
class Pin:
    """What vouches for a collection's root.

    Attributes:
        keys: IDs of root keys, of the certificate or of the key within.
        authorities: CA certificates, as one PEM text.
    """

    keys: frozenset[str] = frozenset()
    authorities: bytes = b""


@dataclass(frozen=True, slots=True)
class Pins:
    """All pins, and whether an unpinned collection may be believed at first sight."""

    by_pattern: Mapping[str, Pin] = field(default_factory=dict)
    trust_on_first_use: bool = True

    def find(self, gun: str) -> Pin | None:
        """Return the pin for a collection: that of the longest pattern that fits."""
        fitting = [pattern for pattern in self.by_pattern if _fits(pattern, gun)]
        return self.by_pattern[max(fitting, key=len)] if fitting else None

    def require(self, root: Root, gun: str, now: datetime) -> None:
        """Return if a root is one that the pins allow, where there are any.

        Raises:
            RootPinnedError: if it is not.
        """
        pin = self.find(gun)
        if pin is None:
            return
        keys = root.role_keys(ROOT).keys
        ids = {key_id for key in keys for key_id in (key.key_id, key.canonical_key_id)}
        if pin.keys & ids or (pin.authorities and _is_issued(keys_of(root), pin.authorities, now)):
            return
        raise RootPinnedError(
            f"the root of {gun} is not the pinned one; ask its owner whether the root key was changed, and only then: inkan trust pin {gun}"
        )

    def establish(self, root: Root, gun: str, now: datetime) -> None:
        """Return if a first root may be believed: sound in itself, for this collection, and pinned, or first use is allowed.

        Raises:
            UntrustedError: if not.
        """
        require_threshold(root.role_keys(ROOT), root.signatures, root.message)
        root_rules.require_own_certificates(gun, root, now)
        if self.find(gun) is None and not self.trust_on_first_use:
            raise RootPinnedError(f"no root is pinned for {gun}, and first use is not trusted here")
        self.require(root, gun, now)


def keys_of(root: Root) -> Iterable[bytes]:
    """Return the certificate bundles of a root's own keys."""
    return [key.public for key in root.role_keys(ROOT).keys if key.keytype.is_certificate]


def _fits(pattern: str, gun: str) -> bool:
    if pattern.endswith("/*"):
        return gun.startswith(pattern[:-1])
    return gun == pattern


def _is_issued(bundles: Iterable[bytes], authorities: bytes, now: datetime) -> bool:
    trusted = _valid(x509.load_pem_x509_certificates(authorities), now)
    return any(_leads_to(bundle, trusted, now) for bundle in bundles)


def _leads_to(bundle: bytes, trusted: list[x509.Certificate], now: datetime) -> bool:
    try:
        leaf, *others = bundle_certificates(bundle)
    except CertificateInvalidError:
        return False
    between = _valid(others, now)
    current = leaf
    for _ in range(len(between) + 1):
        if any(_issued(current, authority) for authority in trusted):
            return True
        issuer = next((one for one in between if _issued(current, one)), None)
        if issuer is None:
            return False
        between.remove(issuer)
        current = issuer
    return False


def _valid(certificates: Iterable[x509.Certificate], now: datetime) -> list[x509.Certificate]:
    """Return those that may vouch now: what has expired is left out, and the rest is judged without it."""
    return [
        one for one in certificates if one.not_valid_before_utc <= now < one.not_valid_after_utc
    ]


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
