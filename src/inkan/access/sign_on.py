"""People who log in at their organisation: the authorization code flow, as its relying party.

Each log-in has a state, a nonce and a code verifier of its own, and is bound to the browser that began it; it can be finished once. Somebody is who the issuer and the
subject say, never who an e-mail address or a name says: those can be changed, and given to somebody else.

Source: OpenID Connect Core 1.0 § 3.1; RFC 7636; RFC 9207; RFC 9700 § 2.1, § 4.4, § 4.7.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from inkan.access.audit import AuditTrail
from inkan.access.id_tokens import Issuers, endpoint
from inkan.access.passcodes import hashed, keep
from inkan.clock import Clock
from inkan.errors import AccessDeniedError, GrantInvalidError, IdentityInvalidError, SignOnOffError
from inkan.store.ports import FederatedAccounts, Groups, OneTimeCodes
from inkan.store.records import AccountRecord, CodeKind, CodeRecord

_LIFETIME = timedelta(minutes=10)
_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,99}\Z")
# names that mean something else in a log-in
_TAKEN = frozenset({"iamapikey", "iambearer", "iamrefresh", "token"})
_GROUPS_MOST = 500


@dataclass(frozen=True, slots=True)
class Provider:
    """An organisation's identity provider, and who we are to it.

    Attributes:
        issuer: its address; empty where there is none.
        account_claim: the claim that an account is called by at first.
        groups_claim: the claim that names groups.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret: str = ""
    scopes: str = "openid profile email"
    account_claim: str = "preferred_username"
    groups_claim: str = "groups"


@dataclass(frozen=True, slots=True)
class Started:
    """Where a browser goes, and what it brings back in a cookie."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Who has logged in, and for what."""

    account: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Kept:
    """The stores that a log-in needs."""

    codes: OneTimeCodes
    accounts: FederatedAccounts
    groups: Groups


class SignOn:
    """Sends people to their provider, and takes them back."""

    def __init__(
        self,
        provider: Provider,
        issuers: Issuers,
        kept: Kept,
        audit: AuditTrail,
        clock: Clock,
    ) -> None:
        self.provider = provider
        self._issuers = issuers
        self._codes = kept.codes
        self._accounts = kept.accounts
        self._groups = kept.groups
        self._audit = audit
        self._clock = clock

    @property
    def is_on(self) -> bool:
        """Whether there is a provider."""
        return bool(self.provider.issuer)

    async def start(self, purpose: str, redirect_uri: str) -> Started:
        """Return where a browser has to go.

        Raises:
            SignOnOffError: if there is no provider.
            IdentityProviderError: if it does not answer.
            TooManyAttemptsError: if too many log-ins wait.
        """
        self._require_on()
        provider = self.provider
        configuration = await self._issuers.configuration(provider.issuer)
        url = endpoint(provider.issuer, configuration, "authorization_endpoint")
        state, nonce, verifier, cookie = (secrets.token_urlsafe(32) for _ in range(4))
        detail = {"nonce": nonce, "verifier": verifier, "cookie": hashed(cookie)}
        detail |= {"purpose": purpose, "redirect_uri": redirect_uri}
        ends = self._clock.now() + _LIFETIME
        code = CodeRecord(hashed(state), CodeKind.STATE, ends, detail=detail)
        await keep(self._codes, code, self._clock)
        challenge = hashlib.sha256(verifier.encode()).digest()
        query = urlencode(
            {
                "response_type": "code",
                "client_id": provider.client_id,
                "redirect_uri": redirect_uri,
                "scope": provider.scopes,
                "state": state,
                "nonce": nonce,
                "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
                "code_challenge_method": "S256",
            }
        )
        return Started(f"{url}{'&' if '?' in url else '?'}{query}", cookie)

    async def finish(self, answer: Mapping[str, str], cookie: str, address: str) -> Finished:
        """Return who has logged in.

        Args:
            answer: the parameters that the browser was sent back with.
            cookie: what it brought.
            address: where it is.

        Raises:
            GrantInvalidError: if this log-in was not begun here by this browser, has ended, or was finished before.
            IdentityInvalidError: if the provider's word cannot be believed.
            AccessDeniedError: if the account is disabled.
        """
        self._require_on()
        state = answer.get("state", "")
        begun = await self._codes.take(CodeKind.STATE, hashed(state), self._clock.now())
        if begun is None or not hmac.compare_digest(begun.detail["cookie"], hashed(cookie)):
            raise GrantInvalidError
        # another provider's answer, sent to us to have its code (RFC 9207)
        if answer.get("iss", self.provider.issuer) != self.provider.issuer:
            raise IdentityInvalidError("it comes from another issuer")
        if answer.get("error") or not answer.get("code"):
            raise IdentityInvalidError("it refuses this log-in")
        claims = await self._claims(answer["code"], begun.detail)
        account = await self._account(claims)
        await self._groups.set_claimed(account.name, self._named_groups(claims))
        if account.is_disabled:
            self._audit.refused_log_in(account.name, address)
            raise AccessDeniedError(f"the account {account.name} is disabled; ask an administrator")
        self._audit.logged_in(account.name, address)
        return Finished(account.name, begun.detail["purpose"])

    async def _claims(self, code: str, begun: Mapping[str, str]) -> Mapping[str, Any]:
        provider = self.provider
        configuration = await self._issuers.configuration(provider.issuer)
        url = endpoint(provider.issuer, configuration, "token_endpoint")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun["redirect_uri"],
            "code_verifier": begun["verifier"],
        }
        authorization = ""
        if provider.client_secret:
            pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
            authorization = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form["client_id"] = provider.client_id
        answer = await self._issuers.fetch(url, form, authorization)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise IdentityInvalidError("it says nothing of who that is")
        claims = await self._issuers.verify(provider.issuer, provider.client_id, token)
        if claims.get("azp", provider.client_id) != provider.client_id:
            raise IdentityInvalidError("it was asked for by somebody else")
        nonce = claims.get("nonce")
        if not isinstance(nonce, str) or not hmac.compare_digest(
            nonce.encode(), begun["nonce"].encode()
        ):
            raise IdentityInvalidError("it belongs to another log-in")
        return claims

    async def _account(self, claims: Mapping[str, Any]) -> AccountRecord:
        subject, issuer = str(claims["sub"]), self.provider.issuer
        own = hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()[:8]
        wanted = str(claims.get(self.provider.account_claim, "")).lower()
        names = [wanted] if _NAME.match(wanted) and wanted not in _TAKEN else []
        stem = wanted if names else "user"
        for name in (*names, f"{stem}-{own}"):
            record = AccountRecord(
                name,
                "",
                is_admin=False,
                is_disabled=False,
                created_at=self._clock.now(),
                display_name=_text(claims, "name"),
                email=_text(claims, "email"),
                issuer=issuer,
                subject=subject,
            )
            found = await self._accounts.claim(record)
            if found is not None:
                return found
        raise IdentityInvalidError("its name is taken here; ask an administrator")

    def _named_groups(self, claims: Mapping[str, Any]) -> frozenset[str]:
        named = claims.get(self.provider.groups_claim, [])
        if isinstance(named, str):
            named = named.split()
        if not isinstance(named, list) or len(named) > _GROUPS_MOST:
            return frozenset()
        return frozenset(one for one in named if isinstance(one, str))

    def _require_on(self) -> None:
        if not self.is_on:
            raise SignOnOffError


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name, "")
    return value[:200] if isinstance(value, str) and value.isprintable() else ""
