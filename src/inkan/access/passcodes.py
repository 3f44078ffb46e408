"""Codes that people carry from a browser to a terminal, or back: good once, for minutes, kept as hashes.

They are made of twenty letters that are not taken for one another and spell nothing: sixteen of them are 69 bits, too many to guess in five minutes; the eight of a
user code are 34, so each log-in at the provider buys five guesses.

Source: RFC 8628 § 5.1, § 6.1; NIST SP 800-63B § 5.1.3.
"""

import hashlib
import secrets
from dataclasses import replace
from datetime import timedelta

from inkan.access.starts import BEGUN
from inkan.clock import Clock
from inkan.errors import GrantInvalidError, TooManyAttemptsError
from inkan.store.ports import OneTimeCodes
from inkan.store.records import CodeKind, CodeRecord

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
PASSCODE_LIFETIME = timedelta(minutes=5)
_PASSCODE_LETTERS = 16
_GUESSES = 5
# of each kind, on all servers together: a few MB in the database, for ten minutes
_WAITING_MOST = 10_000
_FULL_SECONDS = 60


def letters(count: int) -> str:
    """Return random letters, in fours."""
    text = "".join(secrets.choice(LETTERS) for _ in range(count))
    return "-".join(text[at : at + 4] for at in range(0, count, 4))


def hashed(text: str) -> str:
    """Return what is kept of a code."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def plain(text: str) -> str:
    """Return a code as it was made, however a person has typed it."""
    found = "".join(one for one in text.upper()[:100] if one in LETTERS)
    return "-".join(found[at : at + 4] for at in range(0, len(found), 4))


async def keep(codes: OneTimeCodes, code: CodeRecord, clock: Clock) -> None:
    """Keep a code.

    Raises:
        TooManyAttemptsError: if more of its kind wait than are let wait.
    """
    if not await codes.add(code, clock.now(), most=_WAITING_MOST):
        raise TooManyAttemptsError(_FULL_SECONDS, BEGUN)


class Passcodes:
    """Hands out passcodes, and the right to enter user codes."""

    def __init__(self, codes: OneTimeCodes, clock: Clock) -> None:
        self._codes = codes
        self._clock = clock

    async def issue(self, account: str) -> str:
        """Return a new passcode for an account."""
        text, ends = letters(_PASSCODE_LETTERS), self._clock.now() + PASSCODE_LIFETIME
        code = CodeRecord(hashed(text), CodeKind.PASSCODE, ends, account)
        await keep(self._codes, code, self._clock)
        return text

    async def redeem(self, text: str) -> str:
        """Return whose a passcode is; it is good no more.

        Raises:
            GrantInvalidError: if it is not good.
        """
        now, sha256 = self._clock.now(), hashed(plain(text))
        code = await self._codes.take(CodeKind.PASSCODE, sha256, now)
        if code is None:
            raise GrantInvalidError
        return code.account

    async def open_form(self, account: str) -> str:
        """Return what proves, in a page's form, that an account has just logged in there."""
        text, ends = secrets.token_urlsafe(32), self._clock.now() + PASSCODE_LIFETIME
        code = CodeRecord(hashed(text), CodeKind.BROWSER, ends, account)
        await keep(self._codes, code, self._clock)
        return text

    async def use_form(self, text: str) -> str:
        """Return whose form it is; it is good for a few uses.

        Raises:
            GrantInvalidError: if it is not good.
        """
        now, sha256 = self._clock.now(), hashed(text)
        form = await self._codes.find(CodeKind.BROWSER, sha256, now)
        if form is None:
            raise GrantInvalidError
        uses = int(form.detail.get("uses", "0")) + 1
        if uses > _GUESSES:
            await self._codes.take(CodeKind.BROWSER, sha256, now)
            raise GrantInvalidError
        if not await self._codes.replace(form, replace(form, detail={"uses": str(uses)})):
            raise GrantInvalidError
        return form.account

    async def close_form(self, text: str) -> None:
        """End a form."""
        await self._codes.take(CodeKind.BROWSER, hashed(text), self._clock.now())

    async def prune(self) -> None:
        """Forget what has ended."""
        await self._codes.prune(self._clock.now())
