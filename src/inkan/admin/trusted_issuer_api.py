"""The management API for trusted issuers: whose word is taken for builds.

```text
GET    /api/v1/trusted-issuers
PUT    /api/v1/trusted-issuers/ISSUER    {"issuer": "https://…", "audience": "…", "subject": "repo:team/*", "claims": ["ref=refs/heads/main"], "account": "…", "roles": [], "namespaces": []}
DELETE /api/v1/trusted-issuers/ISSUER
```
"""

from typing import Any

from inkan import limits
from inkan.access.workloads import Workloads
from inkan.admin.answers import json_answer
from inkan.admin.bodies import Body
from inkan.clock import Clock
from inkan.errors import RequestInvalidError
from inkan.oci.reference import Namespace
from inkan.store.records import Role, TrustedIssuerRecord
from inkan.web.demand import NAMESPACES
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route


class TrustedIssuerHandlers:
    """Answers about trusted issuers."""

    def __init__(self, workloads: Workloads, clock: Clock) -> None:
        self._workloads = workloads
        self._clock = clock

    async def list(self, _request: Request) -> Response:
        """Return every trusted issuer."""
        found = [_shown(one) for one in await self._workloads.trusted.list()]
        return json_answer(200, {"trusted_issuers": found})

    async def put(self, request: Request) -> Response:
        """Take an issuer's word from now on."""
        body = await Body.of(request)
        record = TrustedIssuerRecord(
            request.params["issuer"],
            body.text("issuer"),
            body.text("audience"),
            body.text("subject"),
            _claims(body.texts("claims")),
            body.text("account"),
            _roles(body.texts("roles")),
            frozenset(str(Namespace.parse(one)) for one in body.texts("namespaces")),
            self._clock.now(),
            request.caller.account,
        )
        body.end()
        await self._workloads.put(record)
        return json_answer(200, _shown(record))

    async def remove(self, request: Request) -> Response:
        """Take an issuer's word no longer."""
        await self._workloads.trusted.remove(request.params["issuer"])
        return Response(204)


def trusted_issuer_routes(handlers: TrustedIssuerHandlers) -> tuple[Route, ...]:
    """Return the routes about trusted issuers."""
    path, never, cap = "/api/v1/trusted-issuers", CachePolicy.NEVER, limits.API_BODY_BYTES
    one = f"{path}/{{issuer}}"
    return (
        Route("trusted-issuer-list", ("GET",), path, handlers.list, NAMESPACES, 0, never),
        Route("trusted-issuer-put", ("PUT",), one, handlers.put, NAMESPACES, cap, never),
        Route("trusted-issuer-rm", ("DELETE",), one, handlers.remove, NAMESPACES, 0, never),
    )


def _claims(texts: list[str]) -> dict[str, str]:
    found = dict(text.partition("=")[::2] for text in texts)
    if len(found) < len(texts) or not all(name and pattern for name, pattern in found.items()):
        raise RequestInvalidError("claims are NAME=PATTERN, each name once")
    return found


def _roles(texts: list[str]) -> frozenset[Role]:
    try:
        return frozenset(Role(text) for text in texts)
    except ValueError as error:
        raise RequestInvalidError(f"roles are some of: {', '.join(Role)}") from error


def _shown(one: TrustedIssuerRecord) -> dict[str, Any]:
    return {
        "name": one.name,
        "issuer": one.issuer,
        "audience": one.audience,
        "subject": one.subject,
        "claims": [f"{name}={pattern}" for name, pattern in sorted(one.claims.items())],
        "account": one.account,
        "roles": sorted(one.roles),
        "namespaces": sorted(one.namespaces),
        "created": one.created_at.isoformat(timespec="seconds"),
        "created_by": one.created_by,
    }
