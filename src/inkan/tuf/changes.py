"""What owners and signers change: verified files in, drafts of the next files out. Nothing is signed here.

A draft is the `signed` tree of the next version. Each function says one act of `docker trust` or `notary`; what a file says besides is kept as it is.

Source: Notary v1, `client/helpers.go` and `tuf/tuf.go`; docker CLI, `trust signer add|remove`.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from inkan.tuf.envelope import format_expiry
from inkan.tuf.keys import PublicKey
from inkan.tuf.metadata import Root, Targets
from inkan.tuf.roles import BASE_ROLES, RELEASES, RoleName
from inkan.tuf.target import Target

Tree = dict[str, Any]
ROOT_LIFETIME = timedelta(days=3650)
TARGETS_LIFETIME = timedelta(days=1095)


@dataclass(frozen=True, slots=True)
class Signature:
    """What is to be signed for a tag: its manifest's digest and size."""

    tag: str
    sha256: bytes
    length: int

    @classmethod
    def of(cls, target: Target) -> "Signature":
        """Return the same for a target that is signed already."""
        return cls(target.name, target.hashes["sha256"], target.length)

    @property
    def entry(self) -> Tree:
        """The entry in a targets file, as docker writes it."""
        return {"hashes": {"sha256": b64encode(self.sha256).decode()}, "length": self.length}


def first_root(roles: Mapping[RoleName, PublicKey], now: datetime) -> Tree:
    """Return the draft of version 1 of a root with one key for each base role."""
    return {
        "_type": "Root",
        "consistent_snapshot": False,
        "expires": format_expiry(now + ROOT_LIFETIME),
        "keys": {key.key_id: key.to_json() for key in roles.values()},
        "roles": {
            str(role): {"keyids": [roles[role].key_id], "threshold": 1} for role in BASE_ROLES
        },
        "version": 1,
    }


def rotate(root: Root, role: RoleName, key: PublicKey, now: datetime) -> Tree:
    """Return the draft of the next root, in which a role has one key, a new one. Old root certificates stay listed, as the reference leaves them."""
    tree = _next(root.tree(), now + ROOT_LIFETIME)
    tree["keys"][key.key_id] = key.to_json()
    tree["roles"][str(role)]["keyids"] = [key.key_id]
    return tree


def first_targets(now: datetime) -> Tree:
    """Return the draft of version 1 of a targets file with nothing in it."""
    return {
        "_type": "Targets",
        "delegations": {"keys": {}, "roles": []},
        "expires": format_expiry(now + TARGETS_LIFETIME),
        "targets": {},
        "version": 1,
    }


def sign_tags(file: Targets | None, signatures: Iterable[Signature], now: datetime) -> Tree:
    """Return the draft of the next file of a role, in which tags are signed; the first one where there is none."""
    tree = _next_targets(file, now)
    tree["targets"].update({one.tag: one.entry for one in signatures})
    return tree


def revoke_tags(file: Targets, tags: Iterable[str], now: datetime) -> Tree:
    """Return the draft of the next file of a role without some tags."""
    tree = _next_targets(file, now)
    for tag in tags:
        tree["targets"].pop(tag, None)
    return tree


def witness(file: Targets, now: datetime) -> Tree:
    """Return the draft of the next version of a role that says what it said."""
    return _next_targets(file, now)


def add_signer(file: Targets, name: str, keys: Sequence[PublicKey], now: datetime) -> Tree:
    """Return the draft of the next targets, in which a signer may sign every tag, in a role of their own and in `targets/releases`."""
    tree = _next_targets(file, now)
    listed = tree["delegations"]["keys"]
    listed.update({key.key_id: key.to_json() for key in keys})
    for role in (f"targets/{name}", str(RELEASES)):
        entry = next((one for one in tree["delegations"]["roles"] if one["name"] == role), None)
        if entry is None:
            entry = {"keyids": [], "name": role, "paths": [""], "threshold": 1}
            tree["delegations"]["roles"].append(entry)
        known = entry["keyids"] or []
        entry["keyids"] = [*known, *(key.key_id for key in keys if key.key_id not in known)]
    return tree


def remove_signer(file: Targets, name: str, now: datetime) -> Tree:
    """Return the draft of the next targets without a signer's role and without their keys in `targets/releases`."""
    tree = _next_targets(file, now)
    roles = tree["delegations"]["roles"]
    gone = {
        key_id
        for one in roles
        if one["name"] == f"targets/{name}"
        for key_id in one["keyids"] or []
    }
    kept = [one for one in roles if one["name"] != f"targets/{name}"]
    for one in kept:
        if one["name"] == str(RELEASES):
            one["keyids"] = [key_id for key_id in one["keyids"] or [] if key_id not in gone]
    used = {key_id for one in kept for key_id in one["keyids"] or []}
    tree["delegations"]["roles"] = kept
    tree["delegations"]["keys"] = {
        k: v for k, v in tree["delegations"]["keys"].items() if k in used
    }
    return tree


def _next_targets(file: Targets | None, now: datetime) -> Tree:
    if file is None:
        return first_targets(now)
    tree = _next(file.tree(), now + TARGETS_LIFETIME)
    # Go writes null for what is empty
    tree["targets"] = tree.get("targets") or {}
    tree["delegations"] = tree.get("delegations") or {}
    tree["delegations"]["keys"] = tree["delegations"].get("keys") or {}
    tree["delegations"]["roles"] = tree["delegations"].get("roles") or []
    return tree


def _next(tree: Tree, expires: datetime) -> Tree:
    return {**tree, "version": tree["version"] + 1, "expires": format_expiry(expires)}
