"""No client is ever served a timestamp or snapshot of ours that is past its expiry.

Two lines of defence: a job renews what is past half its life, and a read renews what the job has missed. A snapshot whose key is the
owner's is the owner's to renew; it is served as it is, and the client says that it has expired.

Source: Notary v1 server, timestamp and snapshot handlers (which renew only after the expiry; Docker Hub served an expired one in 2018).
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inkan.clock import Clock
from inkan.errors import InkanError, MetadataVersionError
from inkan.oci.reference import Gun
from inkan.store.ports import TrustStore
from inkan.store.records import MetadataRecord
from inkan.trust.collection_locks import CollectionLocks
from inkan.trust.online_keys import ONLINE_ROLES, OnlineSigners
from inkan.trust.records import in_force, record_made
from inkan.tuf.metadata import parse_root
from inkan.tuf.publication import Held, renewed_snapshot, timestamp_after
from inkan.tuf.roles import ROOT, SNAPSHOT, TIMESTAMP, RoleName
from inkan.tuf.sign import sign

logger = logging.getLogger(__name__)
_PAGE = 500


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long what the server signs is good for."""

    timestamp: timedelta
    snapshot: timedelta

    def of(self, role: RoleName) -> timedelta:
        """Return the lifetime of a role's metadata."""
        return self.timestamp if role == TIMESTAMP else self.snapshot


@dataclass(frozen=True, slots=True)
class Freshness:
    """Renews timestamps and snapshots."""

    store: TrustStore
    signers: OnlineSigners
    locks: CollectionLocks
    clock: Clock
    lifetimes: Lifetimes

    async def current(self, gun: Gun, role: RoleName) -> MetadataRecord | None:
        """Return a role's current metadata, renewed first where that is due and ours to do.

        A renewal that fails is logged, and what is kept is served while it is still good: reading goes on when writing cannot.
        """
        record = await self.store.find_current(gun, role)
        if record is None or role not in ONLINE_ROLES or not self._due(record):
            return record
        try:
            await self.renew(gun)
        except InkanError as error:
            logger.error("renewal failed", extra={"gun": str(gun), "error": str(error)})  # noqa: TRY400
            return record
        return await self.store.find_current(gun, role)

    async def renew(self, gun: Gun) -> None:
        """Make a new timestamp, and a new snapshot if that is due, where they are past half their life."""
        async with self.locks.of(gun):
            current = await self.store.current(gun)
            timestamp, snapshot = current.get(TIMESTAMP), current.get(SNAPSHOT)
            if timestamp is None or snapshot is None:
                return
            if not (self._due(timestamp) or self._due(snapshot)):
                return
            records = await self._renewed(gun, current)
            try:
                await self.store.publish(records)
            except MetadataVersionError:
                # another process renewed or published in the meantime: what is current now is fresh
                return

    async def renew_due(self) -> int:
        """Renew every collection that is due; return how many were tried."""
        tried = 0
        for role in ONLINE_ROLES:
            before = self.clock.now() + self.lifetimes.of(role) / 2
            for gun in await self.store.list_expiring(role, before, _PAGE):
                tried += 1
                try:
                    await self.renew(gun)
                except InkanError:
                    logger.exception("renewal failed", extra={"gun": str(gun)})
        return tried

    async def _renewed(
        self, gun: Gun, current: Mapping[RoleName, MetadataRecord]
    ) -> Sequence[MetadataRecord]:
        now = self.clock.now()
        held = Held({role: record.raw for role, record in current.items()})
        root = parse_root(current[ROOT].raw)
        records: list[MetadataRecord] = []
        snapshot = current[SNAPSHOT].raw
        owned = in_force(await self.signers.list(gun, SNAPSHOT), root.role_keys(SNAPSHOT).keys)
        if owned and self._due(current[SNAPSHOT]):
            renewed = renewed_snapshot(held, now, self.lifetimes.snapshot)
            snapshot = sign(renewed, owned)
            records.append(record_made(gun, SNAPSHOT, renewed, snapshot, now))
        signers = in_force(await self.signers.list(gun, TIMESTAMP), root.role_keys(TIMESTAMP).keys)
        draft = timestamp_after(held, snapshot, now, self.lifetimes.timestamp)
        records.append(record_made(gun, TIMESTAMP, draft, sign(draft, signers), now))
        return records

    def _due(self, record: MetadataRecord) -> bool:
        return self.clock.now() >= half_life(record)


def half_life(record: MetadataRecord) -> datetime:
    """Return the instant at which half of a record's life is over."""
    return record.created_at + (record.expires_at - record.created_at) / 2
