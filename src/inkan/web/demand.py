"""What a route demands of its caller, and who a caller is.

The words are the token service's: a resource kind, a name, actions.

Source: Distribution project, Token Scope Documentation § Resource Provider Use.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Action(StrEnum):
    """What can be done to a resource; `ALL` covers the others."""

    PULL = "pull"
    PUSH = "push"
    DELETE = "delete"
    ALL = "*"


class Right(StrEnum):
    """What an account can have the right to do, in a namespace or everywhere; clients' tokens know only the actions above."""

    LIST = "list"
    PULL = "pull"
    PUSH = "push"
    SIGN = "sign"
    DELETE = "delete"
    MANAGE = "manage"
    ADMINISTER = "administer"


class Resource(StrEnum):
    """What kind of thing a demand is about."""

    OPEN = "open"  # nobody is asked for anything: health, metrics, the token service itself
    LOGIN = "login"  # any valid credential: the `/v2/` ping
    REPOSITORY = "repository"
    REGISTRY = "registry"


@dataclass(frozen=True, slots=True)
class Demand:
    """What a caller must be allowed before a handler runs.

    Attributes:
        resource: the kind of resource.
        name: the resource's name; for a repository it may be a GUN, with its host in front.
        actions: every one of these must be in the token, where one is used.
        rights: every one of these the account must have, whatever the token says.
        namespace: where, if it is not about a repository; empty for the whole registry.
    """

    resource: Resource
    name: str
    actions: tuple[Action, ...]
    rights: tuple[Right, ...]
    namespace: str = ""

    @property
    def scope(self) -> str:
        """The scope a token needs, as a challenge states it; empty where any valid token will do."""
        if self.resource in (Resource.OPEN, Resource.LOGIN):
            return ""
        return f"{self.resource}:{self.name}:{','.join(self.actions)}"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a row of a route table demands; with a request's path it becomes a `Demand`.

    Attributes:
        is_local: whether it is about the namespace in the path, or in the query; else about the whole registry.
    """

    resource: Resource
    actions: tuple[Action, ...] = ()
    name: str = ""
    rights: tuple[Right, ...] = ()
    is_local: bool = False

    def demand(self, params: Mapping[str, str], query_namespace: str = "") -> Demand:
        """Return the demand for a path's parameters; a repository's name is the parameter `name`."""
        if self.resource is Resource.REPOSITORY:
            return Demand(self.resource, params["name"], self.actions, self.rights)
        namespace = params.get("namespace", query_namespace) if self.is_local else ""
        return Demand(self.resource, self.name, self.actions, self.rights, namespace)


def _repository(actions: tuple[Action, ...], *rights: Right) -> Requirement:
    return Requirement(Resource.REPOSITORY, actions, "", rights)


def _namespaces(right: Right, *, is_local: bool) -> Requirement:
    return Requirement(Resource.REGISTRY, (Action.ALL,), "namespaces", (right,), is_local)


OPEN = Requirement(Resource.OPEN)
LOGIN = Requirement(Resource.LOGIN)
PULL = _repository((Action.PULL,), Right.PULL)
PUSH = _repository((Action.PULL, Action.PUSH), Right.PULL, Right.PUSH)
DELETE = _repository((Action.DELETE,), Right.DELETE)
ALL = _repository((Action.ALL,), Right.MANAGE)
# clients ask the trust server for the same words as the registry; what they mean there is a right of its own
SIGN = _repository((Action.PULL, Action.PUSH), Right.PULL, Right.SIGN)
CATALOG = Requirement(Resource.REGISTRY, (Action.ALL,), "catalog", (Right.LIST,))
# of the namespace in the query, and without one of all
CATALOG_OF = Requirement(Resource.REGISTRY, (Action.ALL,), "catalog", (Right.LIST,), is_local=True)
# whoever is logged in may ask; a handler behind this puts into its answer only what the caller may see
VISIBLE = Requirement(Resource.REGISTRY, (Action.ALL,), "catalog")
VISIBLE_NAMESPACES = Requirement(Resource.REGISTRY, (Action.ALL,), "namespaces")
NAMESPACES = _namespaces(Right.ADMINISTER, is_local=False)
NAMESPACE_ADD = _namespaces(Right.MANAGE, is_local=False)
NAMESPACE_MANAGE = _namespaces(Right.MANAGE, is_local=True)


def no_rights(_namespace: str) -> frozenset[Right]:
    """Return the rights of nobody in particular."""
    return frozenset()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking; an empty account is nobody in particular.

    Attributes:
        rights_in: what they may in a namespace by their roles, whether or not it is there; without a name, in all of them.
        key_id: the API key they came with; empty where they came by themselves.
    """

    account: str = ""
    rights_in: Callable[[str], frozenset[Right]] = field(default=no_rights, compare=False)
    key_id: str = ""

    @property
    def is_anonymous(self) -> bool:
        """Whether no credential came with the request."""
        return not self.account


ANONYMOUS = Caller()
