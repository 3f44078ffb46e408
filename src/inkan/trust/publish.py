"""Publishing: a verdict on the uploaded batch, the server's own signatures, one transaction.

The verdict is `tuf/publication.py`'s and pure. What it accepts is kept byte for byte; the server adds a snapshot, unless the client brought
its own, and always a timestamp. All of it becomes visible in the same instant or not at all.

Source: Notary v1 server, update handler and its validation; order and messages as in `tuf/publication.py`.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from inkan.clock import Clock
from inkan.errors import AccessDeniedError, ConflictError, InvalidError, MetadataVersionError
from inkan.oci.reference import Gun
from inkan.store.ports import TrustHistory, TrustStore
from inkan.store.records import MetadataRecord, TrustAct, TrustEvent
from inkan.trust.acts import Actor, published, refused, revokes
from inkan.trust.collection_locks import CollectionLocks
from inkan.trust.freshness import Lifetimes
from inkan.trust.online_keys import ONLINE_ROLES, OnlineSigners
from inkan.trust.records import in_force, record_made, record_of
from inkan.tuf.publication import Accepted, Held, Upload, judge, timestamp_after
from inkan.tuf.roles import SNAPSHOT, TIMESTAMP, RoleName
from inkan.tuf.sign import Signer, sign

# another process may publish between our look and our write; each attempt looks anew
_ATTEMPTS = 5
# verdicts on more than this leave the event loop: a second of checking would stall every other client
_INLINE_BYTES = 256 * 1024

Signers = Mapping[RoleName, Sequence[Signer]]


@dataclass(frozen=True, slots=True)
class Publishing:
    """Publishes batches of metadata."""

    store: TrustStore
    history: TrustHistory
    signers: OnlineSigners
    locks: CollectionLocks
    clock: Clock
    lifetimes: Lifetimes

    async def publish(self, gun: Gun, uploads: Sequence[Upload], actor: Actor) -> None:
        """Keep a batch, with the server's snapshot and timestamp over it; durable when it returns.

        Raises:
            PublicationRefusedError: if the batch breaks a rule.
            MetadataVersionError: if somebody else published one of its versions first.
            AccessDeniedError: if it takes signatures back and the actor may not.
        """
        try:
            await self._publish(gun, uploads, actor)
        except (InvalidError, ConflictError, AccessDeniedError) as error:
            roles = [upload.role for upload in uploads]
            now = self.clock.now()
            await self.history.add_event(refused(gun, TrustAct.PUBLISH, actor, now, roles, error))
            raise

    async def _publish(self, gun: Gun, uploads: Sequence[Upload], actor: Actor) -> None:
        made_here = {str(role) for role in ONLINE_ROLES} - {str(one.role) for one in uploads}
        async with self.locks.of(gun):
            for attempt in range(1, _ATTEMPTS + 1):
                records, event = await self._prepare(gun, uploads, actor)
                try:
                    await self.store.publish(records, event)
                except MetadataVersionError as error:
                    # only what we made ourselves may clash and be made again
                    if error.role not in made_here or attempt == _ATTEMPTS:
                        raise
                else:
                    return

    async def _prepare(
        self, gun: Gun, uploads: Sequence[Upload], actor: Actor
    ) -> tuple[Sequence[MetadataRecord], TrustEvent]:
        current = await self.store.current(gun)
        held = Held(
            {role: record.raw for role, record in current.items()},
            {role: record.version for role, record in current.items()},
        )
        signers = {role: await self.signers.list(gun, role) for role in ONLINE_ROLES}
        now = self.clock.now()

        def prepare() -> tuple[Sequence[MetadataRecord], TrustEvent]:
            ids = {role: {s.public_key.key_id for s in keys} for role, keys in signers.items()}
            accepted = judge(str(gun), held, uploads, ids, now, self.lifetimes.snapshot)
            records = self._records(gun, held, accepted, signers, now)
            event = published(gun, actor, now, held, accepted)
            if revokes(event) and not actor.may_revoke:
                raise AccessDeniedError(
                    f"{actor.account} may sign in {gun} but not take signatures back: that needs the right to delete; "
                    "a manager of the namespace can grant the role writer"
                )
            return records, event

        if sum(len(upload.raw) for upload in uploads) > _INLINE_BYTES:
            return await asyncio.to_thread(prepare)
        return prepare()

    def _records(
        self, gun: Gun, held: Held, accepted: Accepted, signers: Signers, now: datetime
    ) -> Sequence[MetadataRecord]:
        records = [record_of(gun, file, now) for file in accepted.uploads]
        snapshot = self._snapshot(accepted, signers)
        if accepted.snapshot is not None:
            records.append(record_made(gun, SNAPSHOT, accepted.snapshot, snapshot, now))
        draft = timestamp_after(held, snapshot, now, self.lifetimes.timestamp)
        chosen = in_force(signers[TIMESTAMP], accepted.timestamp_keys.keys)
        records.append(record_made(gun, TIMESTAMP, draft, sign(draft, chosen), now))
        return records

    @staticmethod
    def _snapshot(accepted: Accepted, signers: Signers) -> bytes:
        if accepted.snapshot is not None:
            return sign(accepted.snapshot, in_force(signers[SNAPSHOT], accepted.snapshot_keys.keys))
        return next(file.raw for file in accepted.uploads if file.role == SNAPSHOT)
