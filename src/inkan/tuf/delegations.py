"""What is released, and by whom: the view of a collection that `docker trust inspect` gives.

Only `targets` and `targets/releases` release a tag. The signers of a release are the other roles that name the same tag and digest.

Source: docker CLI 28, `trust/inspect`; Notary v1, delegations.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from inkan.errors import UntrustedError
from inkan.tuf.metadata import Root, Targets
from inkan.tuf.roles import RELEASES, TARGETS, RoleName
from inkan.tuf.verify import require_threshold

REPO_ADMIN = "Repo Admin"


@dataclass(frozen=True, slots=True)
class SignedTag:
    """A released tag.

    Attributes:
        digest: the SHA-256 of its manifest, in hexadecimal.
        length: the manifest's size in bytes.
        signers: names of the delegations that sign it too, or `Repo Admin` alone.
    """

    tag: str
    digest: str
    length: int
    signers: tuple[str, ...]


def released(files: Mapping[RoleName, Targets]) -> dict[str, SignedTag]:
    """Return the released tags of verified files, by tag; `targets/releases` has precedence over `targets`."""
    tags: dict[str, SignedTag] = {}
    for role in (TARGETS, RELEASES):
        if role not in files:
            continue
        for name, target in files[role].targets.items():
            if target.sha256 and may_sign(files, role, name):
                signers = _signers(files, name, target.sha256)
                tags[name] = SignedTag(name, target.sha256, target.length, signers)
    return tags


def may_sign(files: Mapping[RoleName, Targets], role: RoleName, name: str) -> bool:
    """Return whether a role's entry for a name counts: whoever delegated to it allows the name, and so on up to `targets`."""
    while role != TARGETS:
        parent = files.get(role.parent)
        delegation = parent.find_delegation(role) if parent else None
        if delegation is None or not delegation.permits(name):
            return False
        role = role.parent
    return True


def verified(root: Root, files: Mapping[RoleName, Targets]) -> dict[RoleName, Targets]:
    """Return those of the files that their delegators vouch for, from `targets` downwards; others are left out with all below."""
    kept: dict[RoleName, Targets] = {}
    for role in _downwards(files):
        if role == TARGETS:
            keys = root.role_keys(TARGETS)
        else:
            parent = kept.get(role.parent)
            delegation = parent.find_delegation(role) if parent else None
            if delegation is None:
                continue
            keys = delegation.keys
        try:
            require_threshold(keys, files[role].signatures, files[role].message)
        except UntrustedError:
            continue
        kept[role] = files[role]
    return kept


def _downwards(files: Mapping[RoleName, Targets]) -> Iterator[RoleName]:
    yield from sorted(files, key=lambda role: (role.depth, role.text))


def _signers(files: Mapping[RoleName, Targets], name: str, digest: str) -> tuple[str, ...]:
    signers = [
        str(role).removeprefix("targets/")
        for role, file in files.items()
        if role.is_delegation
        and role != RELEASES
        and name in file.targets
        and file.targets[name].sha256 == digest
        and may_sign(files, role, name)
    ]
    return tuple(sorted(signers)) or (REPO_ADMIN,)
