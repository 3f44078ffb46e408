"""What the registry asks of the audit log: the words for an act that is kept in the same transaction as what it does."""

from typing import Protocol

from inkan.store.records import AuditEvent
from inkan.web.messages import Request


class Acts(Protocol):
    """Words acts."""

    def act(self, request: Request, operation: str) -> AuditEvent:
        """Return what an act is in the audit log, once it is done."""
        ...
