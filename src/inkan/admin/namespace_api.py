"""The management API for namespaces.

```text
GET    /api/v1/namespaces
PUT    /api/v1/namespaces/NAME[?visibility=public]
PUT    /api/v1/namespaces/NAME/visibility/public|private
DELETE /api/v1/namespaces/NAME[?force=true]
```
"""

from typing import Any

from inkan import limits
from inkan.access.scopes import HostNames
from inkan.admin.answers import json_answer
from inkan.clock import Clock
from inkan.errors import NamespaceInvalidError, RequestInvalidError
from inkan.oci.reference import Namespace
from inkan.store.ports import Namespaces
from inkan.store.records import NamespaceRecord
from inkan.web.demand import NAMESPACE_ADD, NAMESPACE_MANAGE, VISIBLE_NAMESPACES
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route

_PUBLIC, _PRIVATE = "public", "private"
_ALL, _ONE = "/api/v1/namespaces", "/api/v1/namespaces/{namespace}"


class NamespaceHandlers:
    """Answers for namespaces."""

    def __init__(self, namespaces: Namespaces, hosts: HostNames, clock: Clock) -> None:
        self._namespaces = namespaces
        self._hosts = hosts
        self._clock = clock

    async def list(self, request: Request) -> Response:
        """Return the namespaces in which the caller has any right, and the public ones."""
        found = [
            one
            for one in await self._namespaces.list()
            if one.is_public or request.caller.rights_in(str(one.namespace))
        ]
        return json_answer(200, {"namespaces": [_namespace(record) for record in found]})

    async def add(self, request: Request) -> Response:
        """Make a namespace."""
        namespace = Namespace.parse(request.params["namespace"])
        if self._hosts.is_host(str(namespace)):
            # localhost/app would mean two repositories at once
            raise NamespaceInvalidError(str(namespace), "it is a host name of this server")
        is_public = _is_public(request.query("visibility") or _PRIVATE)
        record = NamespaceRecord(namespace, self._clock.now(), request.caller.account, is_public)
        await self._namespaces.add(record, limits.NAMESPACES_PER_REGISTRY)
        return json_answer(201, _namespace(record))

    async def set_visibility(self, request: Request) -> Response:
        """Let anybody pull from a namespace, or no longer."""
        namespace = Namespace.parse(request.params["namespace"])
        is_public = _is_public(request.params["visibility"])
        await self._namespaces.set_public(namespace, is_public=is_public)
        return Response(204)

    async def remove(self, request: Request) -> Response:
        """Remove a namespace; one that holds something only by force."""
        force = request.query("force") or "false"
        if force not in ("true", "false"):
            raise RequestInvalidError("force is true or false")
        namespace = Namespace.parse(request.params["namespace"])
        await self._namespaces.remove(namespace, force=force == "true")
        return Response(204)


def namespace_routes(handlers: NamespaceHandlers) -> tuple[Route, ...]:
    """Return the routes about namespaces."""
    never, cap = CachePolicy.NEVER, limits.API_BODY_BYTES
    return (
        Route("namespace-list", ("GET",), _ALL, handlers.list, VISIBLE_NAMESPACES, 0, never),
        Route("namespace-add", ("PUT",), _ONE, handlers.add, NAMESPACE_ADD, cap, never),
        Route(
            "namespace-visibility",
            ("PUT",),
            _ONE + "/visibility/{visibility}",
            handlers.set_visibility,
            NAMESPACE_MANAGE,
            0,
            never,
        ),
        Route("namespace-rm", ("DELETE",), _ONE, handlers.remove, NAMESPACE_MANAGE, 0, never),
    )


def _is_public(text: str) -> bool:
    if text not in (_PUBLIC, _PRIVATE):
        raise RequestInvalidError(f"the visibility is {_PUBLIC} or {_PRIVATE}")
    return text == _PUBLIC


def _namespace(record: NamespaceRecord) -> dict[str, Any]:
    return {
        "name": str(record.namespace),
        "created": record.created_at.isoformat(timespec="seconds"),
        "created_by": record.created_by,
        "visibility": _PUBLIC if record.is_public else _PRIVATE,
    }
