"""The facts about log-ins by way of others."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from inkan.store.records import AccountRecord, CodeKind, CodeRecord, TrustedIssuerRecord


class OneTimeCodes(Protocol):
    """The codes that are good once.

    1. `take` forgets what it returns; of several that take the same one, on one server or many, one gets it.
    2. What has ended is found and taken by nobody.
    3. `replace` keeps a code's account, end and detail anew if it is still as it was; of racing calls one wins.
    4. `add` keeps nothing, and says so, while as many of its kind as may be are kept and have not ended: what strangers begin does not fill a disk.
    """

    async def add(self, code: CodeRecord, now: datetime, *, most: int) -> bool:
        """Keep a code; return whether there was room."""
        ...

    async def find(self, kind: CodeKind, sha256: str, now: datetime) -> CodeRecord | None:
        """Return a code that is good."""
        ...

    async def find_second(self, kind: CodeKind, sha256: str, now: datetime) -> CodeRecord | None:
        """Return a good code by its second text."""
        ...

    async def take(self, kind: CodeKind, sha256: str, now: datetime) -> CodeRecord | None:
        """Return a good code for the last time."""
        ...

    async def replace(self, old: CodeRecord, new: CodeRecord) -> bool:
        """Change a code; return whether it was still as it was."""
        ...

    async def prune(self, now: datetime) -> None:
        """Forget what has ended."""
        ...


class FederatedAccounts(Protocol):
    """The accounts of people whom an identity provider vouches for.

    1. `claim` returns the account of the issuer and subject in the record, its address and its name for people as in the record; where there is none it keeps
       the record. It returns nothing if somebody else has the record's name, and never changes whose a name is.
    """

    async def claim(self, account: AccountRecord) -> AccountRecord | None:
        """Return somebody's account, made if it has to be."""
        ...


class TrustedIssuers(Protocol):
    """Whose word is taken for builds.

    1. `put` adds or replaces; it raises `AccountUnknownError` if there is no such account.
    2. `remove` raises `TrustedIssuerUnknownError`.
    3. `list` is sorted by name.
    """

    async def put(self, issuer: TrustedIssuerRecord) -> None:
        """Keep whose word is taken."""
        ...

    async def find(self, name: str) -> TrustedIssuerRecord | None:
        """Return one."""
        ...

    async def list(self) -> Sequence[TrustedIssuerRecord]:
        """Return all."""
        ...

    async def remove(self, name: str) -> None:
        """Take somebody's word no longer."""
        ...
