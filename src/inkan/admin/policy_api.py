"""The management API for policies: who has which role where. A namespace's managers give roles in it; roles in all namespaces are an administrator's to give.

```text
GET    /api/v1/policies                                     those the caller may change, and their own
PUT    /api/v1/policies/ROLE/account|group/SUBJECT          in all namespaces
DELETE /api/v1/policies/ROLE/account|group/SUBJECT
PUT    /api/v1/namespaces/NAMESPACE/policies/ROLE/account|group/SUBJECT
DELETE /api/v1/namespaces/NAMESPACE/policies/ROLE/account|group/SUBJECT
```
"""

from typing import Any

from inkan.admin.answers import json_answer
from inkan.clock import Clock
from inkan.errors import PolicyUnknownError, RequestInvalidError
from inkan.oci.reference import Namespace
from inkan.store.ports import Policies
from inkan.store.records import Grant, PolicyRecord, Role, SubjectKind
from inkan.web.demand import NAMESPACE_MANAGE, NAMESPACES, VISIBLE, Caller, Right
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route

_EVERYWHERE = "/api/v1/policies/{role}/{kind}/{subject}"
_HERE = "/api/v1/namespaces/{namespace}/policies/{role}/{kind}/{subject}"


class PolicyHandlers:
    """Answers for policies."""

    def __init__(self, policies: Policies, clock: Clock) -> None:
        self._policies = policies
        self._clock = clock

    async def list(self, request: Request) -> Response:
        """Return the policies that the caller may change, and their own."""
        found = [one for one in await self._policies.list() if _may_see(request.caller, one)]
        return json_answer(200, {"policies": [_policy(one) for one in found]})

    async def add(self, request: Request) -> Response:
        """Give a role."""
        policy = self._named(request)
        await self._policies.add(policy)
        return json_answer(201, _policy(policy))

    async def remove(self, request: Request) -> Response:
        """Take a role away."""
        if not await self._policies.remove(self._named(request)):
            raise PolicyUnknownError
        return Response(204)

    def _named(self, request: Request) -> PolicyRecord:
        spelled = request.params.get("namespace", "")
        namespace = str(Namespace.parse(spelled)) if spelled else ""
        try:
            kind, role = SubjectKind(request.params["kind"]), Role(request.params["role"])
        except ValueError as error:
            known = ", ".join(Role)
            raise RequestInvalidError(f"a role is one of {known}, for an account or a group") from error  # fmt: skip
        subject, now = request.params["subject"], self._clock.now()
        return PolicyRecord(kind, subject, Grant(role, namespace), now, request.caller.account)


def policy_routes(handlers: PolicyHandlers) -> tuple[Route, ...]:
    """Return the routes about policies."""
    never, put, delete = CachePolicy.NEVER, handlers.add, handlers.remove
    return (
        Route("policy-list", ("GET",), "/api/v1/policies", handlers.list, VISIBLE, 0, never),
        Route("policy-add", ("PUT",), _EVERYWHERE, put, NAMESPACES, 0, never),
        Route("policy-rm", ("DELETE",), _EVERYWHERE, delete, NAMESPACES, 0, never),
        Route("policy-add-here", ("PUT",), _HERE, put, NAMESPACE_MANAGE, 0, never),
        Route("policy-rm-here", ("DELETE",), _HERE, delete, NAMESPACE_MANAGE, 0, never),
    )


def _may_see(caller: Caller, policy: PolicyRecord) -> bool:
    if policy.subject_kind is SubjectKind.ACCOUNT and policy.subject == caller.account:
        return True
    wanted = Right.MANAGE if policy.grant.namespace else Right.ADMINISTER
    return wanted in caller.rights_in(policy.grant.namespace)


def _policy(one: PolicyRecord) -> dict[str, Any]:
    return {
        "subject_kind": str(one.subject_kind),
        "subject": one.subject,
        "role": str(one.grant.role),
        "namespace": one.grant.namespace,
        "created": one.created_at.isoformat(timespec="seconds"),
        "created_by": one.created_by,
    }
