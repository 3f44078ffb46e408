"""The whole graph, built once: stores, services, faces, applications, jobs.

Nothing below this module knows the settings: each service gets the few values it needs.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from inkan.access.accounts import AccountService
from inkan.admin.api import NamespaceHandlers, VersionHandlers, admin_face
from inkan.admin.garbage_api import GarbageHandlers
from inkan.admin.image_api import ImageHandlers
from inkan.admin.trust_api import TrustAdminHandlers
from inkan.clock import Clock
from inkan.keys.sealing import (
    KeyEncryptionKey,
    load_key_encryption_key,
    parse_key_encryption_key,
)
from inkan.registry.api import RegistryServices, registry_face
from inkan.registry.blobs import BlobService
from inkan.registry.garbage import GarbageService
from inkan.registry.manifests import ManifestService
from inkan.registry.referrers import ReferrerService
from inkan.registry.tags import TagService
from inkan.registry.uploads import UploadService
from inkan.server.access_parts import build_access
from inkan.server.jobs import Job
from inkan.server.settings import Settings
from inkan.server.tls import ServerTls
from inkan.server.trust_parts import build_trust
from inkan.store.blobs_files import FileBlobs
from inkan.store.layout import DataFolder
from inkan.store.ports import BlobStore, UploadStore
from inkan.store.sql.catalog import SqlCatalog
from inkan.store.sql.database import Database
from inkan.store.sql.deletions import SqlDeletions
from inkan.store.sql.garbage import SqlGarbage
from inkan.store.sql.images import SqlImages
from inkan.store.sql.referrers import SqlReferrers
from inkan.store.sql.sqlite import SqliteDatabase
from inkan.store.sql.upload_sessions import SqlUploadSessions
from inkan.store.uploads_files import FileUploads
from inkan.web.access_log import AccessLog
from inkan.web.answer_memory import AnswerMemory
from inkan.web.application import Application
from inkan.web.health import Check, health_face
from inkan.web.metrics import Metrics
from inkan.web.routing import Face

_COLLECT_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Product:
    """The running parts.

    Attributes:
        registry: the application of the main listener: everything.
        trust: the application of the second listener: the trust API, with tokens and health.
    """

    registry: Application
    trust: Application
    accounts: AccountService
    jobs: Sequence[Job]


@dataclass(frozen=True, slots=True)
class Stores:
    """What everything is kept in."""

    database: Database
    blobs: BlobStore
    uploads: UploadStore


@asynccontextmanager
async def open_stores(folder: DataFolder) -> AsyncIterator[Stores]:
    """Open the stores in a data folder, and close them in the end.

    Raises:
        StorageUnavailableError: if they cannot be opened.
    """
    uploads = FileUploads(folder)
    uploads.prepare()
    database = SqliteDatabase(folder.database)
    await database.open()
    try:
        yield Stores(database, FileBlobs(folder), uploads)
    finally:
        await database.close()


@asynccontextmanager
async def assemble(
    settings: Settings, folder: DataFolder, clock: Clock, tls: ServerTls | None
) -> AsyncIterator[Product]:
    """Build everything on a data folder, and take it down in the end.

    Raises:
        StorageUnavailableError: if a store cannot be opened.
        KeyUnreadableError: if kept keys do not open with the key-encryption key at hand.
    """
    if settings.key_encryption_key is not None:
        key_encryption_key = parse_key_encryption_key(settings.key_encryption_key.reveal())
    else:
        key_encryption_key = load_key_encryption_key(folder.key_encryption_key)
    async with open_stores(folder) as stores:
        yield await build(settings, stores, key_encryption_key, clock, tls)


async def build(
    settings: Settings,
    stores: Stores,
    key_encryption_key: KeyEncryptionKey,
    clock: Clock,
    tls: ServerTls | None,
) -> Product:
    """Return everything that stands on open stores.

    Raises:
        KeyUnreadableError: if kept keys do not open with the key-encryption key at hand.
    """
    access = await build_access(settings, stores.database, key_encryption_key, clock)
    metrics, access_log = Metrics(), AccessLog()
    trust = build_trust(settings, stores.database, key_encryption_key, clock, access.guard, metrics)
    catalog, deletions = SqlCatalog(stores.database), SqlDeletions(stores.database)
    garbage = SqlGarbage(stores.database)
    collector = GarbageService(garbage, stores.blobs, clock, settings.garbage_grace)
    services = RegistryServices(
        BlobService(catalog, stores.blobs, deletions, garbage),
        UploadService(
            SqlUploadSessions(stores.database), stores.uploads, stores.blobs, catalog, clock
        ),
        ManifestService(catalog, deletions, clock),
        TagService(catalog),
        ReferrerService(SqlReferrers(stores.database)),
    )
    registry = registry_face(services, access.guard)
    trust_port = settings.trust_listen.port if settings.trust_listen else None
    admin = admin_face(
        VersionHandlers(settings.scheme, trust_port, access.hosts),
        NamespaceHandlers(access.namespaces, access.hosts, clock),
        ImageHandlers(SqlImages(stores.database), trust.status),
        GarbageHandlers(collector),
        TrustAdminHandlers(trust.status, trust.history, trust.reset),
        access.guard,
    )
    health = health_face({"database": _database_check(access.accounts)}, metrics)
    everything = (trust.face, registry, access.face, admin, health)
    # clients ping the trust server at /v2/ before anything else
    for_trust = (trust.face, ping_face(registry), access.face, health)

    def application(faces: Iterable[Face]) -> Application:
        memory = AnswerMemory(lambda: stores.database.generation, clock)
        return Application(faces, access.guard, metrics, access_log, memory)

    return Product(
        registry=application(everything),
        trust=application(for_trust),
        accounts=access.accounts,
        jobs=[
            *_jobs(settings, services.uploads, tls, clock),
            Job("collect garbage", min(_COLLECT_EVERY, settings.garbage_grace), collector.collect),
            *trust.jobs,
        ],
    )


def ping_face(registry: Face) -> Face:
    """Return the registry's face with nothing but its ping."""
    pings = tuple(route for route in registry.routes if route.operation == "ping")
    return replace(registry, routes=pings)


def _database_check(accounts: AccountService) -> Check:
    async def check() -> None:
        await accounts.exist()

    return check


def _jobs(
    settings: Settings, uploads: UploadService, tls: ServerTls | None, clock: Clock
) -> list[Job]:
    async def expire() -> None:
        await uploads.expire(settings.upload_expiry)

    async def refresh() -> None:
        if tls is not None:
            tls.refresh(clock.now())

    return [
        Job("expire uploads", timedelta(minutes=10), expire),
        Job("refresh the certificate", timedelta(seconds=30), refresh),
    ]
