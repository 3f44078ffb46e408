"""The management API for webhooks.

```text
GET    /api/v1/webhooks
POST   /api/v1/webhooks                 {"url": "https://…", "events": ["push", "delete"], "namespace": "team"}; the answer has the secret, this once
DELETE /api/v1/webhooks/ID
POST   /api/v1/webhooks/ID/test         sends a ping now
```

A manager of one namespace names it in the query of each: `?namespace=team`.
"""

from typing import Any

from inkan import limits
from inkan.admin.answers import json_answer
from inkan.admin.bodies import Body
from inkan.admin.places import require_same_namespace
from inkan.errors import RequestInvalidError
from inkan.oci.reference import Namespace
from inkan.registry.webhooks import KINDS, WebhookService
from inkan.store.records import EventKind, WebhookRecord
from inkan.web.demand import NAMESPACE_MANAGE
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route


class WebhookHandlers:
    """Answers about webhooks."""

    def __init__(self, webhooks: WebhookService) -> None:
        self._webhooks = webhooks

    async def list(self, request: Request) -> Response:
        """Return every webhook, or those of a namespace; no secret is among it."""
        found = [_webhook(one) for one in await self._webhooks.list(_place(request))]
        return json_answer(200, {"webhooks": found})

    async def add(self, request: Request) -> Response:
        """Keep a webhook; return it with its secret."""
        body = await Body.of(request)
        url, kinds, spelled = body.text("url"), body.texts("events"), body.text("namespace")
        body.end()
        namespace = str(Namespace.parse(spelled)) if spelled else ""
        require_same_namespace(request, namespace)
        account = request.caller.account
        record, secret = await self._webhooks.add(url, _kinds(kinds), namespace, account)
        return json_answer(201, {**_webhook(record), "secret": secret})

    async def remove(self, request: Request) -> Response:
        """Forget a webhook."""
        await self._webhooks.remove(request.params["webhook"], _place(request))
        return Response(204)

    async def test(self, request: Request) -> Response:
        """Send a ping; return what came of it."""
        account, place = request.caller.account, _place(request)
        outcome = await self._webhooks.test(request.params["webhook"], place, account)
        return json_answer(200, {"delivered": outcome.is_taken, "outcome": outcome.text})


def webhook_routes(handlers: WebhookHandlers) -> tuple[Route, ...]:
    """Return the routes about webhooks."""
    path, never, cap = "/api/v1/webhooks", CachePolicy.NEVER, limits.API_BODY_BYTES
    one, test = f"{path}/{{webhook}}", f"{path}/{{webhook}}/test"
    return (
        Route("webhook-list", ("GET",), path, handlers.list, NAMESPACE_MANAGE, 0, never),
        Route("webhook-add", ("POST",), path, handlers.add, NAMESPACE_MANAGE, cap, never),
        Route("webhook-rm", ("DELETE",), one, handlers.remove, NAMESPACE_MANAGE, 0, never),
        Route("webhook-test", ("POST",), test, handlers.test, NAMESPACE_MANAGE, 0, never),
    )


def _place(request: Request) -> str:
    return request.query("namespace") or ""


def _kinds(words: list[str]) -> frozenset[EventKind]:
    known = sorted(KINDS)
    if not words or not set(words) <= set(known):
        raise RequestInvalidError(f"events are some of: {', '.join(known)}")
    return frozenset(EventKind(word) for word in words)


def _webhook(one: WebhookRecord) -> dict[str, Any]:
    return {
        "id": one.webhook_id,
        "url": one.url,
        "namespace": one.namespace,
        "events": sorted(one.kinds),
        "created": one.created_at.isoformat(timespec="seconds"),
        "created_by": one.created_by,
        "failures": one.failures,
        "outcome": one.outcome,
    }
