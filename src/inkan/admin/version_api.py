"""The management API about the server itself.

```text
GET    /api/v1/version          its version, and where its trust server is
GET    /api/v1/regions          the registries that are known under short names
```
"""

from collections.abc import Mapping

from inkan import __version__
from inkan.access.scopes import HostNames
from inkan.admin.answers import json_answer
from inkan.oci.reference import hostname
from inkan.web.demand import LOGIN
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route


class VersionHandlers:
    """Says what the server is.

    Args:
        scheme: how clients reach it.
        trust_port: the port of the trust listener; nothing where the trust API is on the main port only.
        hosts: the names it answers for.
        regions: host names by region.
    """

    def __init__(
        self, scheme: str, trust_port: int | None, hosts: HostNames, regions: Mapping[str, str]
    ) -> None:
        self._scheme = scheme
        self._trust_port = trust_port
        self._hosts = hosts
        self._regions = regions

    async def regions(self, _request: Request) -> Response:
        """Return the regions, by name."""
        found = [{"region": name, "registry": host} for name, host in sorted(self._regions.items())]
        return json_answer(200, {"regions": found})

    async def show(self, request: Request) -> Response:
        """Return the version, and the trust server's address under the name that the caller used."""
        host = request.host if request.host in self._hosts else self._hosts.primary
        if self._trust_port is not None:
            host = f"{hostname(host)}:{self._trust_port}"
        return json_answer(
            200, {"version": __version__, "trust_server": f"{self._scheme}://{host}"}
        )


def version_routes(handlers: VersionHandlers) -> tuple[Route, ...]:
    """Return the routes about the server itself."""
    never = CachePolicy.NEVER
    return (
        Route("version", ("GET",), "/api/v1/version", handlers.show, LOGIN, 0, never),
        Route("region-list", ("GET",), "/api/v1/regions", handlers.regions, LOGIN, 0, never),
    )
