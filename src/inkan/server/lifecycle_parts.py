"""What becomes of images, put together: the trash, immutable tags, retention, quotas, webhooks."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from inkan.admin.immutable_tags_api import ImmutableTagHandlers, immutable_tags_routes
from inkan.admin.quota_api import QuotaHandlers, quota_routes
from inkan.admin.retention_api import RetentionHandlers, retention_routes
from inkan.admin.trash_api import TrashHandlers, trash_routes
from inkan.admin.webhook_api import WebhookHandlers, webhook_routes
from inkan.clock import Clock
from inkan.keys.sealing import KeyEncryptionKey
from inkan.registry.immutability import ImmutabilityService
from inkan.registry.quotas import Quotas
from inkan.registry.retention import RetentionService, SignedDigests
from inkan.registry.traffic import Traffic
from inkan.registry.trash import TrashService
from inkan.registry.webhook_metrics import WebhookMetrics
from inkan.registry.webhook_sender import WebhookSender
from inkan.registry.webhooks import Happenings, WebhookService
from inkan.server.jobs import Job
from inkan.server.settings import Settings
from inkan.server.stores import Stores
from inkan.store.sql.immutable_tags import SqlImmutableTags
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.retention import SqlRetention
from inkan.store.sql.trash import SqlTrash
from inkan.store.sql.usage import SqlUsage
from inkan.store.sql.webhooks import SqlWebhooks
from inkan.web.metrics import Metrics
from inkan.web.routing import Route

# each that writes makes answers in memory old: measured, an answer made anew costs 0.4 ms, one from memory 0.05 ms
_FLUSH_EVERY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class LifecycleParts:
    """The parts that other parts are given.

    Attributes:
        flush: writes down what is only in memory.
        routes: of the management API.
    """

    quotas: Quotas
    traffic: Traffic
    flush: Callable[[], Awaitable[None]]
    routes: Sequence[Route]
    jobs: Sequence[Job]


async def build_lifecycle(
    settings: Settings,
    stores: Stores,
    key_encryption_key: KeyEncryptionKey,
    clock: Clock,
    signed: SignedDigests,
    metrics: Metrics,
) -> LifecycleParts:
    """Return the trash and the rules about tags, with their rows and their jobs."""
    trash = TrashService(SqlTrash(stores.database), clock, settings.trash_lifetime)
    immutable, namespaces = SqlImmutableTags(stores.database), SqlNamespaces(stores.database)
    retention = RetentionService(
        SqlRetention(stores.database), immutable, namespaces, signed, clock
    )
    immutability = ImmutabilityService(immutable)
    webhooks = SqlWebhooks(stores.database)
    happenings = Happenings(webhooks)
    sender = WebhookSender(
        settings.host_names[0], settings.scheme, allow_private=settings.webhook_allow_private
    )
    hooks = WebhookService(
        webhooks, happenings, sender, key_encryption_key, clock, WebhookMetrics.within(metrics)
    )
    quotas = Quotas(SqlUsage(stores.database), clock, happenings.note)

    async def flush() -> None:
        await quotas.flush()
        await happenings.flush()

    async def take_turn() -> None:
        await quotas.take_turn()
        await happenings.flush()

    await flush()
    return LifecycleParts(
        quotas=quotas,
        traffic=Traffic(quotas, happenings, clock),
        flush=flush,
        routes=(
            *trash_routes(TrashHandlers(trash)),
            *retention_routes(RetentionHandlers(retention)),
            *webhook_routes(WebhookHandlers(hooks)),
            *quota_routes(QuotaHandlers(quotas)),
            *immutable_tags_routes(ImmutableTagHandlers(immutability)),
        ),
        jobs=[
            Job("expire the trash", timedelta(hours=1), trash.expire),
            Job("count traffic", _FLUSH_EVERY, take_turn),
            Job("tell webhooks", timedelta(seconds=5), hooks.tell),
            Job("retention", timedelta(days=1), retention.run_all),
        ],
    )
