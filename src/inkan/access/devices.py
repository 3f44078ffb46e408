"""Log-ins that begin where there is no browser and are confirmed where there is one.

Source: RFC 8628.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inkan.access.passcodes import hashed, keep, letters, plain
from inkan.clock import Clock
from inkan.errors import GrantInvalidError, GrantPendingError, GrantTooSoonError
from inkan.store.ports import OneTimeCodes
from inkan.store.records import CodeKind, CodeRecord

LIFETIME = timedelta(minutes=10)
INTERVAL_SECONDS = 5
_USER_CODE_LETTERS = 8


@dataclass(frozen=True, slots=True)
class Begun:
    """What a device is told: the code to ask with, and the one to show."""

    device_code: str
    user_code: str


class Devices:
    """Begins log-ins, has them confirmed, and tells devices."""

    def __init__(self, codes: OneTimeCodes, clock: Clock) -> None:
        self._codes = codes
        self._clock = clock

    async def begin(self, address: str, program: str) -> Begun:
        """Return the codes of a new log-in.

        Args:
            address: where it is begun, and
            program: by what; both are shown to whoever confirms it.

        Raises:
            TooManyAttemptsError: if too many log-ins wait.
        """
        begun = Begun(secrets.token_urlsafe(32), letters(_USER_CODE_LETTERS))
        now = self._clock.now()
        detail = {"address": address, "at": now.isoformat(timespec="seconds")}
        detail |= {"interval": str(INTERVAL_SECONDS), "program": program}
        code = CodeRecord(
            hashed(begun.device_code),
            CodeKind.DEVICE,
            now + LIFETIME,
            second_sha256=hashed(begun.user_code),
            detail=detail,
        )
        await keep(self._codes, code, self._clock)
        return begun

    async def look(self, user_code: str) -> Mapping[str, str]:
        """Return where, when and by what a log-in was begun.

        Raises:
            GrantInvalidError: if none is waiting under this code.
        """
        return (await self._waiting(user_code)).detail

    async def confirm(self, user_code: str, account: str) -> None:
        """Let a log-in be that account's.

        Raises:
            GrantInvalidError: if none is waiting under this code, or it was confirmed before.
        """
        code = await self._waiting(user_code)
        # what a device asks meanwhile changes the record: its next question finds it confirmed
        for _ in range(3):
            if await self._codes.replace(code, replace(code, account=account)):
                return
            code = await self._waiting(user_code)
        raise GrantInvalidError

    async def redeem(self, device_code: str) -> str:
        """Return the account that a device's log-in was confirmed by; its code is good no more.

        Raises:
            GrantPendingError: if nobody has confirmed it yet.
            GrantTooSoonError: if it was asked again too soon; the interval is longer from now on.
            GrantInvalidError: if it has ended.
        """
        now, sha256 = self._clock.now(), hashed(device_code)
        code = await self._codes.find(CodeKind.DEVICE, sha256, now)
        if code is None:
            raise GrantInvalidError
        if not code.account:
            await self._wait(code, now)
        taken = await self._codes.take(CodeKind.DEVICE, sha256, now)
        if taken is None or not taken.account:
            raise GrantInvalidError
        return taken.account

    async def _wait(self, code: CodeRecord, now: datetime) -> None:
        interval, asked = int(code.detail["interval"]), code.detail.get("asked")
        # a second is the network's
        is_soon = asked is not None and now < datetime.fromisoformat(asked) + timedelta(
            seconds=interval - 1
        )
        interval += INTERVAL_SECONDS if is_soon else 0
        detail = {**code.detail, "asked": now.isoformat(), "interval": str(interval)}
        await self._codes.replace(code, replace(code, detail=detail))
        if is_soon:
            raise GrantTooSoonError
        raise GrantPendingError

    async def _waiting(self, user_code: str) -> CodeRecord:
        now, sha256 = self._clock.now(), hashed(plain(user_code))
        code = await self._codes.find_second(CodeKind.DEVICE, sha256, now)
        if code is None or code.account:
            raise GrantInvalidError
        return code
