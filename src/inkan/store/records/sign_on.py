"""What is kept of log-ins by way of others: codes that are good once, and who is trusted to vouch for builds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from inkan.store.records.access import Role


class CodeKind(StrEnum):
    """What a code is for."""

    STATE = "state"
    PASSCODE = "passcode"
    BROWSER = "browser"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class CodeRecord:
    """A code that is good once and not for long; kept as a hash.

    Attributes:
        second_sha256: another text that the same is found by; empty for none.
        account: whose it is; empty while nobody has proven to be anybody.
        detail: what belongs to it.
    """

    sha256: str = field(repr=False)
    kind: CodeKind
    expires_at: datetime
    account: str = ""
    second_sha256: str = field(default="", repr=False)
    detail: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class TrustedIssuerRecord:
    """Whose word is taken for a build, and what the build may do here.

    Attributes:
        issuer: the issuer of its tokens, an address.
        audience: what their audience must be.
        subject: a pattern for their subject, in which `*` stands for any text.
        claims: patterns for more claims.
        account: whose rights the build has.
        roles: what of that account's roles; empty for all.
        namespaces: where; empty for everywhere.
    """

    name: str
    issuer: str
    audience: str
    subject: str
    claims: Mapping[str, str]
    account: str
    roles: frozenset[Role]
    namespaces: frozenset[str]
    created_at: datetime
    created_by: str
