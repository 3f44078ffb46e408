"""The registry, put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from inkan.clock import Clock
from inkan.registry.acts import Acts
from inkan.registry.api import RegistryServices, registry_face
from inkan.registry.blobs import BlobService
from inkan.registry.garbage import GarbageService
from inkan.registry.manifests import ManifestService
from inkan.registry.referrers import ReferrerService
from inkan.registry.tags import TagService
from inkan.registry.uploads import UploadService
from inkan.server.jobs import Job
from inkan.server.lifecycle_parts import LifecycleParts
from inkan.server.settings import Settings
from inkan.server.stores import Stores
from inkan.store.sql.catalog import SqlCatalog
from inkan.store.sql.deletions import SqlDeletions
from inkan.store.sql.garbage import SqlGarbage
from inkan.store.sql.holders import SqlHolders
from inkan.store.sql.referrers import SqlReferrers
from inkan.store.sql.upload_sessions import SqlUploadSessions
from inkan.web.authority import Authority
from inkan.web.routing import Face

_COLLECT_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class RegistryParts:
    """The parts that other parts are given."""

    face: Face
    garbage: GarbageService
    lifecycle: LifecycleParts
    jobs: Sequence[Job]


def build_registry(
    settings: Settings,
    stores: Stores,
    clock: Clock,
    authority: Authority,
    acts: Acts,
    lifecycle: LifecycleParts,
) -> RegistryParts:
    """Return the registry, its garbage collection and its jobs."""
    catalog, deletions = SqlCatalog(stores.database), SqlDeletions(stores.database)
    garbage = SqlGarbage(stores.database)
    collector = GarbageService(garbage, stores.blobs, clock, settings.garbage_grace)
    uploads = UploadService(
        SqlUploadSessions(stores.database), stores.uploads, stores.blobs, catalog, clock
    )
    services = RegistryServices(
        BlobService(
            catalog,
            stores.blobs,
            deletions,
            garbage,
            SqlHolders(stores.database),
            redirects=settings.blob_redirect,
        ),
        uploads,
        ManifestService(catalog, deletions, clock),
        TagService(catalog),
        ReferrerService(SqlReferrers(stores.database)),
        meter=lifecycle.quotas,
    )

    async def expire() -> None:
        await uploads.expire(settings.upload_expiry)
        if stores.sweep is not None:
            await stores.sweep(settings.upload_expiry)

    jobs = [
        *lifecycle.jobs,
        Job("expire uploads", timedelta(minutes=10), expire),
        Job("collect garbage", min(_COLLECT_EVERY, settings.garbage_grace), collector.collect),
    ]
    return RegistryParts(registry_face(services, authority, acts), collector, lifecycle, jobs)
