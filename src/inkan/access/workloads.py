"""Builds that show their build system's word for them, and get a short token of ours.

What a trusted issuer may vouch for is bounded by what an administrator wrote down: audience, subject, more claims; and what is had for it, by an account, roles and namespaces. Without
that record no token of it is good any more.

Source: RFC 8693; OpenID Connect Core 1.0 § 2; docs/adr/0014-single-sign-on.md.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt

from inkan.access.id_tokens import TOKEN_CHARACTERS, Issuers
from inkan.access.oidc_http import require_fetchable
from inkan.access.principals import Reach
from inkan.access.tokens import Bearer
from inkan.clock import Clock
from inkan.errors import GrantInvalidError, IdentityInvalidError, RequestInvalidError
from inkan.store.ports import TrustedIssuers
from inkan.store.records import TrustedIssuerRecord

_MARK = "trusted-issuer:"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


class Workloads:
    """Keeps whose word is taken, and takes it."""

    def __init__(self, trusted: TrustedIssuers, issuers: Issuers, clock: Clock) -> None:
        self.trusted = trusted
        self._issuers = issuers
        self._clock = clock

    async def put(self, record: TrustedIssuerRecord) -> None:
        """Take an issuer's word from now on.

        Raises:
            RequestInvalidError: if what is written down could let in others than was meant.
            AccountUnknownError: if there is no such account.
        """
        if not _NAME.match(record.name):
            raise RequestInvalidError("a trusted issuer is called by a-z 0-9 and -")
        try:
            require_fetchable(record.issuer)
        except ValueError as error:
            raise RequestInvalidError(f"the issuer cannot be asked: {error}") from error
        if not record.audience or not record.subject.replace("*", ""):
            raise RequestInvalidError(
                "an audience and a subject are needed, and * alone is everybody whom the issuer knows"
            )
        await self.trusted.put(record)

    async def exchange(self, text: str) -> Bearer:
        """Return who a build's token stands for here.

        Raises:
            IdentityInvalidError: if nobody is trusted to say that, or it is not true.
            IdentityProviderError: if the issuer cannot be asked for its keys.
        """
        issuer = _issuer_named(text)
        asked = [one for one in await self.trusted.list() if one.issuer == issuer]
        if not asked:
            raise IdentityInvalidError("its issuer is not trusted here")
        wrong: IdentityInvalidError | None = None
        for one in asked:
            try:
                claims = await self._issuers.verify(one.issuer, one.audience, text)
            except IdentityInvalidError as error:
                wrong = error
                continue
            if _fits(one, claims):
                ends = datetime.fromtimestamp(claims["exp"], UTC)
                if ends > self._clock.now():
                    return Bearer(one.account, _MARK + one.name, is_login=True, until=ends)
        raise wrong or IdentityInvalidError("its subject or claims are not trusted here")

    async def reach(self, key_id: str, account: str) -> Reach | None:
        """Return how far a token reaches that was exchanged; nothing where it is good no longer."""
        record = await self.trusted.find(key_id.removeprefix(_MARK))
        if record is None or record.account != account:
            return None
        return Reach(key_id, record.roles, record.namespaces)


def is_exchanged(key_id: str) -> bool:
    """Return whether a token came from an exchange."""
    return key_id.startswith(_MARK)


def _issuer_named(text: str) -> str:
    if len(text) > TOKEN_CHARACTERS:
        raise IdentityInvalidError("its token is too long")
    try:
        # only to know whose keys to take; nothing of it is believed
        claims: dict[str, Any] = jwt.decode(text, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError) as error:
        raise GrantInvalidError from error
    return str(claims.get("iss", ""))


def _fits(record: TrustedIssuerRecord, claims: Mapping[str, Any]) -> bool:
    wanted = {**record.claims, "sub": record.subject}
    return all(_matches(pattern, claims.get(name)) for name, pattern in wanted.items())


def _matches(pattern: str, value: object) -> bool:
    if isinstance(value, bool):
        value = str(value).lower()
    if not isinstance(value, str | int):
        return False
    # only * means something: a subject may hold [ ] and ?
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(expression, str(value), re.DOTALL) is not None
