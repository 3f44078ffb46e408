"""The management API for API keys: everybody's own, and for administrators everybody's.

```text
GET    /api/v1/api-keys[?account=NAME|?all=true]
POST   /api/v1/api-keys           {"account", "name", "expires_in_seconds", "roles", "namespaces"}; the answer holds the key, once
DELETE /api/v1/api-keys/ID
```
"""

from datetime import timedelta
from typing import Any

from inkan import limits
from inkan.access.api_keys import ApiKeyService
from inkan.access.people import PeopleService
from inkan.access.principals import Reach
from inkan.admin.answers import json_answer
from inkan.admin.bodies import Body
from inkan.errors import AccessDeniedError, ApiKeyUnknownError, RequestInvalidError
from inkan.oci.reference import Namespace
from inkan.store.records import ApiKeyRecord, Role
from inkan.web.demand import VISIBLE, Caller, Right
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route

_ALL = "/api/v1/api-keys"
_NAME_CHARACTERS = 100
_LONGEST_SECONDS = 10 * 366 * 24 * 3600


class ApiKeyHandlers:
    """Answers for API keys."""

    def __init__(self, keys: ApiKeyService, people: PeopleService) -> None:
        self._keys = keys
        self._people = people

    async def list(self, request: Request) -> Response:
        """Return the caller's keys, another account's, or all."""
        account = request.query("account") or request.caller.account
        wanted = None if request.query("all") == "true" else account
        _require_own(request.caller, wanted)
        if wanted is not None:
            await self._people.get(wanted)
        found = await self._keys.list(wanted)
        return json_answer(200, {"api_keys": [_key(one) for one in found]})

    async def create(self, request: Request) -> Response:
        """Make a key; nobody sees it again."""
        body = await Body.of(request)
        account = body.text("account") or request.caller.account
        name, seconds = body.text("name"), body.number("expires_in_seconds", 0)
        reach = Reach("", _roles(body), frozenset(map(_namespace, body.texts("namespaces"))))
        body.end()
        is_name = 0 < len(name) <= _NAME_CHARACTERS and name.isprintable()
        if not is_name or not 0 <= seconds <= _LONGEST_SECONDS:
            raise RequestInvalidError("a key needs a name, and ends within ten years or never")
        _require_own(request.caller, account)
        await self._people.get(account)
        lifetime = timedelta(seconds=seconds) if seconds else None
        record, secret = await self._keys.create(account, name, lifetime, reach)
        return json_answer(201, {**_key(record), "api_key": secret})

    async def revoke(self, request: Request) -> Response:
        """End a key."""
        key_id = request.params["key"]
        key = await self._keys.find(key_id)
        if key is None or not _may(request.caller, key.account):
            # whose keys there are is not everybody's business
            raise ApiKeyUnknownError(key_id)
        _require_own(request.caller, key.account)
        await self._keys.revoke(key_id)
        return Response(204)


def api_key_routes(handlers: ApiKeyHandlers) -> tuple[Route, ...]:
    """Return the routes about API keys."""
    never, cap = CachePolicy.NEVER, limits.SMALL_BODY_BYTES
    return (
        Route("api-key-list", ("GET",), _ALL, handlers.list, VISIBLE, 0, never),
        Route("api-key-create", ("POST",), _ALL, handlers.create, VISIBLE, cap, never),
        Route("api-key-rm", ("DELETE",), _ALL + "/{key}", handlers.revoke, VISIBLE, 0, never),
    )


def _require_own(caller: Caller, account: str | None) -> None:
    if Right.ADMINISTER in caller.rights_in(""):
        return
    if account != caller.account:
        raise AccessDeniedError(
            f"{caller.account} sees its own API keys only; ask an administrator for others'"
        )
    if caller.key_id:
        # a key with limits could otherwise make one without
        raise AccessDeniedError("an API key cannot make or end keys; log in without it")


def _may(caller: Caller, account: str) -> bool:
    return account == caller.account or Right.ADMINISTER in caller.rights_in("")


def _roles(body: Body) -> frozenset[Role]:
    try:
        return frozenset(Role(word) for word in body.texts("roles"))
    except ValueError as error:
        raise RequestInvalidError(f"a role is one of {', '.join(Role)}") from error


def _namespace(text: str) -> str:
    return str(Namespace.parse(text))


def _key(one: ApiKeyRecord) -> dict[str, Any]:
    ends = {"expires": one.expires_at, "last_used": one.last_used_at, "revoked": one.revoked_at}
    return {
        "id": one.key_id,
        "account": one.account,
        "name": one.name,
        "roles": sorted(one.roles),
        "namespaces": sorted(one.namespaces),
        "created": one.created_at.isoformat(timespec="seconds"),
        **{name: at.isoformat(timespec="seconds") if at else None for name, at in ends.items()},
    }
