"""The management API for quotas.

```text
GET    /api/v1/quotas[?namespace=NAME]      of a namespace, or of the whole registry, and how much is used
PATCH  /api/v1/quotas[?namespace=NAME]      {"storage_megabytes": 512, "traffic_megabytes": -1}; what is absent stays, -1 is no limit
```
"""

from typing import Any

from inkan import limits
from inkan.admin.answers import json_answer
from inkan.admin.bodies import Body
from inkan.errors import RequestInvalidError
from inkan.oci.reference import Namespace
from inkan.registry.quotas import Quotas
from inkan.store.records import Quota
from inkan.web.demand import CATALOG_OF, NAMESPACE_MANAGE
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route

_NO_LIMIT = -1
_MEGABYTES_MOST = 2**32


class QuotaHandlers:
    """Answers about quotas."""

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas

    async def show(self, request: Request) -> Response:
        """Return a quota, and how much of it is used."""
        # what is used grows without a change of the facts: never answered from memory
        request.good_until = None
        return await self._shown(_namespace(request))

    async def set(self, request: Request) -> Response:
        """Change a quota; return it."""
        namespace = _namespace(request)
        body = await Body.of(request)
        now = await self._quotas.find(namespace)
        storage = _bytes(body, "storage_megabytes", now.storage_bytes)
        traffic = _bytes(body, "traffic_megabytes", now.traffic_bytes)
        body.end()
        await self._quotas.set(namespace, Quota(storage, traffic))
        return await self._shown(namespace)

    async def _shown(self, namespace: str) -> Response:
        quota, used = await self._quotas.show(namespace)
        tree = {"namespace": namespace, "limit": _quota(quota), "usage": _quota(used)}
        return json_answer(200, tree)


def quota_routes(handlers: QuotaHandlers) -> tuple[Route, ...]:
    """Return the routes about quotas."""
    path, never, cap = "/api/v1/quotas", CachePolicy.NEVER, limits.API_BODY_BYTES
    return (
        Route("quota", ("GET",), path, handlers.show, CATALOG_OF, 0, never),
        Route("quota-set", ("PATCH",), path, handlers.set, NAMESPACE_MANAGE, cap, never),
    )


def _namespace(request: Request) -> str:
    spelled = request.query("namespace")
    return str(Namespace.parse(spelled)) if spelled else ""


def _bytes(body: Body, name: str, absent: int | None) -> int | None:
    if not body.has(name):
        return absent
    megabytes = body.number(name, _NO_LIMIT)
    if not _NO_LIMIT <= megabytes <= _MEGABYTES_MOST:
        raise RequestInvalidError(f"{name} is a number from 0, or -1 for no limit")
    return None if megabytes == _NO_LIMIT else megabytes * limits.MIB


def _quota(quota: Quota) -> dict[str, Any]:
    return {"storage_bytes": quota.storage_bytes, "traffic_bytes": quota.traffic_bytes}
