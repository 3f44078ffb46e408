"""The facts about what scanners are to leave out."""

from collections.abc import Sequence
from typing import Protocol

from inkan.oci.reference import Namespace
from inkan.store.records import Act, Exemption, ExemptionRecord


class Exemptions(Protocol):
    """What scanners are to leave out.

    1. Every method is one transaction, durable when it returns. `add` raises `NamespaceUnknownError` for a scope within a namespace
       that is not there, and `RequestInvalidError` where there are as many as are allowed.
    2. To add what is there changes nothing: it stays whose it was. `remove` raises `ExemptionUnknownError` where there is none.
    3. With a namespace go the exemptions within it.
    """

    async def add(self, exemption: Exemption, act: Act, limit: int) -> ExemptionRecord:
        """Keep an exemption; return it as it is kept."""
        ...

    async def remove(self, exemption: Exemption) -> None:
        """Forget an exemption."""
        ...

    async def list(self, namespace: Namespace | None) -> Sequence[ExemptionRecord]:
        """Return the exemptions that hold in a namespace, those for everything among them; without one, all."""
        ...
