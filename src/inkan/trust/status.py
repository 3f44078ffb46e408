"""The state of a collection for people: who signs, what is signed, what expires when, what is stuck.

What is shown as signed is verified from the root down. Nothing here is a verdict that a pull may rest on.

Source: docker CLI, `docker trust inspect` (which rows, which signers); Notary v1, delegations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inkan.errors import CertificateInvalidError, MetadataUnknownError
from inkan.oci.reference import Gun, RepositoryName
from inkan.store.ports import TrustStore
from inkan.store.records import MetadataRecord
from inkan.tuf.certificates import RootCertificate
from inkan.tuf.delegations import SignedTag, released, verified
from inkan.tuf.metadata import Root, Targets, parse_root, parse_targets
from inkan.tuf.roles import RELEASES, ROOT, TARGETS, RoleName

# Notary's clients begin to warn at the same time
WARN_BEFORE = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class FileStatus:
    """One role's current file.

    Attributes:
        is_verified: whether its delegators vouch for it; a role that is not is skipped by every client.
    """

    version: int
    expires_at: datetime
    signed_by: tuple[str, ...]
    is_verified: bool


@dataclass(frozen=True, slots=True)
class CollectionStatus:
    """The state of one collection.

    Attributes:
        signers: names of delegations that sign releases, with the IDs of their keys.
        wedged: delegations whose file is by a signer who was removed: stuck until somebody witnesses them.
        certificate_expires_at: when the last root certificate ends.
    """

    gun: Gun
    tags: Mapping[str, SignedTag]
    signers: Mapping[str, tuple[str, ...]]
    root_keys: tuple[str, ...]
    repository_keys: tuple[str, ...]
    files: Mapping[RoleName, FileStatus]
    wedged: tuple[RoleName, ...]
    certificate_expires_at: datetime | None

    def expiring(self, before: datetime) -> dict[str, datetime]:
        """Return what of the owner's ends before an instant: root, targets, delegations, the root certificate."""
        ends = {
            str(role): file.expires_at
            for role, file in self.files.items()
            if role == ROOT or (role.is_targets_like and file.is_verified)
        }
        if self.certificate_expires_at is not None:
            ends["root certificate"] = self.certificate_expires_at
        return {name: at for name, at in ends.items() if at < before}


@dataclass(frozen=True, slots=True)
class TrustStatus:
    """Reads collections for people."""

    store: TrustStore

    async def list(self, repository: RepositoryName) -> Sequence[CollectionStatus]:
        """Return the collections of a repository, one for each host name it was signed under."""
        return [await self.get(gun) for gun in await self.store.list_collections(repository)]

    async def signed_digests(self, repository: RepositoryName) -> set[str]:
        """Return every digest that any current metadata of a repository names, verified or not: what must not vanish.

        Raises:
            MetadataInvalidError: if some cannot be read; what is signed is then not known, and nothing may go.
        """
        found: set[str] = set()
        for gun in await self.store.list_collections(repository):
            for role, record in (await self.store.current(gun)).items():
                if role.is_targets_like:
                    targets = parse_targets(record.raw, role).targets
                    found |= {f"sha256:{one.sha256}" for one in targets.values()}
        return found

    async def get(self, gun: Gun) -> CollectionStatus:
        """Return the state of a collection.

        Raises:
            MetadataUnknownError: if there is no such collection.
        """
        current = await self.store.current(gun)
        if ROOT not in current:
            raise MetadataUnknownError(str(gun), "trust data")
        return describe(gun, current)


def describe(gun: Gun, current: Mapping[RoleName, MetadataRecord]) -> CollectionStatus:
    """Return the state that a collection's current files make."""
    root = parse_root(current[ROOT].raw)
    files = {
        role: parse_targets(record.raw, role)
        for role, record in current.items()
        if role.is_targets_like
    }
    vouched = verified(root, files)
    targets = vouched.get(TARGETS)
    delegations = targets.delegations if targets else ()
    return CollectionStatus(
        gun=gun,
        tags=released(vouched),
        signers={
            str(one.role).removeprefix("targets/"): tuple(k.canonical_key_id for k in one.keys.keys)
            for one in delegations
            if one.role != RELEASES
        },
        root_keys=tuple(key.key_id for key in root.role_keys(ROOT).keys),
        repository_keys=tuple(key.key_id for key in root.role_keys(TARGETS).keys),
        files={
            role: _file(record, files.get(role), is_verified=role not in files or role in vouched)
            for role, record in current.items()
        },
        wedged=tuple(
            one.role
            for one in delegations
            if one.role in files and one.role not in vouched and one.keys.keys
        ),
        certificate_expires_at=_certificate_end(root),
    )


def _file(record: MetadataRecord, file: Targets | None, *, is_verified: bool) -> FileStatus:
    signed_by = tuple(one.key_id for one in file.signatures) if file else ()
    return FileStatus(record.version, record.expires_at, signed_by, is_verified)


def _certificate_end(root: Root) -> datetime | None:
    ends = []
    for key in root.role_keys(ROOT).keys:
        if key.keytype.is_certificate:
            try:
                ends.append(RootCertificate.parse(key.public).not_after)
            except CertificateInvalidError:
                continue
    return max(ends, default=None)
