"""The management API for immutable tags.

```text
GET    /api/v1/immutable-tags
PUT    /api/v1/immutable-tags/NAMESPACE        {"patterns": ["v*", "latest"]}; an empty list lets all tags move again
```
"""

from inkan import limits
from inkan.admin.answers import json_answer
from inkan.admin.bodies import Body
from inkan.oci.reference import Namespace
from inkan.registry.immutability import ImmutabilityService
from inkan.web.demand import NAMESPACE_MANAGE, VISIBLE, Right
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route


class ImmutableTagHandlers:
    """Answers about immutable tags."""

    def __init__(self, immutability: ImmutabilityService) -> None:
        self._immutability = immutability

    async def list(self, request: Request) -> Response:
        """Return the patterns of every namespace that has some, and whose images the caller may list."""
        found, rights = await self._immutability.list(), request.caller.rights_in
        tree = [
            {"namespace": str(name), "patterns": patterns}
            for name, patterns in found.items()
            if Right.LIST in rights(str(name))
        ]
        return json_answer(200, {"immutable_tags": tree})

    async def set(self, request: Request) -> Response:
        """Let these be the patterns of a namespace, and no others."""
        namespace = Namespace.parse(request.params["namespace"])
        body = await Body.of(request)
        patterns = body.texts("patterns")
        body.end()
        await self._immutability.set(namespace, patterns)
        return json_answer(200, {"namespace": str(namespace), "patterns": patterns})


def immutable_tags_routes(handlers: ImmutableTagHandlers) -> tuple[Route, ...]:
    """Return the routes about immutable tags."""
    everything, never = "/api/v1/immutable-tags", CachePolicy.NEVER
    one, cap = f"{everything}/{{namespace}}", limits.API_BODY_BYTES
    return (
        Route("immutable-tags-list", ("GET",), everything, handlers.list, VISIBLE, 0, never),
        Route("immutable-tags-set", ("PUT",), one, handlers.set, NAMESPACE_MANAGE, cap, never),
    )
