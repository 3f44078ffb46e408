"""What somebody did to a collection, as an event for the audit log: who, from where, which roles, tags and keys, and why it was refused.

Notary keeps no such record; who published was only ever in request logs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inkan.errors import InkanError
from inkan.oci.reference import Gun
from inkan.store.records import TrustAct, TrustEvent
from inkan.tuf.compact_targets import CompactTargets
from inkan.tuf.metadata import Targets, parse_targets
from inkan.tuf.publication import Accepted, Held
from inkan.tuf.roles import RoleName
from inkan.tuf.target import Target

# an event is for people; a batch that changes more tags than this is told by their number
_NAMES_LISTED = 50


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where.

    Attributes:
        may_revoke: whether they may take signatures back, which is a right of its own.
    """

    account: str
    address: str
    may_revoke: bool = True


def published(gun: Gun, actor: Actor, at: datetime, held: Held, accepted: Accepted) -> TrustEvent:
    """Return the event of an accepted batch."""
    roles = {str(file.role): file.version for file in accepted.uploads}
    keys = sorted({one.key_id for file in accepted.uploads for one in file.signatures})
    tags: dict[str, Any] = {}
    for file in accepted.uploads:
        if isinstance(file, Targets):
            before = held.files.get(file.role)
            if changes := _tag_changes(before, file):
                tags[str(file.role)] = changes
    detail = {"roles": roles, "keys": keys, "tags": tags}
    return done(gun, TrustAct.PUBLISH, actor, at, detail)


def revokes(event: TrustEvent) -> bool:
    """Return whether the event of a publish takes signatures back."""
    return any("revoked" in changes for changes in event.detail["tags"].values())


def refused(
    gun: Gun,
    act: TrustAct,
    actor: Actor,
    at: datetime,
    roles: Iterable[RoleName],
    error: InkanError,
) -> TrustEvent:
    """Return the event of something that was refused."""
    detail = {"roles": sorted({str(role) for role in roles}), "reason": str(error)[:600]}
    return TrustEvent(at, gun, act, actor.account, actor.address, is_refused=True, detail=detail)


def done(
    gun: Gun, act: TrustAct, actor: Actor, at: datetime, detail: Mapping[str, Any]
) -> TrustEvent:
    """Return the event of something that was done."""
    return TrustEvent(at, gun, act, actor.account, actor.address, is_refused=False, detail=detail)


def _tag_changes(before: bytes | None, file: Targets) -> dict[str, Any]:
    old, new = _compared(before, file)
    changes = {
        "signed": sorted(new.keys() - old.keys()),
        "moved": sorted(name for name in new.keys() & old.keys() if new[name] != old[name]),
        "revoked": sorted(old.keys() - new.keys()),
    }
    return {
        kind: names
        if len(names) <= _NAMES_LISTED
        else [*names[:_NAMES_LISTED], f"and {len(names) - _NAMES_LISTED} more"]
        for kind, names in changes.items()
        if names
    }


def _compared(
    before: bytes | None, file: Targets
) -> tuple[Mapping[str, Target], Mapping[str, Target]]:
    if before is None:
        return {}, file.targets
    if isinstance(file.targets, CompactTargets) and (few := file.targets.changes_since(before)):
        return few
    return parse_targets(before, file.role).targets, file.targets
