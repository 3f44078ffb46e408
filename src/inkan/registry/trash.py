"""The trash: a deleted image can be had back for a while. Its blobs are kept meanwhile; whoever asks the registry is told that it is gone.

An image in the trash counts for no quota, and nobody can empty the trash: who took over an account cannot destroy for good within a moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inkan.clock import Clock
from inkan.oci.digest import Digest
from inkan.oci.reference import Namespace, RepositoryName, Tag
from inkan.store.ports import Trash
from inkan.store.records import Act, TrashRecord

_BATCH = 100


@dataclass(frozen=True, slots=True)
class TrashService:
    """Lists, restores and expires what was deleted.

    Attributes:
        lifetime: how long it can be had back.
    """

    trash: Trash
    clock: Clock
    lifetime: timedelta

    async def list(self, namespace: Namespace | None) -> Sequence[TrashRecord]:
        """Return what can be had back, of a namespace or of all."""
        now = self.clock.now()
        return [one for one in await self.trash.list(namespace) if self.ends_at(one) > now]

    async def restore(
        self, repository: RepositoryName, reference: Tag | Digest, account: str
    ) -> TrashRecord:
        """Put an image back; return it with the tags that came back.

        Raises:
            TrashUnknownError: if it is not in the trash.
            TagTakenError: if the tag that it is asked for by is another image by now.
            ManifestBlobUnknownError: if it is an index, and an image of it is gone for good.
        """
        return await self.trash.restore(repository, reference, Act(account, self.clock.now()))

    async def expire(self) -> int:
        """Forget for good what nobody wanted back; return how much that was."""
        total = 0
        while done := await self.trash.expire(self.clock.now() - self.lifetime, _BATCH):
            total += done
        return total

    def ends_at(self, record: TrashRecord) -> datetime:
        """Return when an image is forgotten for good."""
        return record.deleted.at + self.lifetime
