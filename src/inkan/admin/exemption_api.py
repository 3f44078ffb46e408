"""The management API for exemptions: what scanners are to leave out. The registry keeps them; scanners ask for them.

```text
GET    /api/v1/exemptions[?namespace=NAME]             those that hold in a namespace; else in all that the caller may list
POST   /api/v1/exemptions[?namespace=NAME]             {"scope": "team/app", "issue_type": "cve", "issue_id": "CVE-2021-44228"}
POST   /api/v1/exemptions/remove[?namespace=NAME]      the same
```

A scope is `*`, a namespace, a repository, or one tag or digest of a repository. A manager of one namespace names it in the query as well: `?namespace=team`.
"""

from typing import Any

from inkan import limits
from inkan.admin.answers import json_answer
from inkan.admin.bodies import Body
from inkan.admin.places import require_same_namespace
from inkan.clock import Clock
from inkan.errors import RequestInvalidError
from inkan.oci.reference import Namespace
from inkan.store.ports import Exemptions
from inkan.store.records import Act, Exemption, ExemptionRecord, ExemptionScope, IssueType
from inkan.web.demand import NAMESPACE_MANAGE, VISIBLE, Right
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route


class ExemptionHandlers:
    """Answers about exemptions."""

    def __init__(self, exemptions: Exemptions, clock: Clock) -> None:
        self._exemptions = exemptions
        self._clock = clock

    async def list(self, request: Request) -> Response:
        """Return the exemptions that hold in a namespace, or in all whose images the caller may list."""
        spelled, rights = request.query("namespace"), request.caller.rights_in
        found = [
            one
            for one in await self._exemptions.list(Namespace.parse(spelled) if spelled else None)
            # what holds everywhere holds in what the caller may see as well
            if not (place := one.exemption.scope.namespace) or Right.LIST in rights(place)
        ]
        return json_answer(200, {"exemptions": [_exemption(one) for one in found]})

    async def add(self, request: Request) -> Response:
        """Keep an exemption; one that is there already stays as it is."""
        exemption = await _read(request)
        require_same_namespace(request, exemption.scope.namespace)
        act = Act(request.caller.account, self._clock.now())
        kept = await self._exemptions.add(exemption, act, limits.EXEMPTIONS)
        return json_answer(201, _exemption(kept))

    async def remove(self, request: Request) -> Response:
        """Forget an exemption."""
        exemption = await _read(request)
        require_same_namespace(request, exemption.scope.namespace)
        await self._exemptions.remove(exemption)
        return Response(204)


def exemption_routes(handlers: ExemptionHandlers) -> tuple[Route, ...]:
    """Return the routes about exemptions."""
    path, never, cap = "/api/v1/exemptions", CachePolicy.NEVER, limits.API_BODY_BYTES
    away = f"{path}/remove"
    return (
        Route("exemption-list", ("GET",), path, handlers.list, VISIBLE, 0, never),
        Route("exemption-add", ("POST",), path, handlers.add, NAMESPACE_MANAGE, cap, never),
        # an image as a scope has slashes and colons: it goes in a body, as it came
        Route("exemption-rm", ("POST",), away, handlers.remove, NAMESPACE_MANAGE, cap, never),
    )


async def _read(request: Request) -> Exemption:
    body = await Body.of(request)
    scope, kind, issue_id = body.text("scope"), body.text("issue_type"), body.text("issue_id")
    body.end()
    if kind not in list(IssueType):
        raise RequestInvalidError(f"issue_type is one of: {', '.join(IssueType)}")
    return Exemption(ExemptionScope.parse(scope), IssueType(kind), issue_id)


def _exemption(one: ExemptionRecord) -> dict[str, Any]:
    return {
        "scope": str(one.exemption.scope),
        "issue_type": str(one.exemption.issue_type),
        "issue_id": one.exemption.issue_id,
        "created": one.made.at.isoformat(timespec="seconds"),
        "created_by": one.made.account,
    }
