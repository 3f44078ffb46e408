"""The end of a collection's trust data: deleted by whoever may, or reset by an administrator and kept aside.

Source: Notary v1 server, DELETE; a lost root key, which otherwise ends a repository's name for good.
"""

import secrets
from dataclasses import dataclass

from inkan.clock import Clock
from inkan.oci.reference import Gun
from inkan.store.ports import TrustHistory, TrustStore
from inkan.store.records import TrustAct, TrustArchive
from inkan.trust.acts import Actor, done
from inkan.trust.collection_locks import CollectionLocks


@dataclass(frozen=True, slots=True)
class Reset:
    """Ends collections, and puts them back."""

    store: TrustStore
    history: TrustHistory
    locks: CollectionLocks
    clock: Clock

    async def delete(self, gun: Gun, actor: Actor) -> None:
        """Forget a collection; done already is done.

        Clients that know it refuse whatever begins under its name afterwards, or go on with their cached timestamp until that expires.
        """
        async with self.locks.of(gun):
            current = await self.store.current(gun)
            roles = {str(role): record.version for role, record in current.items()}
            event = done(gun, TrustAct.DELETE, actor, self.clock.now(), {"roles": roles})
            await self.store.delete(gun, event if roles else None)

    async def reset(self, gun: Gun, actor: Actor) -> TrustArchive:
        """Move a collection aside, so that it can begin anew; return the archive that can be put back.

        Raises:
            MetadataUnknownError: if there is no such collection.
        """
        archive = self._new_archive(gun, actor)
        async with self.locks.of(gun):
            detail = {"archive": archive.archive_id}
            event = done(gun, TrustAct.RESET, actor, archive.created_at, detail)
            await self.history.archive(archive, event)
        return archive

    async def restore(self, gun: Gun, archive_id: str, actor: Actor) -> TrustArchive | None:
        """Put an archive back; return the archive of what had begun meanwhile, if anything had.

        Raises:
            MetadataUnknownError: if the collection has no such archive.
        """
        aside = self._new_archive(gun, actor)
        async with self.locks.of(gun):
            detail = {"archive": archive_id, "aside": aside.archive_id}
            event = done(gun, TrustAct.RESTORE, actor, aside.created_at, detail)
            moved = await self.history.restore(archive_id, aside, event)
        return aside if moved else None

    def _new_archive(self, gun: Gun, actor: Actor) -> TrustArchive:
        now = self.clock.now()
        archive_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        return TrustArchive(archive_id, gun, now, actor.account)
