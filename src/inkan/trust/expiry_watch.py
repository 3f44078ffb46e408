"""What owners have to renew, told in time: in the metrics and in the log.

The server cannot sign for them. Docker Hub's and others' users were cut off more than once because nobody was told.
"""

import logging
from dataclasses import dataclass

from inkan.clock import Clock
from inkan.errors import InkanError
from inkan.store.ports import TrustStore
from inkan.trust.status import WARN_BEFORE, TrustStatus
from inkan.tuf.roles import ROOT
from inkan.web.metrics import Gauge

logger = logging.getLogger(__name__)
_COLLECTIONS = 100_000


@dataclass(frozen=True, slots=True)
class ExpiryWatch:
    """Looks through all collections for what ends soon.

    Attributes:
        expiring: how many collections have something of the owner's that ends within 180 days.
        expired: how many have something that has ended.
        wedged: how many have a role that is stuck.
    """

    store: TrustStore
    status: TrustStatus
    clock: Clock
    expiring: Gauge
    expired: Gauge
    wedged: Gauge

    async def look(self) -> None:
        """Look once."""
        now = self.clock.now()
        counts = {"expiring": 0, "expired": 0, "wedged": 0}
        far = now.replace(year=now.year + 1000)
        for gun in await self.store.list_expiring(ROOT, far, _COLLECTIONS):
            try:
                found = await self.status.get(gun)
            except InkanError:
                logger.exception("a collection cannot be read", extra={"gun": str(gun)})
                continue
            soon, ended = found.expiring(now + WARN_BEFORE), found.expiring(now)
            counts["expiring"] += bool(soon)
            counts["expired"] += bool(ended)
            counts["wedged"] += bool(found.wedged)
            if soon:
                ends = {name: at.isoformat() for name, at in soon.items()}
                logger.warning("metadata ends soon", extra={"gun": str(gun), "ends": ends})
        self.expiring.set(counts["expiring"])
        self.expired.set(counts["expired"])
        self.wedged.set(counts["wedged"])
