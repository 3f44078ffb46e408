"""What becomes of images, put together: the trash, immutable tags, retention."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from inkan.admin.immutable_tags_api import ImmutableTagHandlers, immutable_tags_routes
from inkan.admin.retention_api import RetentionHandlers, retention_routes
from inkan.admin.trash_api import TrashHandlers, trash_routes
from inkan.clock import Clock
from inkan.registry.immutability import ImmutabilityService
from inkan.registry.retention import RetentionService, SignedDigests
from inkan.registry.trash import TrashService
from inkan.server.jobs import Job
from inkan.server.settings import Settings
from inkan.server.stores import Stores
from inkan.store.sql.immutable_tags import SqlImmutableTags
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.retention import SqlRetention
from inkan.store.sql.trash import SqlTrash
from inkan.web.routing import Route


@dataclass(frozen=True, slots=True)
class LifecycleParts:
    """The parts that other parts are given.

    Attributes:
        routes: of the management API.
    """

    routes: Sequence[Route]
    jobs: Sequence[Job]


def build_lifecycle(
    settings: Settings, stores: Stores, clock: Clock, signed: SignedDigests
) -> LifecycleParts:
    """Return the trash and the rules about tags, with their rows and their jobs."""
    trash = TrashService(SqlTrash(stores.database), clock, settings.trash_lifetime)
    immutable, namespaces = SqlImmutableTags(stores.database), SqlNamespaces(stores.database)
    retention = RetentionService(
        SqlRetention(stores.database), immutable, namespaces, signed, clock
    )
    immutability = ImmutabilityService(immutable)
    return LifecycleParts(
        routes=(
            *trash_routes(TrashHandlers(trash)),
            *retention_routes(RetentionHandlers(retention)),
            *immutable_tags_routes(ImmutableTagHandlers(immutability)),
        ),
        jobs=[
            Job("expire the trash", timedelta(hours=1), trash.expire),
            Job("retention", timedelta(days=1), retention.run_all),
        ],
    )
