"""Health and metrics: what an operator's machines ask.

`/health/live` says that the process answers; nothing else can make it fail. `/health/ready` says that the stores answer too, and whether they take anything: a server that
can only be read from is asked on, for it is all that there may be, but it does not say that all is well. Neither says more to a stranger than that: the reason of a no is in the log.
"""

import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence

from inkan.errors import InkanError, RouteUnknownError
from inkan.web.demand import OPEN
from inkan.web.messages import Request, Response
from inkan.web.metrics import Metrics
from inkan.web.routing import CachePolicy, Face, Route

logger = logging.getLogger(__name__)
Check = Callable[[], Awaitable[None]]
_JSON = ("Content-Type", "application/json")


class HealthHandlers:
    """Answers for the process and its stores.

    Args:
        checks: by name; each returns when all is well and raises an `InkanError` when not.
        metrics: what `/metrics` shows.
        writing: checks, by name, without which the server can still be read from.
        ca: gives the certificate of the CA that vouches for this server, if it is one of our own.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        metrics: Metrics,
        ca: Callable[[], bytes | None],
        writing: Mapping[str, Check],
    ) -> None:
        self._checks = checks
        self._writing = writing
        self._metrics = metrics
        self._ca = ca

    async def live(self, _request: Request) -> Response:
        """Return 200 while the process answers."""
        return Response(200, [_JSON], b'{"status":"ok"}')

    async def ready(self, _request: Request) -> Response:
        """Return 200 when the server can be asked, else 503; with the names of the checks that failed."""
        if failed := await _failed(self._checks):
            return Response(503, [_JSON], _words("failed", failed))
        if failed := await _failed(self._writing):
            return Response(200, [_JSON], _words("reading only", failed))
        return Response(200, [_JSON], b'{"status":"ok"}')

    async def trust_health(self, request: Request) -> Response:
        """Return what Notary's health address returned: `{}`, or the failed checks."""
        response = await self.ready(request)
        if response.status == 200:
            response.body = b"{}"
        return response

    async def show_metrics(self, _request: Request) -> Response:
        """Return the metrics in Prometheus' text form."""
        content_type = ("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        return Response(200, [content_type], self._metrics.text())

    async def show_ca(self, _request: Request) -> Response:
        """Return the certificate of our own CA: whoever fetches it does not trust it yet, and compares its fingerprint."""
        pem = self._ca()
        if pem is None:
            raise RouteUnknownError("/ca.crt")
        return Response(200, [("Content-Type", "application/x-pem-file")], pem)


async def _failed(checks: Mapping[str, Check]) -> list[str]:
    return [name for name, check in checks.items() if not await _passes(name, check)]


async def _passes(name: str, check: Check) -> bool:
    try:
        await check()
    except InkanError:
        logger.exception("health check failed", extra={"check": name})
        return False
    return True


def _words(status: str, failed: Sequence[str]) -> bytes:
    return json.dumps({"status": status, "checks": failed}).encode()


def health_face(
    checks: Mapping[str, Check],
    metrics: Metrics,
    ca: Callable[[], bytes | None],
    *,
    writing: Mapping[str, Check],
) -> Face:
    """Return the face of health, metrics and the CA; it also answers for addresses that no other face claims."""
    handlers = HealthHandlers(checks, metrics, ca, writing)
    methods, never = ("GET", "HEAD"), CachePolicy.NEVER
    return Face(
        name="health",
        routes=(
            Route("health-live", methods, "/health/live", handlers.live, OPEN, 0, never),
            Route("health-ready", methods, "/health/ready", handlers.ready, OPEN, 0, never),
            Route(
                "health-trust",
                methods,
                "/_notary_server/health",
                handlers.trust_health,
                OPEN,
                0,
                never,
            ),
            Route("metrics", methods, "/metrics", handlers.show_metrics, OPEN, 0, never),
            Route("ca-certificate", methods, "/ca.crt", handlers.show_ca, OPEN, 0, never),
        ),
        render=_render,
        claims=re.compile(r"/"),
    )


def _render(error: InkanError, _request: Request) -> Response:
    status = 404 if isinstance(error, RouteUnknownError) else 400
    body = json.dumps(
        {"errors": [{"code": "NOT_FOUND" if status == 404 else "INVALID", "message": str(error)}]}
    )
    return Response(status, [_JSON], body.encode())
