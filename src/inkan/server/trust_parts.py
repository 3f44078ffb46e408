"""The trust server, put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from inkan.clock import Clock
from inkan.keys.sealing import KeyEncryptionKey
from inkan.server.jobs import Job
from inkan.server.settings import Settings
from inkan.store.ports import TrustHistory, TrustStore
from inkan.store.sql.database import Database
from inkan.store.sql.keys import SqlOnlineKeys
from inkan.store.sql.trust_history import SqlTrustHistory
from inkan.store.sql.trust_store import SqlTrustStore
from inkan.trust.api import trust_face
from inkan.trust.change_feed import ChangeFeed
from inkan.trust.collection_locks import CollectionLocks
from inkan.trust.expiry_watch import ExpiryWatch
from inkan.trust.freshness import Freshness, Lifetimes
from inkan.trust.online_keys import OnlineSigners
from inkan.trust.pruning import Pruning
from inkan.trust.publish import Publishing
from inkan.trust.read import Reading
from inkan.trust.reset import Reset
from inkan.trust.status import TrustStatus
from inkan.web.authority import Authority
from inkan.web.metrics import Metrics
from inkan.web.routing import Face


@dataclass(frozen=True, slots=True)
class TrustParts:
    """The parts that other parts are given."""

    face: Face
    status: TrustStatus
    history: TrustHistory
    reset: Reset
    jobs: Sequence[Job]


def build_trust(
    settings: Settings,
    database: Database,
    key_encryption_key: KeyEncryptionKey,
    clock: Clock,
    authority: Authority,
    metrics: Metrics,
) -> TrustParts:
    """Return the trust API, its state and its jobs."""
    store, history, locks = SqlTrustStore(database), SqlTrustHistory(database), CollectionLocks()
    signers = OnlineSigners(SqlOnlineKeys(database), key_encryption_key, clock)
    lifetimes = Lifetimes(settings.timestamp_lifetime, settings.snapshot_lifetime)
    freshness = Freshness(store, signers, locks, clock, lifetimes)
    publishing = Publishing(store, history, signers, locks, clock, lifetimes)
    reset, status = Reset(store, history, locks, clock), TrustStatus(store)
    reading = Reading(store, freshness, signers, locks)
    face = trust_face(reading, publishing, reset, ChangeFeed(history), authority)
    pruning = Pruning(store, history, locks, clock)
    jobs = [
        Job("renew timestamps and snapshots", timedelta(minutes=10), freshness.renew_due),
        Job("prune old metadata", timedelta(minutes=10), pruning.prune_long),
        Job("watch expiries", timedelta(hours=6), _watch(store, status, clock, metrics).look),
    ]
    return TrustParts(face, status, history, reset, jobs)


def _watch(store: TrustStore, status: TrustStatus, clock: Clock, metrics: Metrics) -> ExpiryWatch:
    name, text = "inkan_trust_collections", "Collections with something of the owner's that"
    return ExpiryWatch(
        store,
        status,
        clock,
        expiring=metrics.gauge(f"{name}_expiring", f"{text} ends within 180 days."),
        expired=metrics.gauge(f"{name}_expired", f"{text} has ended."),
        wedged=metrics.gauge(f"{name}_wedged", "Collections with a role that is stuck."),
    )
