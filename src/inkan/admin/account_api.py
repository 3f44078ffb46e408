"""The management API for accounts: people and service ids.

```text
GET    /api/v1/accounts[?kind=person|service-id]
PUT    /api/v1/accounts/NAME                 {"kind", "password", "display_name", "email", "admin"}
DELETE /api/v1/accounts/NAME
POST   /api/v1/accounts/NAME/disable         …/enable
POST   /api/v1/accounts/NAME/password        {"password"}
POST   /api/v1/password                      {"old", "new"}: one's own
```
"""

from typing import Any

from inkan import limits
from inkan.access.accounts import AccountService
from inkan.access.people import Newcomer, PeopleService
from inkan.admin.answers import json_answer
from inkan.admin.bodies import Body
from inkan.errors import AccessDeniedError, RequestInvalidError
from inkan.store.records import AccountKind, AccountRecord
from inkan.web.demand import NAMESPACES, VISIBLE
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route

_ALL, _ONE = "/api/v1/accounts", "/api/v1/accounts/{account}"


class AccountHandlers:
    """Answers for accounts."""

    def __init__(self, people: PeopleService, accounts: AccountService) -> None:
        self._people = people
        self._accounts = accounts

    async def list(self, request: Request) -> Response:
        """Return every account, or those of a kind."""
        spelled = request.query("kind")
        found = await self._people.list(_kind(spelled) if spelled else None)
        return json_answer(200, {"accounts": [_account(one) for one in found]})

    async def add(self, request: Request) -> Response:
        """Make an account."""
        body = await Body.of(request)
        newcomer = Newcomer(
            request.params["account"],
            _kind(body.text("kind") or str(AccountKind.PERSON)),
            body.text("password"),
            body.text("display_name"),
            body.text("email"),
            body.flag("admin", absent=False),
        )
        body.end()
        return json_answer(201, _account(await self._people.add(newcomer)))

    async def remove(self, request: Request) -> Response:
        """Forget an account and everything it had."""
        await self._people.remove(request.params["account"])
        return Response(204)

    async def disable(self, request: Request) -> Response:
        """Keep an account out from now on."""
        await self._people.set_disabled(request.params["account"], is_disabled=True)
        return Response(204)

    async def enable(self, request: Request) -> Response:
        """Let an account in again."""
        await self._people.set_disabled(request.params["account"], is_disabled=False)
        return Response(204)

    async def set_password(self, request: Request) -> Response:
        """Give a person a new password."""
        body = await Body.of(request)
        password = body.text("password")
        body.end()
        await self._people.set_password(request.params["account"], password)
        return Response(204)

    async def change_password(self, request: Request) -> Response:
        """Change one's own password; the old one is asked for, so that a session left open is not an account lost."""
        body = await Body.of(request)
        old, new = body.text("old"), body.text("new")
        body.end()
        if request.caller.key_id:
            raise AccessDeniedError("an API key cannot change a password; log in with the password")
        await self._accounts.log_in(request.caller.account, old, request.client_address)
        await self._people.set_password(request.caller.account, new)
        return Response(204)


def account_routes(handlers: AccountHandlers) -> tuple[Route, ...]:
    """Return the routes about accounts."""
    never, cap = CachePolicy.NEVER, limits.SMALL_BODY_BYTES
    passwd = handlers.set_password
    return (
        Route("account-list", ("GET",), _ALL, handlers.list, NAMESPACES, 0, never),
        Route("account-add", ("PUT",), _ONE, handlers.add, NAMESPACES, cap, never),
        Route("account-rm", ("DELETE",), _ONE, handlers.remove, NAMESPACES, 0, never),
        Route(
            "account-disable", ("POST",), _ONE + "/disable", handlers.disable, NAMESPACES, 0, never
        ),
        Route("account-enable", ("POST",), _ONE + "/enable", handlers.enable, NAMESPACES, 0, never),
        Route("account-passwd", ("POST",), _ONE + "/password", passwd, NAMESPACES, cap, never),
        Route(
            "passwd", ("POST",), "/api/v1/password", handlers.change_password, VISIBLE, cap, never
        ),
    )


def _kind(text: str) -> AccountKind:
    try:
        return AccountKind(text)
    except ValueError as error:
        raise RequestInvalidError("kind is person or service-id") from error


def _account(one: AccountRecord) -> dict[str, Any]:
    return {
        "name": one.name,
        "kind": str(one.kind),
        "display_name": one.display_name,
        "email": one.email,
        "admin": one.is_admin,
        "disabled": one.is_disabled,
        "issuer": one.issuer,
        "created": one.created_at.isoformat(timespec="seconds"),
    }
