"""Who may do what, put together."""

from dataclasses import dataclass

from inkan.access.accounts import AccountService
from inkan.access.api import token_face
from inkan.access.guard import Guard
from inkan.access.scopes import HostNames
from inkan.access.throttle import Throttle
from inkan.access.tokens import TokenService, load_token_keys
from inkan.clock import Clock
from inkan.keys.sealing import KeyEncryptionKey
from inkan.server.settings import Settings
from inkan.store.ports import Namespaces
from inkan.store.sql.accounts import SqlAccounts
from inkan.store.sql.database import Database
from inkan.store.sql.keys import SqlTokenKeys
from inkan.store.sql.namespaces import SqlNamespaces
from inkan.store.sql.policies import SqlPolicies
from inkan.web.routing import Face


@dataclass(frozen=True, slots=True)
class AccessParts:
    """The parts that other parts are given."""

    face: Face
    guard: Guard
    accounts: AccountService
    namespaces: Namespaces
    hosts: HostNames


async def build_access(
    settings: Settings, database: Database, key_encryption_key: KeyEncryptionKey, clock: Clock
) -> AccessParts:
    """Return accounts, tokens, the guard and the token service.

    Raises:
        KeyUnreadableError: if the keys that sign tokens do not open with the key-encryption key at hand.
    """
    hosts, namespaces = HostNames(settings.host_names), SqlNamespaces(database)
    accounts = AccountService(SqlAccounts(database), SqlPolicies(database), Throttle(clock), clock)
    keys = await load_token_keys(SqlTokenKeys(database), key_encryption_key, clock)
    tokens = TokenService(keys, settings.token_lifetime, clock)
    guard = Guard(accounts, tokens, namespaces, hosts, settings.scheme)
    face = token_face(accounts, tokens, guard, hosts)
    return AccessParts(face, guard, accounts, namespaces, hosts)
