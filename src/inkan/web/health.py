"""Health and metrics: what an operator's machines ask.

`/health/live` says that the process answers; nothing else can make it fail. `/health/ready` says that the stores answer too. Neither says
more to a stranger than yes or no: the reason of a no is in the log.
"""

import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping

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
        ca: gives the certificate of the CA that vouches for this server, if it is one of our own.
    """

    def __init__(
        self, checks: Mapping[str, Check], metrics: Metrics, ca: Callable[[], bytes | None]
    ) -> None:
        self._checks = checks
        self._metrics = metrics
        self._ca = ca

    async def live(self, _request: Request) -> Response:
        """Return 200 while the process answers."""
        return Response(200, [_JSON], b'{"status":"ok"}')

    async def ready(self, _request: Request) -> Response:
        """Return 200 when every check passes, else 503 with the names of those that failed."""
        failed = [name for name in self._checks if not await self._passes(name)]
        if not failed:
            return Response(200, [_JSON], b'{"status":"ok"}')
        body = json.dumps({"status": "failed", "checks": failed}).encode()
        return Response(503, [_JSON], body)

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

    async def _passes(self, name: str) -> bool:
        try:
            await self._checks[name]()
        except InkanError:
            logger.exception("health check failed", extra={"check": name})
            return False
        return True


def health_face(
    checks: Mapping[str, Check], metrics: Metrics, ca: Callable[[], bytes | None]
) -> Face:
    """Return the face of health, metrics and the CA; it also answers for addresses that no other face claims."""
    handlers = HealthHandlers(checks, metrics, ca)
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
