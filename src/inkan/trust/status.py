"""Who has signed what: the tags of a repository as its collections name them, under every host name.

Source: docker CLI, `docker trust inspect` (which rows, which signers).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inkan.oci.reference import Gun, RepositoryName
from inkan.store.ports import TrustStore
from inkan.tuf.delegations import SignedTag, released, verified
from inkan.tuf.metadata import parse_root, parse_targets
from inkan.tuf.roles import ROOT


@dataclass(frozen=True, slots=True)
class CollectionStatus:
    """What one collection has signed."""

    gun: Gun
    tags: Mapping[str, SignedTag]


@dataclass(frozen=True, slots=True)
class TrustStatus:
    """Reads collections for people; what is shown is verified from the root down."""

    store: TrustStore

    async def list(self, repository: RepositoryName) -> Sequence[CollectionStatus]:
        """Return the collections of a repository, one for each host name it was signed under."""
        return [await self._status(gun) for gun in await self.store.list_collections(repository)]

    async def _status(self, gun: Gun) -> CollectionStatus:
        current = await self.store.current(gun)
        if ROOT not in current:
            return CollectionStatus(gun, {})
        files = {
            role: parse_targets(record.raw, role)
            for role, record in current.items()
            if role.is_targets_like
        }
        return CollectionStatus(gun, released(verified(parse_root(current[ROOT].raw), files)))
