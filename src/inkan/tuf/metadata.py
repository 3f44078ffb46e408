"""The four kinds of signed files as values; each keeps the exact bytes it came as.

Source: Notary v1, `tuf/data/{root,targets,snapshot,timestamp}.go`; TUF 1.0 § 4.
"""

import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from inkan import limits
from inkan.errors import (
    JsonInvalidError,
    KeyInvalidError,
    MetadataInvalidError,
    MetadataMismatchError,
    RoleInvalidError,
)
from inkan.tuf.compact_targets import CompactTargets, cut
from inkan.tuf.envelope import (
    SignedFile,
    decode,
    integer,
    mapping,
    members,
    open_envelope,
    public_keys,
    role_keys,
    sequence,
)
from inkan.tuf.keys import PublicKey
from inkan.tuf.roles import BASE_ROLES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.target import Target
from inkan.tuf.verify import RoleKeys

_File = TypeVar("_File", bound=SignedFile)
_HASH_BYTES = {"sha256": 32, "sha512": 64}


@dataclass(frozen=True, slots=True)
class Root(SignedFile):
    """Which keys the base roles have."""

    keys: Mapping[str, PublicKey]
    roles: Mapping[RoleName, RoleKeys]

    def role_keys(self, role: RoleName) -> RoleKeys:
        """Return the keys and the threshold of a base role."""
        return self.roles[role]


@dataclass(frozen=True, slots=True)
class Delegation:
    """A role that another role lets sign some names."""

    keys: RoleKeys
    paths: tuple[str, ...]

    @property
    def role(self) -> RoleName:
        """The delegated role."""
        return self.keys.role

    def permits(self, name: str) -> bool:
        """Return whether the delegation covers a target's name: one of its paths is a prefix of it."""
        return any(name.startswith(path) for path in self.paths)

    def first_outside(self, names: Iterable[str]) -> str | None:
        """Return the first of some names that the delegation does not cover, or nothing."""
        if "" in self.paths:
            return None
        return next((name for name in names if not self.permits(name)), None)


@dataclass(frozen=True, slots=True)
class Targets(SignedFile):
    """Signed entries and delegations; the file of `targets` and of every delegation."""

    targets: Mapping[str, Target]
    delegations: tuple[Delegation, ...]

    def find_delegation(self, role: RoleName) -> Delegation | None:
        """Return the delegation to a role, or nothing."""
        return next((one for one in self.delegations if one.role == role), None)


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What a parent says of a file: its length and its hashes."""

    length: int
    hashes: Mapping[str, bytes]

    @classmethod
    def of(cls, raw: bytes) -> "FileMeta":
        """Return what is so of `raw`."""
        hashes = {name: hashlib.new(name, raw).digest() for name in _HASH_BYTES}
        return cls(len(raw), hashes)

    def require_match(self, role: RoleName, raw: bytes) -> None:
        """Return if `raw` is the file meant.

        Raises:
            MetadataMismatchError: if its length or a hash differs.
        """
        actual = FileMeta.of(raw)
        known = {name: value for name, value in self.hashes.items() if name in _HASH_BYTES}
        if actual.length != self.length or any(actual.hashes[n] != v for n, v in known.items()):
            raise MetadataMismatchError(
                f"the {role} that was announced is another file than the one at hand"
            )


@dataclass(frozen=True, slots=True)
class Announcement(SignedFile):
    """A file that announces others: a snapshot or a timestamp."""

    meta: Mapping[RoleName, FileMeta] = field(default_factory=dict)


class Snapshot(Announcement):
    """Which file of each role belongs together."""

    __slots__ = ()


class Timestamp(Announcement):
    """Which snapshot is the current one."""

    __slots__ = ()


def parse(role: RoleName, raw: bytes) -> Root | Targets | Snapshot | Timestamp:
    """Return the file of a role.

    Raises:
        MetadataInvalidError: if the bytes are none.
    """
    if role == ROOT:
        return parse_root(raw)
    if role.is_targets_like:
        return parse_targets(raw, role)
    return parse_snapshot(raw) if role == SNAPSHOT else parse_timestamp(raw)


def parse_root(raw: bytes) -> Root:
    """Return a root; the one in force is read again and again, so the last ones read are remembered.

    Raises:
        MetadataInvalidError: if the bytes are none.
    """
    return _remembered_root(raw) if len(raw) <= limits.ROOT_REMEMBERED_BYTES else _read_root(raw)


def _read_root(raw: bytes) -> Root:
    fields, tree = open_envelope(ROOT, raw, frozenset({"consistent_snapshot", "keys", "roles"}))
    return _checked(ROOT, lambda: _root(fields, tree))


_remembered_root = functools.lru_cache(maxsize=limits.ROOTS_REMEMBERED)(_read_root)


def parse_targets(raw: bytes, role: RoleName = TARGETS) -> Targets:
    """Return the file of `targets` or of a delegation.

    Raises:
        MetadataInvalidError: if the bytes are none.
    """
    known = frozenset({"delegations", "targets"})
    if (file := cut(raw)) is not None:
        fields, tree = open_envelope(role, file.rest, known)
        message = file.message(fields["message"])
        if message is not None:
            fields |= {"raw": raw, "message": message}
            return _checked(role, lambda: _targets(role, fields, tree, CompactTargets(file)))
    fields, tree = open_envelope(role, raw, known)
    return _checked(role, lambda: _targets(role, fields, tree, None))


def parse_snapshot(raw: bytes) -> Snapshot:
    """Return a snapshot.

    Raises:
        MetadataInvalidError: if the bytes are none.
    """
    fields, tree = open_envelope(SNAPSHOT, raw, frozenset({"meta"}))
    needed = (ROOT, TARGETS)
    return _checked(SNAPSHOT, lambda: Snapshot(**fields, meta=_meta(tree, SNAPSHOT, needed)))


def parse_timestamp(raw: bytes) -> Timestamp:
    """Return a timestamp.

    Raises:
        MetadataInvalidError: if the bytes are none.
    """
    fields, tree = open_envelope(TIMESTAMP, raw, frozenset({"meta"}))
    needed = (SNAPSHOT,)
    return _checked(TIMESTAMP, lambda: Timestamp(**fields, meta=_meta(tree, TIMESTAMP, needed)))


def _checked(role: RoleName, build: Callable[[], _File]) -> _File:
    try:
        return build()
    except JsonInvalidError as error:
        raise MetadataInvalidError(str(role), error.reason) from error
    except (KeyInvalidError, RoleInvalidError) as error:
        raise MetadataInvalidError(str(role), str(error)) from error


def _root(fields: dict[str, Any], signed: Mapping[str, Any]) -> Root:
    keys = public_keys(signed.get("keys"), "root keys")
    listed = mapping(signed.get("roles"), "roles")
    if set(listed) != {str(role) for role in BASE_ROLES}:
        missing = next((str(role) for role in BASE_ROLES if str(role) not in listed), None)
        raise JsonInvalidError(
            f"missing {missing} role specification" if missing else "unknown role in root"
        )
    roles = {
        role: role_keys(role, _role_entry(listed[str(role)], str(role)), keys, str(role))
        for role in BASE_ROLES
    }
    return Root(**fields, keys=keys, roles=roles)


def _role_entry(tree: Any, where: str) -> dict[str, Any]:
    return members(tree, frozenset({"keyids", "threshold"}), where)


def _targets(
    role: RoleName,
    fields: dict[str, Any],
    signed: Mapping[str, Any],
    compact: CompactTargets | None,
) -> Targets:
    targets: Mapping[str, Target]
    if compact is not None:
        targets = compact
    else:
        listed = mapping(signed.get("targets"), "targets")
        if len(listed) > limits.TARGETS_PER_FILE:
            raise JsonInvalidError(f"more than {limits.TARGETS_PER_FILE} targets")
        targets = {name: _target(name, tree) for name, tree in listed.items()}
    return Targets(**fields, targets=targets, delegations=_delegations(role, signed))


def _target(name: str, tree: Any) -> Target:
    if "\x00" in name:
        raise JsonInvalidError("a target's name holds a NUL")
    entry = members(tree, frozenset({"custom", "hashes", "length"}), "a target")
    length = integer(entry.get("length"), "a target's length", least=0)
    return Target(name, length, _hashes(entry.get("hashes"), "a target"), entry.get("custom"))


def _delegations(role: RoleName, signed: Mapping[str, Any]) -> tuple[Delegation, ...]:
    tree = signed.get("delegations")
    if tree is None:
        return ()
    held = members(tree, frozenset({"keys", "roles"}), "delegations")
    keys = public_keys(held.get("keys"), "delegation keys")
    entries = sequence(held.get("roles"), "delegated roles")
    if len(entries) > limits.DELEGATIONS_PER_FILE:
        raise JsonInvalidError(f"more than {limits.DELEGATIONS_PER_FILE} delegations")
    delegations = tuple(_delegation(role, entry, keys) for entry in entries)
    if len({one.role for one in delegations}) != len(delegations):
        raise JsonInvalidError("a role is delegated twice")
    return delegations


def _delegation(parent: RoleName, tree: Any, keys: Mapping[str, PublicKey]) -> Delegation:
    entry = members(tree, frozenset({"keyids", "name", "paths", "threshold"}), "a delegation")
    name = entry.get("name")
    role = RoleName(name if isinstance(name, str) else "")
    if not role.is_delegation or role.parent != parent:
        raise JsonInvalidError(f"delegation role {role} invalid")
    paths = sequence(entry.get("paths"), "delegation paths")
    if not all(isinstance(path, str) for path in paths):
        raise JsonInvalidError("a delegation path is not text")
    return Delegation(role_keys(role, entry, keys, str(role)), tuple(paths))


def _meta(
    signed: Mapping[str, Any], role: RoleName, needed: tuple[RoleName, ...]
) -> Mapping[RoleName, FileMeta]:
    listed = mapping(signed.get("meta"), "meta")
    meta: dict[RoleName, FileMeta] = {}
    for name, tree in listed.items():
        entry = members(tree, frozenset({"custom", "hashes", "length"}), "a meta entry")
        length = integer(entry.get("length"), "a meta entry's length", least=0)
        hashes = _hashes(entry.get("hashes"), f"{role} {name[:60]}")
        if "sha256" not in hashes:
            raise JsonInvalidError(f"missing {name[:60]} sha256 checksum information")
        meta[RoleName(name)] = FileMeta(length, hashes)
    for one in needed:
        if one not in meta:
            raise JsonInvalidError(f"missing {one} sha256 checksum information")
    return meta


def _hashes(tree: Any, where: str) -> Mapping[str, bytes]:
    hashes: dict[str, bytes] = {}
    for name, text in mapping(tree, f"the hashes of {where}").items():
        value = decode(text, f"a hash of {where}")
        if name in _HASH_BYTES and len(value) != _HASH_BYTES[name]:
            raise JsonInvalidError(f"a {name} of {where} has the wrong length")
        hashes[name] = value
    if not hashes.keys() & _HASH_BYTES.keys():
        raise JsonInvalidError(f"{where} has no sha256 or sha512")
    return hashes
