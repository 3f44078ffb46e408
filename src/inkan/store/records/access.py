"""Namespaces, accounts and what tokens are signed with."""

from dataclasses import dataclass
from datetime import datetime

from inkan.oci.reference import Namespace


@dataclass(frozen=True, slots=True)
class NamespaceRecord:
    """A namespace: the place a team pushes into."""

    namespace: Namespace
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """An account; the password is kept only as an Argon2id hash."""

    name: str
    password_hash: str
    is_admin: bool
    is_disabled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TokenKeyRecord:
    """A key that signs bearer tokens.

    Attributes:
        sealed: the private key, encrypted.
    """

    key_id: str
    sealed: bytes
    created_at: datetime
