"""A client's ordered loading of a collection: root, timestamp, snapshot, targets, delegations. No I/O; bytes in, trust out.

Every file is checked in the same order: what its parent promised (length, hashes), signatures by distinct keys of the role, the version seen before, the
expiry against one "now". What the reference lets through is refused here: roots that skip versions, files that are older than what was ever seen, two files under one
version, and versions that leap ahead.

Source: TUF 1.0 § 5.3 to 5.6; Notary v1, `tuf/builder.go`; findings 26 and 6.6 of the reference run.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from inkan import limits
from inkan.errors import (
    MetadataEquivocationError,
    MetadataExpiredError,
    MetadataLeapError,
    MetadataMismatchError,
    MetadataRollbackError,
    UntrustedError,
)
from inkan.tuf import root_rules
from inkan.tuf.envelope import SignedFile
from inkan.tuf.metadata import (
    Announcement,
    Root,
    Snapshot,
    Targets,
    Timestamp,
    parse_root,
    parse_snapshot,
    parse_targets,
    parse_timestamp,
)
from inkan.tuf.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.verify import RoleKeys, require_threshold


@dataclass(frozen=True, slots=True)
class Floor:
    """The newest version of a role that was ever verified, and the hash of its bytes."""

    version: int
    sha256: str

    @classmethod
    def of(cls, file: SignedFile) -> "Floor":
        """Return the floor that a verified file makes."""
        return cls(file.version, hashlib.sha256(file.raw).hexdigest())


Floors = Mapping[RoleName, Floor]


class TrustedSet:
    """What is trusted of a collection, so far.

    Args:
        gun: the collection.
        root: a root that is trusted already: cached, pinned, or taken on first use.
        floors: the versions seen before.
        now: the one instant that every expiry is compared with.
    """

    def __init__(self, gun: str, root: Root, floors: Floors, now: datetime) -> None:
        self.gun = gun
        self.root = root
        self.now = now
        self.timestamp: Timestamp | None = None
        self.snapshot: Snapshot | None = None
        self.targets: dict[RoleName, Targets] = {}
        self._floors = dict(floors)
        self._is_root_final = False

    @property
    def floors(self) -> Floors:
        """The versions seen before and now."""
        return self._floors

    def update_root(self, raw: bytes) -> Root:
        """Take the next root: exactly one version on, signed by the keys of the old one and by its own.

        Raises:
            MetadataInvalidError: if the bytes are no root.
            UntrustedError: if it may not follow.
        """
        self._require(not self._is_root_final, "the root is final")
        new = parse_root(raw)
        if new.version != self.root.version + 1:
            raise MetadataRollbackError("root", new.version, self.root.version + 1)
        require_threshold(self.root.role_keys(ROOT), new.signatures, new.message)
        require_threshold(new.role_keys(ROOT), new.signatures, new.message)
        self._forget_what_rotated(self.root, new)
        self.root = new
        return new

    def finish_root(self) -> None:
        """Say that there is no newer root; this one must be in its time, and its certificates fit the collection.

        Raises:
            UntrustedError: if not.
        """
        self._require_time(self.root)
        root_rules.require_own_certificates(self.gun, self.root, self.now)
        self._require_floor(self.root)
        self._is_root_final = True

    def update_timestamp(self, raw: bytes) -> Timestamp:
        """Take a timestamp.

        Raises:
            MetadataInvalidError: if the bytes are none.
            UntrustedError: if it cannot be trusted.
        """
        self._require(self._is_root_final and self.timestamp is None, "timestamp out of order")
        file = parse_timestamp(raw)
        self._accept(file, self.root.role_keys(TIMESTAMP))
        self.timestamp = file
        return file

    def update_snapshot(self, raw: bytes) -> Snapshot:
        """Take the snapshot that the timestamp announces.

        Raises:
            MetadataInvalidError: if the bytes are none.
            UntrustedError: if it cannot be trusted.
        """
        self._require(self.timestamp is not None and self.snapshot is None, "snapshot out of order")
        _require_announced(self.timestamp, SNAPSHOT, raw)
        file = parse_snapshot(raw)
        self._accept(file, self.root.role_keys(SNAPSHOT))
        _require_announced(file, ROOT, self.root.raw)
        self.snapshot = file
        return file

    def update_targets(self, raw: bytes) -> Targets:
        """Take the top-level targets that the snapshot announces.

        Raises:
            MetadataInvalidError: if the bytes are none.
            UntrustedError: if they cannot be trusted.
        """
        self._require(self.snapshot is not None and not self.targets, "targets out of order")
        return self._take_targets(raw, TARGETS, self.root.role_keys(TARGETS))

    def update_delegation(self, raw: bytes, role: RoleName) -> Targets:
        """Take a delegation's file, by the keys that its parent lists.

        Raises:
            MetadataInvalidError: if the bytes are none.
            UntrustedError: if it cannot be trusted, or nobody delegates to it.
        """
        self._require(
            role.parent in self.targets and role not in self.targets, f"{role} out of order"
        )
        delegation = self.targets[role.parent].find_delegation(role)
        if delegation is None:
            raise UntrustedError(f"{role} is not delegated by {role.parent}")
        return self._take_targets(raw, role, delegation.keys)

    def lists(self, role: RoleName) -> bool:
        """Return whether the snapshot lists a role.

        Raises:
            MetadataMismatchError: if it does not, though the role was seen before: somebody hides it.
        """
        self._require(self.snapshot is not None, "no snapshot yet")
        assert self.snapshot is not None
        if role in self.snapshot.meta:
            return True
        if role in self._floors:
            raise MetadataMismatchError(
                f"{role} was seen before, and the snapshot lists it no more"
            )
        return False

    def _take_targets(self, raw: bytes, role: RoleName, keys: RoleKeys) -> Targets:
        _require_announced(self.snapshot, role, raw)
        file = parse_targets(raw, role)
        self._accept(file, keys)
        self.targets[role] = file
        return file

    def _accept(self, file: SignedFile, keys: RoleKeys) -> None:
        require_threshold(keys, file.signatures, file.message)
        self._require_floor(file)
        self._require_time(file)
        self._floors[file.role] = Floor.of(file)

    def _require_floor(self, file: SignedFile) -> None:
        floor, seen = self._floors.get(file.role), Floor.of(file)
        if floor is not None and seen.version < floor.version:
            raise MetadataRollbackError(str(file.role), seen.version, floor.version)
        if floor is not None and seen.version == floor.version and seen != floor:
            raise MetadataEquivocationError(str(file.role), seen.version)
        if file.role == ROOT:
            # roots come one by one; none can leap
            self._floors[ROOT] = seen
        elif floor is not None and seen.version - floor.version > limits.VERSION_LEAP:
            raise MetadataLeapError(str(file.role), seen.version, floor.version)

    def _require_time(self, file: SignedFile) -> None:
        if file.expires <= self.now:
            raise MetadataExpiredError(str(file.role), f"{file.expires:%a %b %-d %H:%M:%S UTC %Y}")

    def _forget_what_rotated(self, old: Root, new: Root) -> None:
        """Forget the versions of roles whose keys are others now: whoever stole the old ones may have leapt ahead (§ 5.3.11)."""
        rotated = {
            role for role in (TIMESTAMP, SNAPSHOT, TARGETS) if _keys(old, role) != _keys(new, role)
        }
        if rotated & {TIMESTAMP, SNAPSHOT}:
            self._floors.pop(TIMESTAMP, None)
            self._floors.pop(SNAPSHOT, None)
        if rotated & {SNAPSHOT, TARGETS}:
            for role in [role for role in self._floors if role.is_targets_like]:
                del self._floors[role]

    @staticmethod
    def _require(condition: bool, what: str) -> None:  # noqa: FBT001
        if not condition:
            message = f"{what}: files are taken in order, each once"
            raise RuntimeError(message)


def _keys(root: Root, role: RoleName) -> frozenset[bytes]:
    return frozenset(key.identity for key in root.role_keys(role).keys)


def _require_announced(parent: Announcement | None, role: RoleName, raw: bytes) -> None:
    assert parent is not None
    meta = parent.meta.get(role)
    if meta is None:
        raise MetadataMismatchError(f"{parent.role} does not announce {role}")
    meta.require_match(role, raw)
