"""The whole graph, built once: stores, services, faces, applications, jobs.

Nothing below this module knows the settings: each service gets the few values it needs.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from inkan.access.accounts import AccountService
from inkan.access.api import token_face
from inkan.access.guard import Guard
from inkan.access.scopes import HostNames
from inkan.access.throttle import Throttle
from inkan.access.tokens import TokenService, load_token_keys
from inkan.admin.api import ImageHandlers, NamespaceHandlers, VersionHandlers, admin_face
from inkan.clock import Clock
from inkan.keys.sealing import (
    KeyEncryptionKey,
    load_key_encryption_key,
    parse_key_encryption_key,
)
from inkan.registry.api import registry_face
from inkan.registry.blobs import BlobService
from inkan.registry.manifests import ManifestService
from inkan.registry.tags import TagService
from inkan.registry.uploads import UploadService
from inkan.server.jobs import Job
from inkan.server.settings import Settings
from inkan.server.tls import ServerTls
from inkan.store.blobs_files import FileBlobs
from inkan.store.layout import DataFolder
from inkan.store.ports import BlobStore, UploadStore
from inkan.store.sql.accounts import SqlAccounts
from inkan.store.sql.catalog import SqlCatalog
from inkan.store.sql.database import Database
from inkan.store.sql.keys import SqlOnlineKeys, SqlTokenKeys
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.sqlite import SqliteDatabase
from inkan.store.sql.trust_store import SqlTrustStore
from inkan.store.sql.upload_sessions import SqlUploadSessions
from inkan.store.uploads_files import FileUploads
from inkan.trust.api import trust_face
from inkan.trust.collection_locks import CollectionLocks
from inkan.trust.freshness import Freshness, Lifetimes
from inkan.trust.online_keys import OnlineSigners
from inkan.trust.publish import Publishing
from inkan.trust.read import Reading
from inkan.trust.status import TrustStatus
from inkan.web.access_log import AccessLog
from inkan.web.application import Application
from inkan.web.health import Check, health_face
from inkan.web.metrics import Metrics
from inkan.web.routing import Face


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
    database = stores.database
    hosts = HostNames(settings.host_names)
    namespaces, catalog = SqlNamespaces(database), SqlCatalog(database)
    accounts = AccountService(SqlAccounts(database), Throttle(clock), clock)
    token_keys = await load_token_keys(SqlTokenKeys(database), key_encryption_key, clock)
    tokens = TokenService(token_keys, settings.token_lifetime, clock)
    guard = Guard(accounts, tokens, namespaces, hosts, settings.scheme)

    store, locks = SqlTrustStore(database), CollectionLocks()
    signers = OnlineSigners(SqlOnlineKeys(database), key_encryption_key, clock)
    lifetimes = Lifetimes(settings.timestamp_lifetime, settings.snapshot_lifetime)
    freshness = Freshness(store, signers, locks, clock, lifetimes)
    publishing = Publishing(store, signers, locks, clock, lifetimes)
    uploads = UploadService(
        SqlUploadSessions(database), stores.uploads, stores.blobs, catalog, clock
    )

    metrics, access_log = Metrics(), AccessLog()
    trust = trust_face(Reading(store, freshness, signers), publishing, guard)
    registry = registry_face(
        BlobService(catalog, stores.blobs),
        uploads,
        ManifestService(catalog, clock),
        TagService(catalog),
        guard,
    )
    token = token_face(accounts, tokens, guard, hosts)
    trust_port = settings.trust_listen.port if settings.trust_listen else None
    admin = admin_face(
        VersionHandlers(settings.scheme, trust_port, hosts),
        NamespaceHandlers(namespaces, hosts, clock),
        ImageHandlers(catalog, TrustStatus(store)),
        guard,
    )
    health = health_face({"database": _database_check(accounts)}, metrics)
    everything = (trust, registry, token, admin, health)
    return Product(
        registry=Application(everything, guard, metrics, access_log),
        # clients ping the trust server at /v2/ before anything else
        trust=Application((trust, ping_face(registry), token, health), guard, metrics, access_log),
        accounts=accounts,
        jobs=_jobs(settings, uploads, freshness, tls, clock),
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
    settings: Settings,
    uploads: UploadService,
    freshness: Freshness,
    tls: ServerTls | None,
    clock: Clock,
) -> list[Job]:
    async def expire() -> None:
        await uploads.expire(settings.upload_expiry)

    async def refresh() -> None:
        if tls is not None:
            tls.refresh(clock.now())

    return [
        Job("renew timestamps and snapshots", timedelta(minutes=10), freshness.renew_due),
        Job("expire uploads", timedelta(minutes=10), expire),
        Job("refresh the certificate", timedelta(seconds=30), refresh),
    ]
