"""The management API's face: namespaces and images.

```text
GET    /api/v1/version
GET    /api/v1/namespaces
PUT    /api/v1/namespaces/NAME
DELETE /api/v1/namespaces/NAME[?force=true]
GET    /api/v1/images[?namespace=NAME]
```
"""

import re
from collections.abc import Sequence
from typing import Any

from inkan import __version__, limits
from inkan.access.scopes import HostNames
from inkan.admin.answers import json_answer
from inkan.admin.garbage_api import GarbageHandlers, garbage_routes
from inkan.admin.problems import AdminProblems
from inkan.admin.trust_api import TrustAdminHandlers, trust_routes
from inkan.clock import Clock
from inkan.errors import NamespaceInvalidError, RequestInvalidError
from inkan.oci.reference import Namespace, hostname
from inkan.store.ports import Catalog, Namespaces
from inkan.store.records import ImageRecord, NamespaceRecord
from inkan.trust.status import CollectionStatus, TrustStatus
from inkan.web.authority import Authority
from inkan.web.demand import CATALOG, LOGIN, NAMESPACES
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


class ImageHandlers:
    """Answers for images."""

    def __init__(self, catalog: Catalog, trust: TrustStatus) -> None:
        self._catalog = catalog
        self._trust = trust

    async def list(self, request: Request) -> Response:
        """Return every tag with its digest, and who has signed it."""
        spelled = request.query("namespace")
        namespace = Namespace.parse(spelled) if spelled else None
        images = await self._catalog.list_images(namespace)
        repositories = dict.fromkeys(image.repository for image in images)
        status = {name: await self._trust.list(name) for name in repositories}
        listed = [_image(image, status[image.repository]) for image in images]
        return json_answer(200, {"images": listed})


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
            Route("image-list", ("GET",), "/api/v1/images", images.list, CATALOG, 0, never),
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


def _image(image: ImageRecord, collections: Sequence[CollectionStatus]) -> dict[str, Any]:
    return {
        "repository": str(image.repository),
        "namespace": image.repository.namespace,
        "tag": str(image.tag),
        "digest": str(image.digest),
        "created": image.created_at.isoformat(timespec="seconds"),
        "size": image.image_bytes,
        "mediaType": image.media_type,
        "signed": _signatures(image, collections),
    }


def _signatures(
    image: ImageRecord, collections: Sequence[CollectionStatus]
) -> list[dict[str, Any]]:
    return [
        {
            "gun": str(one.gun),
            "digest": f"sha256:{signed.digest}",
            "signers": list(signed.signers),
            # a tag may have moved on since it was signed
            "current": str(image.digest) == f"sha256:{signed.digest}",
        }
        for one in collections
        if (signed := one.tags.get(str(image.tag)))
    ]
