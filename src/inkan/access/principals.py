"""Who is asking, as the decision sees them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from inkan.access.roles import RIGHTS, rights_of
from inkan.store.records import AccountRecord, Grant, Role
from inkan.web.demand import Right


@dataclass(frozen=True, slots=True)
class Reach:
    """How far an API key reaches at most.

    Attributes:
        key_id: which key it is.
        roles: what of its account's roles; empty for all of them.
        namespaces: where; empty for everywhere.
        ends_at: when the key ends, and tokens that are got with it.
    """

    key_id: str
    roles: frozenset[Role] = frozenset()
    namespaces: frozenset[str] = frozenset()
    ends_at: datetime | None = None

    def allows(self, right: Right, namespace: str) -> bool:
        """Return whether the key can be used for a right in a namespace."""
        if self.namespaces and namespace not in self.namespaces:
            return False
        return not self.roles or any(right in RIGHTS[role] for role in self.roles)


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody, or nobody in particular.

    Attributes:
        account: the account's name; empty for nobody.
        grants: their roles, their groups' among them.
        reach: of the API key they came with; nothing where they came by themselves.
        mark: which account of that name it is: one that is made after another has gone is not the same. No instant is compared by it, as clocks are set back.
    """

    account: str = ""
    is_admin: bool = False
    is_disabled: bool = False
    grants: tuple[Grant, ...] = ()
    reach: Reach | None = None
    mark: str = ""

    @property
    def is_anonymous(self) -> bool:
        """Whether it is nobody in particular."""
        return not self.account

    def held_in(self, namespace: str) -> frozenset[Right]:
        """Return the rights of the account in a namespace; without a name, in all of them."""
        return frozenset(Right) if self.is_admin else rights_of(self.grants, namespace)

    def rights_in(self, namespace: str) -> frozenset[Right]:
        """Return those of the account's rights that what it came with reaches."""
        held, reach = self.held_in(namespace), self.reach
        if reach is None:
            return held
        return frozenset(right for right in held if reach.allows(right, namespace))

    def within(self, reach: Reach) -> "Principal":
        """Return the same account, as far as an API key reaches."""
        return replace(self, reach=reach)

    @classmethod
    def of(cls, account: AccountRecord | None, grants: Iterable[Grant] = ()) -> "Principal":
        """Return the principal of an account; nobody where there is none."""
        if account is None:
            return NOBODY
        return cls(
            account.name,
            account.is_admin,
            account.is_disabled,
            tuple(grants),
            mark=account.created_at.isoformat(),
        )


NOBODY = Principal()
