"""What scanners are to leave out, as values."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from inkan.errors import RequestInvalidError
from inkan.oci.reference import Namespace, RepositoryName, parse_tag_or_digest
from inkan.store.records.lifecycle import Act

_EVERYTHING = "*"
# CVE-2021-44228, USN-1234-1, application_configuration:nginx.ssl: what cannot steer a terminal, a log or a URL
_ISSUE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,127}\Z")


class IssueType(StrEnum):
    """What a scanner can find."""

    CVE = "cve"
    SECURITY_NOTICE = "sn"
    CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class ExemptionScope:
    """Which images an exemption is about: `*`, a namespace, a repository, or one tag or digest of a repository.

    >>> ExemptionScope.parse("team/app:1.0").namespace
    'team'
    """

    text: str

    def __post_init__(self) -> None:
        if self.text == _EVERYTHING:
            return
        if "/" not in self.text:
            Namespace.parse(self.text)
            return
        name, mark, reference = self.text.partition("@")
        if not mark:
            name, mark, reference = self.text.partition(":")
        RepositoryName.parse(name)
        if mark:
            parse_tag_or_digest(reference)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the scope that `text` spells.

        Raises:
            InvalidError: if it is neither `*` nor a namespace, a repository or an image.
        """
        return cls(text)

    @property
    def namespace(self) -> str:
        """The namespace that it is within; empty for all."""
        return "" if self.text == _EVERYTHING else self.text.partition("/")[0]

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Exemption:
    """That an issue does not count for some images."""

    scope: ExemptionScope
    issue_type: IssueType
    issue_id: str

    def __post_init__(self) -> None:
        if not _ISSUE_ID.match(self.issue_id):
            raise RequestInvalidError(
                f"{self.issue_id[:140]!r} is no issue: give its ID, as CVE-2021-44228; letters, digits and . _ : / + - up to 128"
            )


@dataclass(frozen=True, slots=True)
class ExemptionRecord:
    """An exemption, by whom and when."""

    exemption: Exemption
    made: Act
