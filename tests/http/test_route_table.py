"""Every row of the route table is whole."""

import inspect

from inkan.web.demand import Requirement, Resource
from inkan.web.routing import CachePolicy

PUBLIC = {
    "ca-certificate",
    "health-live",
    "health-ready",
    "health-trust",
    "metrics",
    "sso-begin",
    "sso-callback",
    "sso-confirm",
    "sso-device",
    "sso-look",
    "sso-passcode",
    "token-get",
    "token-post",
    "token-revoke",
}


async def test_every_row_says_who_may_how_much_and_how_it_is_cached(world):
    for face in world.product.registry.table.faces:
        for route in face.routes:
            assert isinstance(route.requires, Requirement)
            assert isinstance(route.cache, CachePolicy)
            assert route.body_cap_bytes >= 0
            assert inspect.getdoc(route.handler), route.operation
            assert (route.requires.resource is Resource.OPEN) == (route.operation in PUBLIC), route
            if route.requires.resource is Resource.REPOSITORY:
                assert "{name+}" in route.template


async def test_nobody_gets_past_a_row_that_is_not_public(world, nobody):
    """Whatever a caller without credentials asks for, they get a 401 or learn that there is no such thing."""
    values = {
        "{name+}": "team/app",
        "{digest}": "sha256:" + "a" * 64,
        "{reference}": "v1",
        "{upload}": "0" * 32,
        "{file+}": "root",
        "{role}": "snapshot",
        "{namespace}": "team",
        "{account}": "bob",
        "{group}": "builders",
        "{key}": "0" * 16,
        "{kind}": "account",
        "{subject}": "bob",
        "{visibility}": "public",
        "{issuer}": "ci",
    }
    for face in world.product.registry.table.faces:
        for route in face.routes:
            path = route.template
            for name, value in values.items():
                path = path.replace(name, value)
            if "_trust" in path:
                path = path.replace("team/app", "localhost:5000/team/app")
            for method in route.methods:
                status = (await nobody(method, path)).status
                expected = {200, 400, 401} if route.operation in PUBLIC else {401}
                if route.operation == "ca-certificate":
                    # this server has no CA of its own
                    expected = {404}
                if route.operation.startswith("sso-"):
                    # single sign-on is off here
                    expected = {404, 400}
                assert status in expected, (method, path, status)
