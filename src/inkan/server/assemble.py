"""The whole graph, built once: stores, services, faces, applications, jobs.

Nothing below this module knows the settings: each service gets the few values it needs.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from inkan.access.accounts import AccountService
from inkan.access.audit import AuditTrail
from inkan.access.request_audit import RequestAudit
from inkan.clock import Clock
from inkan.errors import UnavailableError
from inkan.keys.sealing import (
    KeyEncryptionKey,
    load_key_encryption_key,
    parse_key_encryption_key,
)
from inkan.server.access_parts import build_access
from inkan.server.admin_parts import build_admin
from inkan.server.jobs import Job
from inkan.server.lifecycle_parts import build_lifecycle
from inkan.server.registry_parts import build_registry
from inkan.server.settings import Settings
from inkan.server.stores import Stores, open_stores
from inkan.server.tls import ServerTls
from inkan.server.trust_parts import build_trust
from inkan.store.layout import DataFolder
from inkan.web.access_log import AccessLog
from inkan.web.answer_memory import AnswerMemory
from inkan.web.application import Application, Observers
from inkan.web.health import Check, health_face
from inkan.web.metrics import Metrics
from inkan.web.routing import Face

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Product:
    """The running parts.

    Attributes:
        registry: the application of the main listener: everything.
        trust: the application of the second listener: the trust API, with tokens and health.
        end: writes down what is only in memory; comes when nothing is answered any more.
    """

    registry: Application
    trust: Application
    accounts: AccountService
    audit: AuditTrail
    jobs: Sequence[Job]
    end: Callable[[], Awaitable[None]]


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
    async with open_stores(folder, settings.database, settings.blobs, clock) as stores:
        product = await build(settings, stores, key_encryption_key, clock, tls)
        try:
            yield product
        finally:
            await _end(product)


async def _end(product: Product) -> None:
    try:
        await product.end()
    except UnavailableError:
        # a store that is away does not keep a server from stopping
        logger.exception("what was counted since the last time is lost")


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
    lifecycle = await build_lifecycle(
        settings, stores, key_encryption_key, clock, trust.status.signed_digests, metrics
    )
    auditor = RequestAudit(access.audit, access.hosts, clock)
    images = build_registry(settings, stores, clock, access.guard, auditor, lifecycle)
    admin = build_admin(settings, stores, clock, access, trust, images)
    registry = images.face
    health = health_face(
        {"database": _database_check(access.accounts)},
        metrics,
        tls.ca if tls else lambda: None,
        writing={"storage": stores.require_writable} if stores.require_writable else {},
    )
    everything = (trust.face, registry, access.face, access.sign_on, admin, health)
    # clients ping the trust server at /v2/ before anything else
    for_trust = (trust.face, ping_face(registry), access.face, health)

    def generation() -> int | None:
        kept = stores.database.generation
        # both only grow: their sum changes when either does
        return None if kept is None else kept + lifecycle.quotas.epoch

    observers = Observers(metrics, access_log, lifecycle.traffic, auditor)

    def application(faces: Iterable[Face]) -> Application:
        memory = AnswerMemory(generation, clock)
        return Application(faces, access.guard, memory, observers)

    return Product(
        registry=application(everything),
        trust=application(for_trust),
        accounts=access.accounts,
        audit=access.audit,
        jobs=[
            *_tls_jobs(tls, clock),
            *access.jobs,
            *images.jobs,
            *trust.jobs,
        ],
        end=lifecycle.flush,
    )


def ping_face(registry: Face) -> Face:
    """Return the registry's face with nothing but its ping."""
    pings = tuple(route for route in registry.routes if route.operation == "ping")
    return replace(registry, routes=pings)


def _database_check(accounts: AccountService) -> Check:
    async def check() -> None:
        await accounts.exist()

    return check


def _tls_jobs(tls: ServerTls | None, clock: Clock) -> list[Job]:
    async def refresh() -> None:
        if tls is not None:
            tls.refresh(clock.now())

    return [Job("refresh the certificate", timedelta(seconds=30), refresh)]
