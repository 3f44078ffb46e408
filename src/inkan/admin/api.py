"""The management API's face: namespaces, and what is beside it: images, garbage, trust.

```text
GET    /api/v1/version
GET    /api/v1/namespaces
PUT    /api/v1/namespaces/NAME
DELETE /api/v1/namespaces/NAME[?force=true]
```
"""

import re
from typing import Any

from inkan import __version__, limits
from inkan.access.scopes import HostNames
from inkan.admin.answers import json_answer
from inkan.admin.garbage_api import GarbageHandlers, garbage_routes
from inkan.admin.image_api import ImageHandlers, image_routes
from inkan.admin.problems import AdminProblems
from inkan.admin.trust_api import TrustAdminHandlers, trust_routes
from inkan.clock import Clock
from inkan.errors import NamespaceInvalidError, RequestInvalidError
from inkan.oci.reference import Namespace, hostname
from inkan.store.ports import Namespaces
from inkan.store.records import NamespaceRecord
from inkan.web.authority import Authority
from inkan.web.demand import LOGIN, NAMESPACES
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Face, Route


class NamespaceHandlers:
    """Answers for namespaces."""

    def __init__(self, namespaces: Namespaces, hosts: HostNames, clock: Clock) -> None:
        self._namespaces = namespaces
        self._hosts = hosts
        self._clock = clock

    async def list(self, _request: Request) -> Response:
        """Return every namespace."""
        found = await self._namespaces.list()
        return json_answer(200, {"namespaces": [_namespace(record) for record in found]})

    async def add(self, request: Request) -> Response:
        """Make a namespace."""
        namespace = Namespace.parse(request.params["namespace"])
        if self._hosts.is_host(str(namespace)):
            # localhost/app would mean two repositories at once
            raise NamespaceInvalidError(str(namespace), "it is a host name of this server")
        record = NamespaceRecord(namespace, self._clock.now(), request.caller.account)
        await self._namespaces.add(record, limits.NAMESPACES_PER_REGISTRY)
        return json_answer(201, _namespace(record))

    async def remove(self, request: Request) -> Response:
        """Remove a namespace; one that holds something only by force."""
        force = request.query("force") or "false"
        if force not in ("true", "false"):
            raise RequestInvalidError("force is true or false")
        namespace = Namespace.parse(request.params["namespace"])
        await self._namespaces.remove(namespace, force=force == "true")
        return Response(204)


class VersionHandlers:
    """Says what the server is.

    Args:
        scheme: how clients reach it.
        trust_port: the port of the trust listener; nothing where the trust API is on the main port only.
        hosts: the names it answers for.
    """

    def __init__(self, scheme: str, trust_port: int | None, hosts: HostNames) -> None:
        self._scheme = scheme
        self._trust_port = trust_port
        self._hosts = hosts

    async def show(self, request: Request) -> Response:
        """Return the version, and the trust server's address under the name that the caller used."""
        host = request.host if request.host in self._hosts else self._hosts.primary
        if self._trust_port is not None:
            host = f"{hostname(host)}:{self._trust_port}"
        return json_answer(
            200, {"version": __version__, "trust_server": f"{self._scheme}://{host}"}
        )


def admin_face(
    version: VersionHandlers,
    namespaces: NamespaceHandlers,
    images: ImageHandlers,
    garbage: GarbageHandlers,
    trust: TrustAdminHandlers,
    authority: Authority,
) -> Face:
    """Return the management API's face."""
    one, never = "/api/v1/namespaces/{namespace}", CachePolicy.NEVER
    cap = limits.API_BODY_BYTES
    return Face(
        name="admin",
        routes=(
            *trust_routes(trust),
            *garbage_routes(garbage),
            Route("version", ("GET",), "/api/v1/version", version.show, LOGIN, 0, never),
            Route(
                "namespace-list",
                ("GET",),
                "/api/v1/namespaces",
                namespaces.list,
                NAMESPACES,
                0,
                never,
            ),
            Route("namespace-add", ("PUT",), one, namespaces.add, NAMESPACES, cap, never),
            Route("namespace-rm", ("DELETE",), one, namespaces.remove, NAMESPACES, 0, never),
            *image_routes(images),
        ),
        render=AdminProblems(authority),
        claims=re.compile(r"/api/"),
    )


def _namespace(record: NamespaceRecord) -> dict[str, Any]:
    return {
        "name": str(record.namespace),
        "created": record.created_at.isoformat(timespec="seconds"),
        "created_by": record.created_by,
    }
