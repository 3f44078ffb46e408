"""What becomes of images, put together: the trash, immutable tags, retention, quotas."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from inkan.admin.immutable_tags_api import ImmutableTagHandlers, immutable_tags_routes
from inkan.admin.quota_api import QuotaHandlers, quota_routes
from inkan.admin.retention_api import RetentionHandlers, retention_routes
from inkan.admin.trash_api import TrashHandlers, trash_routes
from inkan.clock import Clock
from inkan.registry.immutability import ImmutabilityService
from inkan.registry.quotas import Quotas
from inkan.registry.retention import RetentionService, SignedDigests
from inkan.registry.traffic import Traffic
from inkan.registry.trash import TrashService
from inkan.server.jobs import Job
from inkan.server.settings import Settings
from inkan.server.stores import Stores
from inkan.store.sql.immutable_tags import SqlImmutableTags
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.retention import SqlRetention
from inkan.store.sql.trash import SqlTrash
from inkan.store.sql.usage import SqlUsage
from inkan.web.routing import Route

# each writes once, and makes answers in memory old
_FLUSH_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class LifecycleParts:
    """The parts that other parts are given.

    Attributes:
        routes: of the management API.
    """

    quotas: Quotas
    traffic: Traffic
    routes: Sequence[Route]
    jobs: Sequence[Job]


async def build_lifecycle(
    settings: Settings, stores: Stores, clock: Clock, signed: SignedDigests
) -> LifecycleParts:
    """Return the trash and the rules about tags, with their rows and their jobs."""
    trash = TrashService(SqlTrash(stores.database), clock, settings.trash_lifetime)
    immutable, namespaces = SqlImmutableTags(stores.database), SqlNamespaces(stores.database)
    retention = RetentionService(
        SqlRetention(stores.database), immutable, namespaces, signed, clock
    )
    immutability = ImmutabilityService(immutable)
    quotas = Quotas(SqlUsage(stores.database), clock)
    await quotas.flush()
    return LifecycleParts(
        quotas=quotas,
        traffic=Traffic(quotas),
        routes=(
            *trash_routes(TrashHandlers(trash)),
            *retention_routes(RetentionHandlers(retention)),
            *quota_routes(QuotaHandlers(quotas)),
            *immutable_tags_routes(ImmutableTagHandlers(immutability)),
        ),
        jobs=[
            Job("expire the trash", timedelta(hours=1), trash.expire),
            Job("count traffic", _FLUSH_EVERY, quotas.flush),
            Job("retention", timedelta(days=1), retention.run_all),
        ],
    )
