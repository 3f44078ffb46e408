"""The management API's rows about trust: state, log, reset.

```text
GET    /api/v1/trust-log[?limit=N]
GET    /api/v1/trust/GUN/status
GET    /api/v1/trust/GUN/log[?limit=N]
POST   /api/v1/trust/GUN/reset?confirm=GUN
POST   /api/v1/trust/GUN/restore?archive=ID
```
"""

from typing import Any

from inkan.admin.answers import json_answer
from inkan.errors import PageInvalidError, RequestInvalidError
from inkan.oci.reference import Gun
from inkan.store.ports import TrustHistory
from inkan.store.records import TrustEvent
from inkan.trust.acts import Actor
from inkan.trust.reset import Reset
from inkan.trust.status import CollectionStatus, TrustStatus
from inkan.web.demand import ALL, NAMESPACES, PULL
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route

_EVENTS = 100
_EVENTS_MOST = 1_000


class TrustAdminHandlers:
    """Answers about trust collections."""

    def __init__(self, status: TrustStatus, history: TrustHistory, reset: Reset) -> None:
        self._status = status
        self._history = history
        self._reset = reset

    async def status(self, request: Request) -> Response:
        """Return the state of a collection."""
        return json_answer(200, render_status(await self._status.get(_gun(request))))

    async def log(self, request: Request) -> Response:
        """Return the newest events of a collection, or of all."""
        gun = _gun(request) if "name" in request.params else None
        events = await self._history.list_events(gun, _limit(request.query("limit")))
        return json_answer(200, {"events": [render_event(event) for event in events]})

    async def reset(self, request: Request) -> Response:
        """Move a collection aside; the caller repeats its name, so that no slip does it."""
        gun = _gun(request)
        if request.query("confirm") != str(gun):
            raise RequestInvalidError(f"repeat the name to confirm: ?confirm={gun}")
        archive = await self._reset.reset(gun, _actor(request))
        return json_answer(200, {"archive": archive.archive_id, "gun": str(gun)})

    async def restore(self, request: Request) -> Response:
        """Put an archive back; what had begun meanwhile is put aside in its turn."""
        archive = request.query("archive")
        if not archive:
            raise RequestInvalidError("name the archive: ?archive=ID; `inkan trust log` shows it")
        gun = _gun(request)
        aside = await self._reset.restore(gun, archive, _actor(request))
        aside_id = aside.archive_id if aside else None
        return json_answer(200, {"archive": archive, "aside": aside_id, "gun": str(gun)})


def trust_routes(handlers: TrustAdminHandlers) -> list[Route]:
    """Return the rows."""
    base, never = "/api/v1/trust/{name+}", CachePolicy.NEVER
    everything = "/api/v1/trust-log"
    return [
        Route("trust-log", ("GET",), everything, handlers.log, NAMESPACES, 0, never),
        Route("trust-status", ("GET",), base + "/status", handlers.status, PULL, 0, never),
        # accounts and addresses are not every reader's business
        Route("trust-log-of", ("GET",), base + "/log", handlers.log, ALL, 0, never),
        Route("trust-reset", ("POST",), base + "/reset", handlers.reset, ALL, 0, never),
        Route("trust-restore", ("POST",), base + "/restore", handlers.restore, ALL, 0, never),
    ]


def render_status(status: CollectionStatus) -> dict[str, Any]:
    """Return the state of a collection as JSON values."""
    end = status.certificate_expires_at
    return {
        "gun": str(status.gun),
        "tags": [
            {
                "tag": tag.tag,
                "digest": f"sha256:{tag.digest}",
                "size": tag.length,
                "signers": list(tag.signers),
            }
            for tag in status.tags.values()
        ],
        "signers": {name: list(keys) for name, keys in status.signers.items()},
        "root_keys": list(status.root_keys),
        "repository_keys": list(status.repository_keys),
        "root_certificate_expires": end.isoformat() if end else None,
        "files": {
            str(role): {
                "version": file.version,
                "expires": file.expires_at.isoformat(),
                "signed_by": list(file.signed_by),
                "verified": file.is_verified,
            }
            for role, file in status.files.items()
        },
        "wedged": [str(role) for role in status.wedged],
    }


def render_event(event: TrustEvent) -> dict[str, Any]:
    """Return an event as JSON values."""
    return {
        "id": event.event_id,
        "at": event.at.isoformat(),
        "gun": str(event.gun),
        "act": str(event.act),
        "account": event.account,
        "address": event.address,
        "refused": event.is_refused,
        "detail": event.detail,
    }


def _gun(request: Request) -> Gun:
    return Gun.parse(request.params["name"])


def _actor(request: Request) -> Actor:
    return Actor(request.caller.account, request.client_address)


def _limit(text: str | None) -> int:
    if text is None:
        return _EVENTS
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= _EVENTS_MOST):
        raise PageInvalidError(f"limit is a number from 1 to {_EVENTS_MOST}")
    return int(text)
