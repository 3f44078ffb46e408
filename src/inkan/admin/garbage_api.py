"""The management API for garbage.

```text
GET    /api/v1/garbage          what would go, and since when it waits: changes nothing
POST   /api/v1/garbage          collects what is due now, instead of at the next turn
```
"""

from dataclasses import asdict

from inkan.admin.answers import json_answer
from inkan.registry.garbage import GarbageService
from inkan.web.demand import NAMESPACES
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route

_PATH = "/api/v1/garbage"


class GarbageHandlers:
    """Answers about garbage."""

    def __init__(self, garbage: GarbageService) -> None:
        self._garbage = garbage

    async def list(self, _request: Request) -> Response:
        """Return the blobs that no manifest names."""
        found = [
            {
                "repository": str(one.repository),
                "digest": str(one.digest),
                "size": one.size_bytes,
                "since": one.seen_at.isoformat(timespec="seconds") if one.seen_at else None,
                "goes": (one.seen_at + self._garbage.grace).isoformat(timespec="seconds")
                if one.seen_at
                else None,
            }
            for one in await self._garbage.list()
        ]
        return json_answer(200, {"garbage": found})

    async def collect(self, _request: Request) -> Response:
        """Collect what is due."""
        return json_answer(200, asdict(await self._garbage.collect()))


def garbage_routes(handlers: GarbageHandlers) -> tuple[Route, ...]:
    """Return the routes about garbage; they are an administrator's."""
    never = CachePolicy.NEVER
    return (
        Route("garbage-list", ("GET",), _PATH, handlers.list, NAMESPACES, 0, never),
        Route("garbage-run", ("POST",), _PATH, handlers.collect, NAMESPACES, 0, never),
    )
