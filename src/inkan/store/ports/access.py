"""The facts about who may what."""

from collections.abc import Sequence
from typing import Protocol

from inkan.oci.reference import Namespace
from inkan.store.records import (
    AccountRecord,
    NamespaceRecord,
    TokenKeyRecord,
)


class Namespaces(Protocol):
    """The namespaces.

    1. `add` raises `NamespaceExistsError`, or `NamespaceQuotaError` when there are `limit` already; racing adds keep both rules.
    2. `remove` raises `NamespaceUnknownError`, and `NamespaceNotEmptyError` when the namespace holds repositories or trust data
       and `force` is not given; with it, tags, manifests, blob links and trust data of the namespace go in the same transaction.
    3. Every method is one transaction, durable when it returns.
    """

    async def add(self, record: NamespaceRecord, limit: int) -> None:
        """Keep a new namespace."""
        ...

    async def find(self, namespace: str) -> NamespaceRecord | None:
        """Return a namespace."""
        ...

    async def list(self) -> Sequence[NamespaceRecord]:
        """Return every namespace, by name."""
        ...

    async def remove(self, namespace: Namespace, *, force: bool) -> None:
        """Forget a namespace."""
        ...


class Accounts(Protocol):
    """The accounts.

    1. `put` adds or replaces; it is one transaction, durable when it returns.
    2. Of several `add_first`, on one server or many, at most one adds.
    """

    async def add_first(self, account: AccountRecord) -> bool:
        """Keep an account if there is none at all; return whether it is kept."""
        ...

    async def put(self, account: AccountRecord) -> None:
        """Keep an account."""
        ...

    async def find(self, name: str) -> AccountRecord | None:
        """Return an account."""
        ...

    async def count(self) -> int:
        """Return how many accounts there are."""
        ...


class TokenKeys(Protocol):
    """The keys that sign bearer tokens, sealed; the newest signs, all verify.

    1. Every method is one transaction, durable when it returns.
    2. `list` gives the newest first.
    3. Of several `add_first`, on one server or many, at most one adds.
    """

    async def add(self, record: TokenKeyRecord) -> None:
        """Keep a key."""
        ...

    async def add_first(self, record: TokenKeyRecord) -> bool:
        """Keep a key if there is none at all; return whether it is kept."""
        ...

    async def list(self) -> Sequence[TokenKeyRecord]:
        """Return every key."""
        ...
