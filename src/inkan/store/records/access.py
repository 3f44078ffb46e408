"""Namespaces, accounts, what they may, and what tokens are signed with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from inkan.oci.reference import Namespace


class AccountKind(StrEnum):
    """What is behind an account."""

    PERSON = "person"
    SERVICE = "service-id"


class Role(StrEnum):
    """What an account may be in a namespace, or in all of them; `access/roles.py` says what each may do."""

    READER = "reader"
    WRITER = "writer"
    PUSHER = "pusher"
    SIGNER = "signer"
    MANAGER = "manager"


class SubjectKind(StrEnum):
    """Who a policy is for."""

    ACCOUNT = "account"
    GROUP = "group"


class MemberSource(StrEnum):
    """Who says that an account is in a group: people here, or an identity provider."""

    LOCAL = "local"
    CLAIM = "claim"


@dataclass(frozen=True, slots=True)
class NamespaceRecord:
    """A namespace: the place a team pushes into.

    Attributes:
        is_public: whether anybody may pull from it without logging in.
    """

    namespace: Namespace
    created_at: datetime
    created_by: str
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account; the password is kept only as an Argon2id hash.

    Attributes:
        password_hash: empty where there is no password: service ids, and people whom an identity provider vouches for.
        issuer: the identity provider; nothing for an account of this server's own.
        subject: who it is there; with the issuer the only thing that such an account is found by.
    """

    name: str
    password_hash: str = field(repr=False)
    is_admin: bool
    is_disabled: bool
    created_at: datetime
    kind: AccountKind = AccountKind.PERSON
    display_name: str = ""
    email: str = ""
    issuer: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class ApiKeyRecord:
    """A key that an account logs in with instead of a password; its secret has 256 random bits and is kept as a hash.

    Attributes:
        last_used_at: to the hour, about.
        roles: what of its account's roles it can use; empty for all.
        namespaces: where it can be used; empty for everywhere.
    """

    key_id: str
    account: str
    name: str
    secret_sha256: str = field(repr=False)
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    roles: frozenset[Role] = frozenset()
    namespaces: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """A group of accounts."""

    name: str
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """An account in a group, and who says so."""

    group: str
    account: str
    source: MemberSource


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a namespace; in all of them where the namespace is empty."""

    role: Role
    namespace: str


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """Who has which role where."""

    subject_kind: SubjectKind
    subject: str
    grant: Grant
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class RefreshTokenRecord:
    """What a client gets new tokens with after its password is forgotten; kept as a hash.

    Attributes:
        family: what all that were handed out one for the other have in common.
        replaced_at: when another was handed out for it; who shows it after that has copied it.
    """

    sha256: str = field(repr=False)
    family: str
    account: str
    created_at: datetime
    expires_at: datetime
    replaced_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Somebody did something, or tried to.

    Attributes:
        act: the operation's name.
        account: who; empty for nobody who is known.
        address: from where.
        namespace: where it happened; empty for the whole registry.
        target: what it was done to.
        outcome: `done`, or why not, in a word.
        times: how often; repeats within a few minutes are one event.
    """

    at: datetime
    act: str
    account: str
    address: str
    namespace: str
    target: str
    outcome: str
    times: int = 1
    detail: Mapping[str, Any] = field(default_factory=dict)
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which events are wanted; what is empty does not matter."""

    since: datetime | None = None
    account: str = ""
    namespace: str = ""
    limit: int = 100


@dataclass(frozen=True, slots=True)
class TokenKeyRecord:
    """A key that signs bearer tokens.

    Attributes:
        sealed: the private key, encrypted.
    """

    key_id: str
    sealed: bytes
    created_at: datetime
