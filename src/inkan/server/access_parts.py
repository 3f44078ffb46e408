"""Who may do what, put together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from inkan.access.accounts import AccountService
from inkan.access.api import Vouchers, token_face
from inkan.access.api_keys import ApiKeyService
from inkan.access.audit import AuditTrail
from inkan.access.devices import Devices
from inkan.access.guard import Guard
from inkan.access.id_tokens import Issuers
from inkan.access.log_in import Elsewhere, LogIn
from inkan.access.namespace_memory import NamespaceMemory
from inkan.access.oidc_http import fetch
from inkan.access.passcodes import Passcodes
from inkan.access.people import PeopleService
from inkan.access.refresh_tokens import RefreshTokenService
from inkan.access.scopes import HostNames
from inkan.access.sign_on import Kept, Provider, SignOn
from inkan.access.sign_on_api import Offered, SignOnHandlers, sign_on_face
from inkan.access.starts import Starts
from inkan.access.throttle import Throttle
from inkan.access.token_keys import TokenKeyRing
from inkan.access.tokens import TokenService
from inkan.access.workloads import Workloads
from inkan.clock import Clock
from inkan.keys.sealing import KeyEncryptionKey
from inkan.server.jobs import Job
from inkan.server.settings import Settings
from inkan.store.ports import Namespaces
from inkan.store.sql.accounts import SqlAccounts
from inkan.store.sql.api_keys import SqlApiKeys
from inkan.store.sql.audit_log import SqlAuditLog
from inkan.store.sql.database import Database
from inkan.store.sql.groups import SqlGroups
from inkan.store.sql.keys import SqlTokenKeys
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.policies import SqlPolicies
from inkan.store.sql.refresh_tokens import SqlRefreshTokens
from inkan.store.sql.sign_on import SqlFederatedAccounts, SqlOneTimeCodes, SqlTrustedIssuers
from inkan.web.routing import Face


@dataclass(frozen=True, slots=True)
class AccessParts:
    """The parts that other parts are given."""

    face: Face
    sign_on: Face
    workloads: Workloads
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
    codes, issuers = SqlOneTimeCodes(database), Issuers(fetch, clock)
    passcodes, devices = Passcodes(codes, clock), Devices(codes, clock)
    workloads = Workloads(SqlTrustedIssuers(database), issuers, clock)
    sign_on = SignOn(
        _provider(settings),
        issuers,
        Kept(codes, SqlFederatedAccounts(database), SqlGroups(database)),
        audit,
        clock,
    )
    elsewhere = Elsewhere(workloads, hosts if sign_on.is_on else None)
    log_in = LogIn(accounts, api_keys, tokens, refresh_tokens, audit, elsewhere)
    known = NamespaceMemory(namespaces, lambda: database.generation)
    guard = Guard(log_in, known, hosts, settings.scheme)
    jobs = (
        Job("take up new token keys", timedelta(minutes=1), ring.load),
        Job("rotate token keys", timedelta(hours=1), ring.rotate),
        Job("forget ended refresh tokens", timedelta(hours=1), refresh_tokens.prune),
        Job("forget ended one-time codes", timedelta(minutes=5), passcodes.prune),
        Job("write the audit log", timedelta(seconds=10), audit.flush),
    )
    vouchers = Vouchers(passcodes, devices, workloads)
    face = token_face(log_in, tokens, refresh_tokens, guard, vouchers)
    offered = Offered(passcodes, devices, Starts(clock), accounts.principal)
    browsers = SignOnHandlers(sign_on, offered, hosts, settings.scheme)
    return AccessParts(
        face,
        sign_on_face(browsers),
        workloads,
        guard,
        accounts,
        people,
        api_keys,
        refresh_tokens,
        audit,
        namespaces,
        hosts,
        jobs,
    )


def _provider(settings: Settings) -> Provider:
    secret = settings.sso_client_secret
    return Provider(
        settings.sso_issuer,
        settings.sso_client_id,
        secret.reveal() if secret else "",
        settings.sso_scopes,
        settings.sso_account_claim,
        settings.sso_groups_claim,
    )
