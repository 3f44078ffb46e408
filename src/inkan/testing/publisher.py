"""The owner of a trust collection, as docker and notary behave: makes exactly their files, in memory.

First publish: root version 1 and targets version 2. Later ones: the next targets. Once there is a signer, tags go to `targets/NAME` and
`targets/releases`, and the owner's targets file only changes its delegations.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from inkan.tuf.envelope import format_expiry
from inkan.tuf.keys import PublicKey
from inkan.tuf.roles import RELEASES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.sign import EcdsaSigner, sign, wrapped

Files = dict[RoleName, bytes]
DEFAULT_NOW = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)


def root_signer(
    gun: str,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    lifetime: timedelta = timedelta(days=3650),
) -> EcdsaSigner:
    """Return a root signer: its key is listed as a self-signed certificate whose common name is the GUN."""
    listed = wrapped(gun, EcdsaSigner(key), now - timedelta(minutes=1), lifetime)
    return EcdsaSigner(key, listed.public_key)


@dataclass(slots=True)
class Publisher:
    """Holds an owner's keys and what was published last.

    Attributes:
        server_keys: the server's public keys for `snapshot` and `timestamp`.
    """

    gun: str
    server_keys: Mapping[RoleName, PublicKey]
    now: datetime = DEFAULT_NOW
    root_version: int = 0
    targets_version: int = 1
    tags: dict[str, dict[str, Any]] = field(default_factory=dict)
    signers: dict[str, EcdsaSigner] = field(default_factory=dict)
    signed: dict[RoleName, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    root: EcdsaSigner = field(init=False)
    targets: EcdsaSigner = field(init=False)

    def __post_init__(self) -> None:
        self.root = root_signer(self.gun, ec.generate_private_key(ec.SECP256R1()), self.now)
        self.targets = EcdsaSigner.generate()

    def first_push(self, tag: str, sha256: bytes, length: int = 528) -> Files:
        """Return what docker publishes at the first signed push."""
        self.root_version = 1
        self.tags[tag] = target(sha256, length)
        return {ROOT: self.root_file([self.root]), TARGETS: self.next_targets()}

    def push(self, tag: str, sha256: bytes, length: int = 528) -> Files:
        """Return what docker publishes when the owner signs one more tag."""
        self.tags[tag] = target(sha256, length)
        return {TARGETS: self.next_targets()}

    def add_signer(self, name: str) -> Files:
        """Return what `docker trust signer add` publishes."""
        self.signers[name] = EcdsaSigner.generate()
        return {TARGETS: self.next_targets()}

    def sign_as(self, name: str, tag: str, sha256: bytes, length: int = 528) -> Files:
        """Return what `docker trust sign` publishes for a signer."""
        return {
            role: self.delegated_file(role, self.signers[name], {tag: target(sha256, length)})
            for role in (RoleName(f"targets/{name}"), RELEASES)
        }

    def rotate_root(self, lifetime: timedelta = timedelta(days=3650)) -> Files:
        """Return what `notary key rotate GUN root` publishes: a new root, signed by the old key and the new."""
        old, self.root_version = self.root, self.root_version + 1
        key = ec.generate_private_key(ec.SECP256R1())
        self.root = root_signer(self.gun, key, self.now, lifetime)
        return {ROOT: self.root_file([old, self.root])}

    def root_file(self, signers: list[EcdsaSigner], **changes: Any) -> bytes:
        """Return the root with given members changed, signed by `signers`."""
        keys = [self.root.public_key, self.targets.public_key, *self.server_keys.values()]
        roles = {
            "root": role_entry([self.root.public_key]),
            "targets": role_entry([self.targets.public_key]),
            "snapshot": role_entry([self.server_keys[SNAPSHOT]]),
            "timestamp": role_entry([self.server_keys[TIMESTAMP]]),
        }
        tree = {
            "_type": "Root",
            "consistent_snapshot": False,
            "expires": format_expiry(self.now + timedelta(days=3650)),
            "keys": {key.key_id: key.to_json() for key in keys},
            "roles": roles,
            "version": self.root_version,
        }
        return sign({**tree, **changes}, signers)

    def next_targets(self, **changes: Any) -> bytes:
        """Return the next targets file with given members changed."""
        self.targets_version += 1
        return sign({**self.targets_tree(), **changes}, [self.targets])

    def targets_tree(self) -> dict[str, Any]:
        """Return the `signed` tree of the current targets file."""
        keys = [signer.public_key for signer in self.signers.values()]
        roles = [self._delegation(f"targets/{n}", [s.public_key]) for n, s in self.signers.items()]
        if roles:
            roles.append(self._delegation(str(RELEASES), keys))
        delegations = {"keys": {key.key_id: key.to_json() for key in keys}, "roles": roles}
        return {
            "_type": "Targets",
            "delegations": delegations,
            "expires": format_expiry(self.now + timedelta(days=1095)),
            "targets": dict(self.tags),
            "version": self.targets_version,
        }

    def delegated_file(self, role: RoleName, signer: EcdsaSigner, tags: dict[str, Any]) -> bytes:
        """Return the next file of a delegation, with more tags in it."""
        version, held = self.signed.get(role, (0, {}))
        self.signed[role] = (version + 1, {**held, **tags})
        tree = {
            "_type": "Targets",
            "delegations": {"keys": {}, "roles": []},
            "expires": format_expiry(self.now + timedelta(days=1095)),
            "targets": {**held, **tags},
            "version": version + 1,
        }
        return sign(tree, [signer])

    @staticmethod
    def _delegation(name: str, keys: list[PublicKey]) -> dict[str, Any]:
        return {**role_entry(keys), "name": name, "paths": [""]}


def target(sha256: bytes, length: int) -> dict[str, Any]:
    """Return the entry of a tag."""
    return {"hashes": {"sha256": b64encode(sha256).decode()}, "length": length}


def role_entry(keys: list[PublicKey], threshold: int = 1) -> dict[str, Any]:
    """Return the entry of a role in a root."""
    return {"keyids": [key.key_id for key in keys], "threshold": threshold}
