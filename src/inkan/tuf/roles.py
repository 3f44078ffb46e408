"""Role names: the four base roles, and delegations below `targets`.

Source: Notary v1, role names (`tuf/data`); TUF 1.0 § 2.1.
"""

import posixpath
import re
from dataclasses import dataclass
from typing import Self

from inkan import limits
from inkan.errors import RoleInvalidError

_BASE = frozenset({"root", "targets", "snapshot", "timestamp"})
_DELEGATION = re.compile(r"targets/[-a-z0-9_/]+\Z")


@dataclass(frozen=True, slots=True, order=True)
class RoleName:
    """A role's name."""

    text: str

    def __post_init__(self) -> None:
        if self.text in _BASE:
            return
        if (
            len(self.text) > limits.ROLE_NAME_CHARACTERS
            or not _DELEGATION.match(self.text)
            or posixpath.normpath(self.text) != self.text
            or self.depth > limits.DELEGATION_DEPTH
        ):
            raise RoleInvalidError(self.text)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the role that `text` names.

        Raises:
            RoleInvalidError: if it names none.
        """
        return cls(text)

    @property
    def is_delegation(self) -> bool:
        """Whether it is a role below `targets`."""
        return self.text.startswith("targets/")

    @property
    def is_targets_like(self) -> bool:
        """Whether its metadata lists targets: `targets` or a delegation."""
        return self.is_delegation or self.text == "targets"

    @property
    def depth(self) -> int:
        """How many delegations deep it is; 0 for the base roles."""
        return self.text.count("/")

    @property
    def parent(self) -> "RoleName":
        """The role that delegates to this one.

        Raises:
            RoleInvalidError: if it is no delegation.
        """
        if not self.is_delegation:
            raise RoleInvalidError(self.text)
        return RoleName(self.text.rpartition("/")[0])

    def __str__(self) -> str:
        return self.text


ROOT = RoleName("root")
TARGETS = RoleName("targets")
SNAPSHOT = RoleName("snapshot")
TIMESTAMP = RoleName("timestamp")
RELEASES = RoleName("targets/releases")
BASE_ROLES = (ROOT, TARGETS, SNAPSHOT, TIMESTAMP)
