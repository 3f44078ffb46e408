"""The server's verdict on an uploaded batch, and what the server then has to sign.

The steps are numbered as in Notary's own validation; each refusal is one sentence that tells the person at the other end what to do, for it is
the only text of ours that a stock client prints. What the reference accepts and then cannot serve is refused here.

Source: Notary v1 server, `server/handlers/validation.go`; findings of NCC 2015, Cure53 2018.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from inkan import limits
from inkan.errors import (
    MetadataInvalidError,
    MetadataMismatchError,
    MetadataVersionError,
    PublicationRefusedError,
    SignatureThresholdError,
    UntrustedError,
)
from inkan.tuf import root_rules
from inkan.tuf.announcements import announce, announced_files, next_timestamp
from inkan.tuf.metadata import (
    Root,
    Snapshot,
    Targets,
    parse,
    parse_root,
    parse_snapshot,
    parse_targets,
)
from inkan.tuf.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.verify import RoleKeys, require_threshold

ServerKeys = Mapping[RoleName, Collection[str]]


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded file, not yet looked at."""

    role: RoleName
    raw: bytes


@dataclass(frozen=True, slots=True)
class Held:
    """What the server holds of a collection now.

    Attributes:
        files: the current bytes of each role.
        versions: their versions, where the caller knows them; parsing a large file for its version alone is what makes a publish slow.
    """

    files: Mapping[RoleName, bytes]
    versions: Mapping[RoleName, int] = field(default_factory=dict)

    def version(self, role: RoleName) -> int:
        """Return the version held of a role; 0 where there is none."""
        if role in self.versions:
            return self.versions[role]
        raw = self.files.get(role)
        return parse(role, raw).version if raw is not None else 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """A batch that may be kept.

    Attributes:
        uploads: what to keep, untouched.
        snapshot: the `signed` tree of the snapshot that the server has to sign; nothing where the client brought one.
        snapshot_keys: the keys of the root in force, of which the server uses those it holds.
        timestamp_keys: likewise.
    """

    uploads: tuple[Root | Targets | Snapshot, ...]
    snapshot: Mapping[str, Any] | None
    snapshot_keys: RoleKeys
    timestamp_keys: RoleKeys


@contextmanager
def refusing(kind: str) -> Iterator[None]:
    """Turn what is wrong with metadata into the refusal of a batch."""
    try:
        yield
    except PublicationRefusedError:
        raise
    except (MetadataInvalidError, UntrustedError) as error:
        raise PublicationRefusedError(kind, str(error)) from error


def judge(
    gun: str,
    held: Held,
    uploads: Sequence[Upload],
    server_keys: ServerKeys,
    now: datetime,
    snapshot_lifetime: timedelta,
) -> Accepted:
    """Return what is to be kept and signed, if every rule is met.

    Args:
        gun: the collection.
        held: what the server holds of it.
        uploads: the batch; an uploaded timestamp is ignored, as clients expect.
        server_keys: the IDs of the keys that the server can sign `snapshot` and `timestamp` with.
        now: the one instant that all expiries are compared with.
        snapshot_lifetime: how long a snapshot that the server signs is good for.

    Raises:
        PublicationRefusedError: if a rule is broken.
        MetadataVersionError: if a version is not newer than what is held.
    """
    batch = _by_role(uploads)
    # 1. to 3. the root in force afterwards
    stored = parse_root(held.files[ROOT]) if ROOT in held.files else None
    root = _root_in_force(gun, stored, batch, now)
    # 4. targets and delegations, from the top
    with refusing("ErrBadTargets"):
        targets = _judge_targets(root, held, batch, now)
    if stored is not None and ROOT in batch:
        root_rules.require_targets_still_signed(stored, root, held.files.get(TARGETS), targets)
    # 5. the snapshot
    accepted: list[Root | Targets | Snapshot] = [root] if ROOT in batch else []
    accepted += targets.values()
    snapshot = _judge_snapshot(root, held, batch, server_keys, now)
    if snapshot is not None:
        accepted.append(snapshot)
    # 6. the timestamp
    _require_timestamp_key(root, server_keys)
    # 7. versions
    for file in accepted:
        if isinstance(file, Targets):
            _require_not_wedged(gun, root, held, targets, file)
        _require_next_version(gun, file.role, file.version, held.version(file.role))
    draft = None
    if snapshot is None:
        draft = announce(
            held.files, {one.role: one.raw for one in accepted}, now + snapshot_lifetime
        )
    return Accepted(tuple(accepted), draft, root.role_keys(SNAPSHOT), root.role_keys(TIMESTAMP))


def timestamp_after(
    held: Held, snapshot: bytes, now: datetime, lifetime: timedelta
) -> Mapping[str, Any]:
    """Return the `signed` tree of the timestamp over a snapshot, one version on from what is held."""
    return next_timestamp(snapshot, held.version(TIMESTAMP) + 1, now + lifetime)


def renewed_snapshot(held: Held, now: datetime, lifetime: timedelta) -> Mapping[str, Any]:
    """Return the `signed` tree of the held snapshot with the next version and a new expiry."""
    return announce(held.files, {}, now + lifetime)


def _by_role(uploads: Sequence[Upload]) -> dict[RoleName, bytes]:
    batch: dict[RoleName, bytes] = {}
    for upload in uploads:
        if upload.role == TIMESTAMP:
            continue
        if upload.role in batch:
            raise PublicationRefusedError(
                "ErrValidation", f"{upload.role} came twice in one batch; publish each role once"
            )
        batch[upload.role] = upload.raw
    return batch


def _root_in_force(
    gun: str, stored: Root | None, batch: Mapping[RoleName, bytes], now: datetime
) -> Root:
    if ROOT not in batch:
        if stored is None:
            raise PublicationRefusedError(
                "ErrValidation", "no pre-existing root and no root provided in update."
            )
        return stored
    with refusing("ErrBadRoot"):
        root = parse_root(batch[ROOT])
        root_rules.require_acceptable(gun, stored, root, now)
    return root


def _judge_targets(
    root: Root, held: Held, batch: Mapping[RoleName, bytes], now: datetime
) -> dict[RoleName, Targets]:
    judged: dict[RoleName, Targets] = {}
    roles = [role for role in batch if role.is_targets_like]
    for role in sorted(roles, key=lambda one: (one.depth, one.text)):
        file = parse_targets(batch[role], role)
        keys = _targets_keys(root, role, held, judged, file)
        require_threshold(keys, file.signatures, file.message)
        root_rules.require_lifetime(role, file.expires, now)
        for delegation in file.delegations:
            _require_useful(delegation.keys)
        judged[role] = file
    return judged


def _targets_keys(
    root: Root, role: RoleName, held: Held, judged: Mapping[RoleName, Targets], file: Targets
) -> RoleKeys:
    if role == TARGETS:
        return root.role_keys(TARGETS)
    parent = judged.get(role.parent)
    if parent is None and role.parent in held.files:
        parent = parse_targets(held.files[role.parent], role.parent)
    delegation = parent.find_delegation(role) if parent else None
    if delegation is None:
        raise PublicationRefusedError(
            "ErrBadTargets",
            f"tuf: invalid role {role}. delegation does not exist: ask the owner to add this signer first",
        )
    outside = delegation.first_outside(file.targets)
    if outside is not None:
        raise PublicationRefusedError(
            "ErrBadTargets",
            f"{role} may not sign {outside[:128]!r}: the owner delegated it the paths {list(delegation.paths)[:8]}",
        )
    return delegation.keys


def _require_useful(keys: RoleKeys) -> None:
    # no keys at all is what docker leaves behind when the last signer is removed: a role that is switched off
    if keys.keys and not keys.can_be_met:
        raise PublicationRefusedError(
            "ErrBadTargets",
            f"{keys.role} asks for {keys.threshold} signatures and has {keys.distinct_keys} distinct keys; "
            "add keys or lower the threshold",
        )


def _judge_snapshot(
    root: Root, held: Held, batch: Mapping[RoleName, bytes], server_keys: ServerKeys, now: datetime
) -> Snapshot | None:
    if SNAPSHOT in batch:
        with refusing("ErrBadSnapshot"):
            snapshot = parse_snapshot(batch[SNAPSHOT])
            keys = root.role_keys(SNAPSHOT)
            require_threshold(keys, snapshot.signatures, snapshot.message)
            root_rules.require_lifetime(SNAPSHOT, snapshot.expires, now)
            _require_snapshot_of(snapshot, announced_files(held.files, batch), batch)
        return snapshot
    if TARGETS not in batch and TARGETS not in held.files:
        raise PublicationRefusedError(
            "ErrBadHierarchy", "targets must be loaded first", missing="targets"
        )
    if not _can_sign(root.role_keys(SNAPSHOT), server_keys):
        raise PublicationRefusedError(
            "ErrBadHierarchy",
            "no snapshot was included in update and server does not hold current snapshot key for "
            "repository; sign the snapshot too, or hand its key over with: notary key rotate GUN snapshot -r",
            missing="snapshot",
        )
    return None


def _require_snapshot_of(
    snapshot: Snapshot, files: Mapping[RoleName, bytes], batch: Mapping[RoleName, bytes]
) -> None:
    for role, meta in snapshot.meta.items():
        if role not in files:
            raise MetadataMismatchError(
                f"the snapshot names {role}, which is not here; publish it too"
            )
        meta.require_match(role, files[role])
    missing = [str(role) for role in batch if role != SNAPSHOT and role not in snapshot.meta]
    if missing:
        raise MetadataMismatchError(
            f"the snapshot leaves out {missing[0]}; update, then publish again"
        )


def _require_timestamp_key(root: Root, server_keys: ServerKeys) -> None:
    if not _can_sign(root.role_keys(TIMESTAMP), server_keys):
        raise PublicationRefusedError(
            "ErrBadRoot",
            "no timestamp keys exist on the server for this root; its timestamp key must be the one this server gives out",
        )


def _can_sign(keys: RoleKeys, server_keys: ServerKeys) -> bool:
    ours = {key.identity for key in keys.keys if key.key_id in server_keys.get(keys.role, ())}
    return len(ours) >= keys.threshold


def _require_not_wedged(
    gun: str, root: Root, held: Held, judged: Mapping[RoleName, Targets], file: Targets
) -> None:
    """Name the repair when a role's held file is by a signer who was removed.

    Other signers cannot load it, begin anew at version 1, and meet a higher version here: with stock tools the role is stuck until
    somebody witnesses it (notary#1444, notary#1500).
    """
    raw = held.files.get(file.role)
    if raw is None or not file.role.is_delegation or file.version > held.version(file.role):
        return
    kept = parse_targets(raw, file.role)
    try:
        require_threshold(
            _targets_keys(root, file.role, held, judged, kept), kept.signatures, kept.message
        )
    except (SignatureThresholdError, PublicationRefusedError) as error:
        raise PublicationRefusedError(
            "ErrValidation",
            f"{file.role} is held in version {kept.version}, signed by a signer who was removed since; whoever may sign it "
            f"now repairs it with: notary witness {gun} {file.role} -p",
        ) from error


def _require_next_version(gun: str, role: RoleName, version: int, held: int) -> None:
    if version <= held:
        raise MetadataVersionError(gun, str(role), version)
    if version > held + limits.VERSION_JUMP:
        raise PublicationRefusedError(
            "ErrValidation",
            f"{role} version {version} leaps over the {held} held; the next is {held + 1}, "
            f"and at most {limits.VERSION_JUMP} may be skipped",
        )
