"""Everything that Basic credentials can be: a password, an API key, an access token, a refresh token.

The names are those that users of IBM's registry know: `iamapikey`, `iambearer`, `iamrefresh`; any other name is an account's.

Source: spec of the log-in names as documented for that registry; RFC 7617.
"""

from dataclasses import dataclass

from inkan.access.accounts import AccountService
from inkan.access.api_keys import ApiKeyService, reach_of
from inkan.access.audit import AuditTrail
from inkan.access.principals import NOBODY, Principal
from inkan.access.refresh_tokens import RefreshTokenService
from inkan.access.scopes import HostNames
from inkan.access.tokens import Token, TokenService
from inkan.access.workloads import Workloads, is_exchanged
from inkan.errors import AuthenticationRequiredError, CredentialsInvalidError, GrantInvalidError

API_KEY, ACCESS_TOKEN, REFRESH_TOKEN = "iamapikey", "iambearer", "iamrefresh"
RESERVED = frozenset({API_KEY, ACCESS_TOKEN, REFRESH_TOKEN, "token"})


@dataclass(frozen=True, slots=True)
class Proven:
    """Who somebody has proven to be, and by what.

    Attributes:
        token: the token they showed, which bounds them; nothing where it was something else.
        is_password: whether it was a password, in whose place a refresh token may be kept.
    """

    principal: Principal
    token: Token | None = None
    is_password: bool = False


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Who else vouches for callers.

    Attributes:
        sign_on_hosts: the names under which people may log in at their organisation; nothing where they may not.
    """

    workloads: Workloads
    sign_on_hosts: HostNames | None = None


class LogIn:
    """Checks credentials."""

    def __init__(
        self,
        accounts: AccountService,
        api_keys: ApiKeyService,
        tokens: TokenService,
        refresh_tokens: RefreshTokenService,
        audit: AuditTrail,
        elsewhere: Elsewhere,
    ) -> None:
        self._workloads = elsewhere.workloads
        self._sign_on_hosts = elsewhere.sign_on_hosts
        self._accounts = accounts
        self._api_keys = api_keys
        self._tokens = tokens
        self._refresh_tokens = refresh_tokens
        self._audit = audit

    async def basic(self, name: str, password: str, address: str, host: str) -> Proven:
        """Return who a name and a password prove.

        Args:
            name: an account's, or one of those that say what the password is.
            password: what proves it.
            address: where the caller is.
            host: how they call this server.

        Raises:
            CredentialsInvalidError: if they prove nobody; it is not said why.
            TooManyAttemptsError: if there were too many failures before.
        """
        if name == API_KEY:
            return await self._api_key(password, address)
        if name == ACCESS_TOKEN:
            return await self._access_token(password)
        if name == REFRESH_TOKEN:
            return await self._refresh_token(password, address)
        try:
            principal = await self._accounts.log_in(name, password, address)
        except CredentialsInvalidError as error:
            if self._sign_on_hosts is not None:
                raise CredentialsInvalidError(self._sign_on_hosts.known(host)) from error
            raise
        return Proven(principal, is_password=True)

    async def bearer(self, text: str) -> Proven:
        """Return who a token was issued to, as they are now.

        Raises:
            AuthenticationRequiredError: if it is not good, or its account or API key is good no longer.
        """
        token = self._tokens.verify(text)
        if not token.account:
            return Proven(NOBODY, token)
        principal = await self._accounts.principal(token.account)
        if principal.is_anonymous or principal.is_disabled or token.account_mark != principal.mark:
            raise AuthenticationRequiredError(problem="invalid_token")
        if not token.key_id:
            return Proven(principal, token)
        if is_exchanged(token.key_id):
            reach = await self._workloads.reach(token.key_id, token.account)
            if reach is None:
                raise AuthenticationRequiredError(problem="invalid_token")
            return Proven(principal.within(reach), token)
        key = await self._api_keys.find_usable(token.key_id)
        if key is None or key.account != token.account:
            raise AuthenticationRequiredError(problem="invalid_token")
        return Proven(principal.within(reach_of(key)), token)

    async def refresh(self, text: str, address: str) -> Proven:
        """Return who a refresh token was handed out to.

        Raises:
            GrantInvalidError: if it is not good.
            CredentialsInvalidError: if its account is good no longer.
        """
        account = await self._refresh_tokens.redeem(text)
        return Proven(await self._usable(account, address))

    async def vouched(self, account: str, address: str) -> Proven:
        """Return who somebody is for whom a passcode or a device's log-in has vouched.

        Raises:
            CredentialsInvalidError: if the account is good no longer.
        """
        return Proven(await self._usable(account, address))

    async def _api_key(self, text: str, address: str) -> Proven:
        key = await self._api_keys.check(text)
        if key is None:
            self._audit.refused_log_in("", address)
            raise CredentialsInvalidError
        principal = await self._usable(key.account, address)
        return Proven(principal.within(reach_of(key)))

    async def _access_token(self, text: str) -> Proven:
        try:
            return await self.bearer(text)
        except AuthenticationRequiredError as error:
            raise CredentialsInvalidError from error

    async def _refresh_token(self, text: str, address: str) -> Proven:
        try:
            return await self.refresh(text, address)
        except GrantInvalidError as error:
            raise CredentialsInvalidError from error

    async def _usable(self, account: str, address: str) -> Principal:
        principal = await self._accounts.principal(account)
        if principal.is_anonymous or principal.is_disabled:
            self._audit.refused_log_in(account, address)
            raise CredentialsInvalidError
        self._audit.logged_in(account, address)
        return principal
