"""The management API for the trash.

```text
GET    /api/v1/trash[?namespace=NAME]                        what was deleted and can be had back
POST   /api/v1/trash/NAMESPACE/REPOSITORY/restore?reference=TAG|DIGEST
```
"""

from typing import Any

from inkan.admin.answers import json_answer
from inkan.errors import RequestInvalidError
from inkan.oci.reference import Namespace, RepositoryName, parse_tag_or_digest
from inkan.registry.trash import TrashService
from inkan.store.records import TrashRecord
from inkan.web.demand import CATALOG_OF, PUSH
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route


class TrashHandlers:
    """Answers about the trash."""

    def __init__(self, trash: TrashService) -> None:
        self._trash = trash

    async def list(self, request: Request) -> Response:
        """Return what is in the trash."""
        spelled = request.query("namespace")
        found = await self._trash.list(Namespace.parse(spelled) if spelled else None)
        return json_answer(200, {"trash": [self._render(one) for one in found]})

    async def restore(self, request: Request) -> Response:
        """Put an image back."""
        spelled = request.query("reference")
        if not spelled:
            raise RequestInvalidError("say which image: ?reference=TAG, or a digest")
        name = RepositoryName(request.params["name"])
        restored = await self._trash.restore(
            name, parse_tag_or_digest(spelled), request.caller.account
        )
        return json_answer(200, self._render(restored))

    def _render(self, one: TrashRecord) -> dict[str, Any]:
        return {
            "repository": str(one.repository),
            "namespace": one.repository.namespace,
            "digest": str(one.digest),
            "tags": [str(tag) for tag in one.tags],
            "size": one.image_bytes,
            "deleted": one.deleted.at.isoformat(timespec="seconds"),
            "deleted_by": one.deleted.account,
            "expires": self._trash.ends_at(one).isoformat(timespec="seconds"),
        }


def trash_routes(handlers: TrashHandlers) -> tuple[Route, ...]:
    """Return the routes about the trash; who may push an image may have it back."""
    never, one = CachePolicy.NEVER, "/api/v1/trash/{name+}/restore"
    return (
        Route("trash-list", ("GET",), "/api/v1/trash", handlers.list, CATALOG_OF, 0, never),
        Route("image-restore", ("POST",), one, handlers.restore, PUSH, 0, never),
    )
