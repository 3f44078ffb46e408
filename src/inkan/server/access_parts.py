"""Who may do what, put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from inkan.access.accounts import AccountService
from inkan.access.api import token_face
from inkan.access.api_keys import ApiKeyService
from inkan.access.audit import AuditTrail
from inkan.access.guard import Guard
from inkan.access.log_in import LogIn
from inkan.access.people import PeopleService
from inkan.access.refresh_tokens import RefreshTokenService
from inkan.access.scopes import HostNames
from inkan.access.throttle import Throttle
from inkan.access.token_keys import TokenKeyRing
from inkan.access.tokens import TokenService
from inkan.clock import Clock
from inkan.keys.sealing import KeyEncryptionKey
from inkan.server.jobs import Job
from inkan.server.settings import Settings
from inkan.store.ports import Namespaces
from inkan.store.sql.accounts import SqlAccounts
from inkan.store.sql.api_keys import SqlApiKeys
from inkan.store.sql.audit_log import SqlAuditLog
from inkan.store.sql.database import Database
from inkan.store.sql.keys import SqlTokenKeys
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.policies import SqlPolicies
from inkan.store.sql.refresh_tokens import SqlRefreshTokens
from inkan.web.routing import Face


@dataclass(frozen=True, slots=True)
class AccessParts:
    """The parts that other parts are given."""

    face: Face
    guard: Guard
    accounts: AccountService
    people: PeopleService
    api_keys: ApiKeyService
    refresh_tokens: RefreshTokenService
    audit: AuditTrail
    namespaces: Namespaces
    hosts: HostNames
    jobs: Sequence[Job]


async def build_access(
    settings: Settings, database: Database, key_encryption_key: KeyEncryptionKey, clock: Clock
) -> AccessParts:
    """Return accounts, tokens, the guard and the token service.

    Raises:
        KeyUnreadableError: if the keys that sign tokens do not open with the key-encryption key at hand.
    """
    hosts, namespaces = HostNames(settings.host_names), SqlNamespaces(database)
    audit = AuditTrail(SqlAuditLog(database), clock)
    policies, throttle = SqlPolicies(database), Throttle(clock)
    accounts = AccountService(
        SqlAccounts(database), policies, throttle, audit, clock, lambda: database.generation
    )
    ring = TokenKeyRing(SqlTokenKeys(database), key_encryption_key, clock)
    await ring.load()
    tokens = TokenService(ring, settings.token_lifetime, clock)
    refresh_tokens = RefreshTokenService(SqlRefreshTokens(database), clock)
    people = PeopleService(SqlAccounts(database), refresh_tokens, clock)
    api_keys = ApiKeyService(SqlApiKeys(database), clock)
    log_in = LogIn(accounts, api_keys, tokens, refresh_tokens, audit)
    guard = Guard(log_in, namespaces, hosts, settings.scheme)
    jobs = (
        Job("take up new token keys", timedelta(minutes=1), ring.load),
        Job("rotate token keys", timedelta(hours=1), ring.rotate),
        Job("forget ended refresh tokens", timedelta(hours=1), refresh_tokens.prune),
        Job("write the audit log", timedelta(seconds=10), audit.flush),
    )
    face = token_face(log_in, tokens, refresh_tokens, guard)
    return AccessParts(
        face, guard, accounts, people, api_keys, refresh_tokens, audit, namespaces, hosts, jobs
    )
