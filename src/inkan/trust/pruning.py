"""Old metadata goes, and nothing that a client may still need.

Kept for ever: every root (a client that was away follows the chain), and the current version of every role. Kept for a while: timestamps and
snapshots of the last days, and never fewer than the newest few; and every targets file that a kept snapshot names, since a client in the middle of
an update asks for it by hash. The rest is what the reference keeps for ever, and its database grows with every push.

Source: TUF 1.0 § 6.2 on consistent snapshots and their removal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inkan.clock import Clock
from inkan.oci.reference import Gun
from inkan.store.ports import TrustHistory, TrustStore
from inkan.store.records import TrustVersion
from inkan.trust.collection_locks import CollectionLocks
from inkan.tuf.metadata import parse_snapshot
from inkan.tuf.roles import ROOT, SNAPSHOT, TIMESTAMP, RoleName

KEPT_FOR = timedelta(days=2)
KEPT_AT_LEAST = 10
_COLLECTIONS_A_RUN = 200


def kept_announcements(versions: Sequence[TrustVersion], now: datetime) -> set[TrustVersion]:
    """Return the timestamps and snapshots to keep: the newest few, and those of the last days."""
    kept: set[TrustVersion] = set()
    for role in (TIMESTAMP, SNAPSHOT):
        newest = sorted((v for v in versions if v.role == role), key=lambda v: -v.version)
        kept.update(newest[:KEPT_AT_LEAST])
        kept.update(v for v in newest if now - v.created_at < KEPT_FOR)
    return kept


def doomed(
    versions: Sequence[TrustVersion],
    announcements: set[TrustVersion],
    named: Mapping[RoleName, set[str]],
) -> list[TrustVersion]:
    """Return the versions that nobody needs any more.

    Args:
        versions: all that are kept.
        announcements: the timestamps and snapshots to keep.
        named: the hashes of each role's files that the kept snapshots name.
    """
    current = {
        role: max(v.version for v in versions if v.role == role)
        for role in {v.role for v in versions}
    }
    return [
        version
        for version in versions
        if version.role != ROOT
        and version.version != current[version.role]
        and version not in announcements
        and version.sha256 not in named.get(version.role, set())
    ]


@dataclass(frozen=True, slots=True)
class Pruning:
    """Removes old versions."""

    store: TrustStore
    history: TrustHistory
    locks: CollectionLocks
    clock: Clock

    async def prune(self, gun: Gun) -> int:
        """Remove what nobody needs of a collection; return how many versions that were."""
        async with self.locks.of(gun):
            versions = await self.history.list_versions(gun)
            announcements = kept_announcements(versions, self.clock.now())
            named: dict[RoleName, set[str]] = {}
            for one in announcements:
                if one.role != SNAPSHOT:
                    continue
                record = await self.store.find_version(gun, SNAPSHOT, one.version)
                assert record is not None
                for role, meta in parse_snapshot(record.raw).meta.items():
                    named.setdefault(role, set()).add(meta.hashes["sha256"].hex())
            gone = doomed(versions, announcements, named)
            if gone:
                await self.history.prune(gun, gone)
            return len(gone)

    async def prune_long(self) -> int:
        """Prune collections that have grown long; return how many versions went."""
        # half as many again, so that a collection is not looked at after every push
        more_than = KEPT_AT_LEAST + KEPT_AT_LEAST // 2
        guns = await self.history.list_long(more_than, _COLLECTIONS_A_RUN)
        return sum([await self.prune(gun) for gun in guns])
