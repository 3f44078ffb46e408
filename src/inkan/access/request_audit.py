"""What of all requests gets into the audit log: everything that changes something, by the name of its row, and every refusal.

What was done is kept before its caller hears of it; what was refused or failed is gathered. The trust server writes its own events, in the transaction
of the act, and so does the push of a manifest, which then costs one sync of the disk and not two. The pieces of an upload are left out: the manifest that names them is the act.
"""

from inkan.access.audit import DONE, AuditTrail
from inkan.access.scopes import HostNames
from inkan.clock import Clock
from inkan.store.records import AuditEvent
from inkan.web.messages import Request

DENIED, FAILED = "denied", "failed"
TOLD_ELSEWHERE = frozenset(
    {"manifest-put", "trust-publish", "trust-delete", "trust-reset", "trust-restore"}
)
NO_ACT = frozenset(
    {
        "token-post",
        "sso-begin",
        "sso-look",
        "upload-begin",
        "upload-append",
        "upload-finish",
        "upload-cancel",
        "retention-analyze",
    }
)
# acts that anybody can ask for: what nobody's name is on has changed nothing, and would let strangers fill the log
NAMED_ACTS = frozenset({"token-revoke"})
_TARGET_CHARACTERS = 300


class RequestAudit:
    """The `Auditor` of the server."""

    def __init__(self, trail: AuditTrail, hosts: HostNames, clock: Clock) -> None:
        self._trail = trail
        self._hosts = hosts
        self._clock = clock

    async def finished(self, request: Request, operation: str, status: int) -> None:
        """Take note of a request."""
        # the trust API words a missing right as 401, which its clients understand
        is_denied = status == 403 or (
            status == 401 and bool(request.caller.account) and operation.startswith("trust-")
        )
        is_act = request.method not in ("GET", "HEAD") and operation not in NO_ACT
        if operation in NAMED_ACTS:
            is_act = bool(request.caller.account)
        if is_denied:
            self._trail.gather(self._event(request, operation, DENIED))
        elif is_act and status >= 400 and request.caller.account:
            self._trail.gather(self._event(request, operation, FAILED))
        elif is_act and status < 400 and operation not in TOLD_ELSEWHERE:
            await self._trail.record(self._event(request, operation, DONE))

    def act(self, request: Request, operation: str) -> AuditEvent:
        """Return what an act is in the audit log, for one that keeps it together with what it does."""
        return self._event(request, operation, DONE)

    def _event(self, request: Request, operation: str, outcome: str) -> AuditEvent:
        return AuditEvent(
            self._clock.now(),
            operation,
            request.caller.account,
            request.client_address,
            self._namespace(request),
            request.path[:_TARGET_CHARACTERS],
            outcome,
            detail={"key": request.caller.key_id} if request.caller.key_id else {},
        )

    def _namespace(self, request: Request) -> str:
        if (named := request.params.get("namespace")) is not None:
            return named[:_TARGET_CHARACTERS]
        repository = self._hosts.find_repository(request.params.get("name", ""))
        return repository.namespace if repository else ""
