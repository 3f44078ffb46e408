"""The management API for retention.

```text
GET    /api/v1/retentions                    the policy of every namespace
GET    /api/v1/retentions/NAMESPACE          of one
POST   /api/v1/retentions                    sets one, and carries it out
POST   /api/v1/retentions/analyze            what one would let go: changes nothing
POST   /api/v1/retentions/run                carries one out this once
```

A manager of one namespace names it in the query as well: `?namespace=team`.

A policy is `{"namespace": "team", "images_per_repo": 10, "deletion_threshold_days": 30, "retain_untagged": false}`; -1 images are all.
"""

from collections.abc import Sequence
from typing import Any

from inkan import limits
from inkan.admin.answers import json_answer
from inkan.admin.bodies import Body
from inkan.admin.places import require_same_namespace
from inkan.errors import NamespaceUnknownError, RequestInvalidError
from inkan.oci.reference import Namespace
from inkan.registry.retention import RetentionService, Retired
from inkan.store.records import RetentionPolicy
from inkan.web.demand import CATALOG_OF, NAMESPACE_MANAGE, VISIBLE, Right
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route

_ALL = -1
_DAYS_MOST = 36_500


class RetentionHandlers:
    """Answers about retention."""

    def __init__(self, retention: RetentionService) -> None:
        self._retention = retention

    async def list(self, request: Request) -> Response:
        """Return the policy of every namespace whose images the caller may list."""
        rights = request.caller.rights_in
        found = [
            _policy(one)
            for one in await self._retention.list()
            if Right.LIST in rights(str(one.namespace))
        ]
        return json_answer(200, {"retentions": found})

    async def show(self, request: Request) -> Response:
        """Return the policy of one namespace."""
        namespace = Namespace.parse(request.params["namespace"])
        for one in await self._retention.list():
            if one.namespace == namespace:
                return json_answer(200, _policy(one))
        raise NamespaceUnknownError(str(namespace))

    async def set(self, request: Request) -> Response:
        """Set a policy and carry it out; return what went."""
        policy = await _read(request)
        await self._retention.set(policy)
        return _images(await self._retention.run(policy, request.caller.account))

    async def analyze(self, request: Request) -> Response:
        """Return what a policy would let go."""
        return _images(await self._retention.analyze(await _read(request)))

    async def run(self, request: Request) -> Response:
        """Carry a policy out this once; return what went."""
        return _images(await self._retention.run(await _read(request), request.caller.account))


def retention_routes(handlers: RetentionHandlers) -> tuple[Route, ...]:
    """Return the routes about retention."""
    path, never, cap = "/api/v1/retentions", CachePolicy.NEVER, limits.API_BODY_BYTES
    one, analyze, run = f"{path}/{{namespace}}", f"{path}/analyze", f"{path}/run"
    return (
        Route("retention-policy-list", ("GET",), path, handlers.list, VISIBLE, 0, never),
        Route("retention-policy-show", ("GET",), one, handlers.show, CATALOG_OF, 0, never),
        Route("retention-policy-set", ("POST",), path, handlers.set, NAMESPACE_MANAGE, cap, never),
        Route(
            "retention-analyze", ("POST",), analyze, handlers.analyze, NAMESPACE_MANAGE, cap, never
        ),
        Route("retention-run", ("POST",), run, handlers.run, NAMESPACE_MANAGE, cap, never),
    )


async def _read(request: Request) -> RetentionPolicy:
    body = await Body.of(request)
    namespace = Namespace.parse(body.text("namespace"))
    if not body.has("images_per_repo"):
        raise RequestInvalidError("say how many images stay: images_per_repo, -1 for all")
    count = body.number("images_per_repo", _ALL)
    days = body.number("deletion_threshold_days", 0)
    untagged = body.flag("retain_untagged", absent=False)
    body.end()
    require_same_namespace(request, str(namespace))
    if count < 1 and count != _ALL:
        raise RequestInvalidError("images_per_repo is a number from 1, or -1 for all")
    if not 0 <= days <= _DAYS_MOST:
        raise RequestInvalidError(f"deletion_threshold_days is a number from 0 to {_DAYS_MOST}")
    return RetentionPolicy(namespace, None if count == _ALL else count, days, untagged)


def _policy(one: RetentionPolicy) -> dict[str, Any]:
    count = one.images_per_repository
    return {
        "namespace": str(one.namespace),
        "images_per_repo": _ALL if count is None else count,
        "deletion_threshold_days": one.threshold_days,
        "retain_untagged": one.keeps_untagged,
    }


def _images(retired: Sequence[Retired]) -> Response:
    found = [
        {
            "repository": str(one.repository),
            "digest": str(one.image.digest),
            "tags": [str(tag) for tag in one.image.tags],
            "created": one.image.created_at.isoformat(timespec="seconds"),
            "size": one.image.image_bytes,
        }
        for one in retired
    ]
    return json_answer(200, {"images": found})
