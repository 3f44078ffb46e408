"""The management API for the audit log.

```text
GET    /api/v1/audit-log[?since=INSTANT][&account=NAME][&namespace=NAME][&limit=N]
GET    /api/v1/namespaces/NAMESPACE/audit-log[?since=INSTANT][&account=NAME][&limit=N]
```
"""

from datetime import UTC, datetime
from typing import Any

from inkan.access.audit import AuditTrail
from inkan.admin.answers import json_answer
from inkan.errors import PageInvalidError, RequestInvalidError
from inkan.store.records import AuditEvent, AuditQuery
from inkan.web.demand import NAMESPACE_MANAGE, NAMESPACES
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route

_EVENTS, _MOST = 100, 10_000


class AuditHandlers:
    """Answers about the audit log."""

    def __init__(self, audit: AuditTrail) -> None:
        self._audit = audit

    async def list(self, request: Request) -> Response:
        """Return events, the newest first."""
        namespace = request.params.get("namespace") or request.query("namespace") or ""
        since = request.query("since")
        account = request.query("account") or ""
        if not (account + namespace).isprintable():
            raise RequestInvalidError("no account and no namespace is called that")
        query = AuditQuery(
            _instant(since) if since else None,
            account,
            namespace,
            _limit(request.query("limit")),
        )
        found = await self._audit.list(query)
        return json_answer(200, {"events": [_event(one) for one in found]})


def audit_routes(handlers: AuditHandlers) -> tuple[Route, ...]:
    """Return the routes about the audit log: an administrator's, and of a namespace its managers'."""
    never, here = CachePolicy.NEVER, "/api/v1/namespaces/{namespace}/audit-log"
    return (
        Route("audit-log", ("GET",), "/api/v1/audit-log", handlers.list, NAMESPACES, 0, never),
        Route("audit-log-of", ("GET",), here, handlers.list, NAMESPACE_MANAGE, 0, never),
    )


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise RequestInvalidError("since is an instant such as 2026-11-26T00:00:00Z") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _limit(text: str | None) -> int:
    if text is None:
        return _EVENTS
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= _MOST):
        raise PageInvalidError(f"limit is a number from 1 to {_MOST}")
    return int(text)


def _event(one: AuditEvent) -> dict[str, Any]:
    return {
        "id": one.event_id,
        "at": one.at.isoformat(timespec="milliseconds"),
        "act": one.act,
        "account": one.account,
        "address": one.address,
        "namespace": one.namespace,
        "target": one.target,
        "outcome": one.outcome,
        "times": one.times,
        "detail": dict(one.detail),
    }
