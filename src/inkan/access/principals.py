"""Who is asking, as the decision sees them."""

from dataclasses import dataclass

from inkan.store.records import AccountRecord


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody, or nobody in particular.

    Attributes:
        account: the account's name; empty for nobody.
    """

    account: str = ""
    is_admin: bool = False
    is_disabled: bool = False

    @property
    def is_anonymous(self) -> bool:
        """Whether it is nobody in particular."""
        return not self.account

    @classmethod
    def of(cls, account: AccountRecord | None) -> "Principal":
        """Return the principal of an account; nobody where there is none."""
        if account is None:
            return NOBODY
        return cls(account.name, account.is_admin, account.is_disabled)


NOBODY = Principal()
