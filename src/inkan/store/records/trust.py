"""Signed metadata, its history, and the keys the server signs with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from inkan.oci.reference import Gun
from inkan.tuf.roles import RoleName


@dataclass(frozen=True, slots=True)
class MetadataRecord:
    """One version of one role's metadata, byte for byte.

    Attributes:
        sha256: lower-case hexadecimal, over `raw`.
    """

    gun: Gun
    role: RoleName
    version: int
    sha256: str
    raw: bytes
    expires_at: datetime
    created_at: datetime


class TrustAct(StrEnum):
    """What can be done to a trust collection."""

    PUBLISH = "publish"
    DELETE = "delete"
    ROTATE_KEY = "rotate-key"
    RESET = "reset"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class TrustEvent:
    """Something that somebody did to a collection, or tried to.

    Attributes:
        account: who; empty for nobody in particular.
        address: from where.
        is_refused: whether it was refused; the detail then has the reason.
        detail: what changed, as JSON values: roles, tags, key IDs, reason.
        event_id: its place in the log; 0 until it is kept.
    """

    at: datetime
    gun: Gun
    act: TrustAct
    account: str
    address: str
    is_refused: bool
    detail: Mapping[str, Any]
    event_id: int = 0


@dataclass(frozen=True, slots=True)
class TrustChange:
    """An entry of the change feed: a new timestamp, or the end of a collection."""

    change_id: int
    created_at: datetime
    gun: Gun
    version: int
    sha256: str
    category: str


@dataclass(frozen=True, slots=True)
class TrustVersion:
    """That a version of a role is kept; its bytes are not here."""

    role: RoleName
    version: int
    sha256: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TrustArchive:
    """The trust data of a collection as it was when an administrator reset it."""

    archive_id: str
    gun: Gun
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class OnlineKeyRecord:
    """A key that the server signs with for one role of one collection.

    Attributes:
        public: the public key as JSON, as the key endpoints serve it.
        sealed: the private key, encrypted; opened by `keys/sealing.py` only.
    """

    gun: Gun
    role: RoleName
    key_id: str
    public: bytes
    sealed: bytes
    created_at: datetime
