"""The facts about who may what."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from inkan.oci.reference import Namespace
from inkan.store.records import (
    AccountRecord,
    ApiKeyRecord,
    AuditEvent,
    AuditQuery,
    Grant,
    GroupRecord,
    MemberRecord,
    NamespaceRecord,
    PolicyRecord,
    RefreshTokenRecord,
    TokenKeyRecord,
)


class Namespaces(Protocol):
    """The namespaces.

    1. `add` raises `NamespaceExistsError`, or `NamespaceQuotaError` when there are `limit` already; racing adds keep both rules.
    2. `remove` raises `NamespaceUnknownError`, and `NamespaceNotEmptyError` when the namespace holds repositories or trust data
       and `force` is not given; with it, tags, manifests, blob links and trust data of the namespace go in the same transaction.
    3. Every method is one transaction, durable when it returns.
    4. `set_public` raises `NamespaceUnknownError`; with a namespace go the policies about it, so that its next owner starts with none.
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

    async def set_public(self, namespace: Namespace, *, is_public: bool) -> None:
        """Let anybody pull from a namespace, or no longer."""
        ...

    async def remove(self, namespace: Namespace, *, force: bool) -> None:
        """Forget a namespace."""
        ...


class Accounts(Protocol):
    """The accounts.

    1. `put` adds or replaces all but the instant of its making; it is one transaction, durable when it returns.
    2. `put` raises `AccountExistsError` if another account has the same issuer and subject.
    3. `remove` raises `AccountUnknownError`; with an account go its keys, its refresh tokens, its memberships and its policies, so that nobody
       who gets the name later gets them.
    4. `list` is sorted by name.
    5. Of several `add_first`, on one server or many, at most one adds.
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

    async def find_identity(self, issuer: str, subject: str) -> AccountRecord | None:
        """Return the account of somebody whom an identity provider knows."""
        ...

    async def count(self) -> int:
        """Return how many accounts there are."""
        ...

    async def list(self) -> Sequence[AccountRecord]:
        """Return every account."""
        ...

    async def remove(self, name: str) -> None:
        """Forget an account."""
        ...


class ApiKeys(Protocol):
    """The API keys of accounts.

    1. `add` is durable when it returns.
    2. `revoke` raises `ApiKeyUnknownError`; a revoked key stays, as a record, and stays revoked.
    3. `list` gives the oldest first.
    """

    async def add(self, key: ApiKeyRecord) -> None:
        """Keep a key."""
        ...

    async def find(self, key_id: str) -> ApiKeyRecord | None:
        """Return a key."""
        ...

    async def list(self, account: str | None) -> Sequence[ApiKeyRecord]:
        """Return the keys of an account, or all."""
        ...

    async def note_use(self, key_id: str, at: datetime) -> None:
        """Keep when a key was used last."""
        ...

    async def revoke(self, key_id: str, at: datetime) -> None:
        """End a key."""
        ...


class Groups(Protocol):
    """The groups and who is in them.

    1. `add` of a group that is there changes nothing; `remove` raises `GroupUnknownError`, and takes memberships and policies along.
    2. `add_member` raises `GroupUnknownError` or `AccountUnknownError`; who is in already stays in.
    3. `set_claimed` makes what an identity provider says of an account the whole of it: it leaves what people here said alone, and groups that are
       not here out.
    """

    async def add(self, group: GroupRecord) -> None:
        """Keep a group."""
        ...

    async def remove(self, name: str) -> None:
        """Forget a group."""
        ...

    async def list(self) -> Sequence[GroupRecord]:
        """Return every group, by name."""
        ...

    async def members(self) -> Sequence[MemberRecord]:
        """Return every membership, by group and account."""
        ...

    async def add_member(self, member: MemberRecord) -> None:
        """Put an account into a group."""
        ...

    async def remove_member(self, group: str, account: str) -> bool:
        """Take an account out of a group, whoever said that it is in; return whether it was."""
        ...

    async def set_claimed(self, account: str, groups: Collection[str]) -> None:
        """Keep which groups an identity provider says an account is in."""
        ...


class Policies(Protocol):
    """Who has which role where.

    1. `add` raises `AccountUnknownError`, `GroupUnknownError` or `NamespaceUnknownError`; a policy that is there stays as it is.
    2. `grants_of` holds what an account has by itself and by its groups, each once.
    """

    async def add(self, policy: PolicyRecord) -> None:
        """Keep a policy."""
        ...

    async def remove(self, policy: PolicyRecord) -> bool:
        """Forget a policy; return whether it was there."""
        ...

    async def list(self) -> Sequence[PolicyRecord]:
        """Return every policy, by namespace, role and subject."""
        ...

    async def grants_of(self, account: str) -> Sequence[Grant]:
        """Return every role that an account has."""
        ...


class RefreshTokens(Protocol):
    """The refresh tokens that were handed out.

    1. `replace` keeps the new one only if the old one was neither replaced nor revoked; of racing calls one wins.
    2. What is revoked stays so.
    """

    async def add(self, token: RefreshTokenRecord) -> None:
        """Keep a token."""
        ...

    async def find(self, sha256: str) -> RefreshTokenRecord | None:
        """Return a token."""
        ...

    async def replace(self, sha256: str, by: RefreshTokenRecord) -> bool:
        """Keep a token in place of another; return whether that was still good."""
        ...

    async def revoke_family(self, family: str, at: datetime) -> None:
        """End a token and all that were handed out for it."""
        ...

    async def revoke_all(self, account: str, at: datetime) -> None:
        """End every token of an account."""
        ...

    async def prune(self, before: datetime) -> None:
        """Forget the tokens that had ended by then."""
        ...


class AuditLog(Protocol):
    """Everything that was done or tried, with what was done to trust data; nothing in it is ever changed.

    1. `add` keeps all or none, durable when it returns.
    2. `list` gives the newest first, the events of the trust server among them.
    3. `has_logged_in` looks for a `login` that was done since then, from an address that begins so.
    """

    async def add(self, events: Sequence[AuditEvent]) -> None:
        """Keep events."""
        ...

    async def list(self, query: AuditQuery) -> Sequence[AuditEvent]:
        """Return events."""
        ...

    async def has_logged_in(self, account: str, network: str, since: datetime) -> bool:
        """Return whether an account was used from a network."""
        ...


class TokenKeys(Protocol):
    """The keys that sign bearer tokens, sealed; the newest signs, all verify.

    1. Every method is one transaction, durable when it returns.
    2. `list` gives the newest first.
    3. Of several `add_first`, on one server or many, at most one adds.
    4. `remove` of a key that is not there changes nothing.
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

    async def remove(self, key_id: str) -> None:
        """Forget a key."""
        ...
