"""The management API for groups.

```text
GET    /api/v1/groups
PUT    /api/v1/groups/NAME
DELETE /api/v1/groups/NAME
PUT    /api/v1/groups/NAME/members/ACCOUNT
DELETE /api/v1/groups/NAME/members/ACCOUNT
```
"""

from typing import Any

from inkan.access.people import require_account_name
from inkan.admin.answers import json_answer
from inkan.clock import Clock
from inkan.errors import AccountUnknownError
from inkan.store.ports import Groups
from inkan.store.records import GroupRecord, MemberRecord, MemberSource
from inkan.web.demand import NAMESPACES
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route

_ALL, _ONE = "/api/v1/groups", "/api/v1/groups/{group}"
_MEMBER = _ONE + "/members/{account}"


class GroupHandlers:
    """Answers for groups."""

    def __init__(self, groups: Groups, clock: Clock) -> None:
        self._groups = groups
        self._clock = clock

    async def list(self, _request: Request) -> Response:
        """Return every group and who is in it."""
        members: dict[str, list[dict[str, str]]] = {}
        for one in await self._groups.members():
            entry = {"account": one.account, "source": str(one.source)}
            members.setdefault(one.group, []).append(entry)
        found: list[dict[str, Any]] = [
            {
                "name": one.name,
                "created": one.created_at.isoformat(timespec="seconds"),
                "members": members.get(one.name, []),
            }
            for one in await self._groups.list()
        ]
        return json_answer(200, {"groups": found})

    async def add(self, request: Request) -> Response:
        """Make a group."""
        name = request.params["group"]
        require_account_name(name)
        await self._groups.add(GroupRecord(name, self._clock.now(), request.caller.account))
        return json_answer(201, {"name": name})

    async def remove(self, request: Request) -> Response:
        """Forget a group and the roles it had."""
        await self._groups.remove(request.params["group"])
        return Response(204)

    async def add_member(self, request: Request) -> Response:
        """Put an account into a group."""
        await self._groups.add_member(_member(request))
        return Response(204)

    async def remove_member(self, request: Request) -> Response:
        """Take an account out of a group."""
        member = _member(request)
        if not await self._groups.remove_member(member.group, member.account):
            raise AccountUnknownError(member.account)
        return Response(204)


def group_routes(handlers: GroupHandlers) -> tuple[Route, ...]:
    """Return the routes about groups; they are an administrator's."""
    never, join, leave = CachePolicy.NEVER, handlers.add_member, handlers.remove_member
    return (
        Route("group-list", ("GET",), _ALL, handlers.list, NAMESPACES, 0, never),
        Route("group-add", ("PUT",), _ONE, handlers.add, NAMESPACES, 0, never),
        Route("group-rm", ("DELETE",), _ONE, handlers.remove, NAMESPACES, 0, never),
        Route("group-member-add", ("PUT",), _MEMBER, join, NAMESPACES, 0, never),
        Route("group-member-rm", ("DELETE",), _MEMBER, leave, NAMESPACES, 0, never),
    )


def _member(request: Request) -> MemberRecord:
    return MemberRecord(request.params["group"], request.params["account"], MemberSource.LOCAL)
