"""What a route demands of its caller, and who a caller is.

The words are the token service's: a resource kind, a name, actions.

Source: Distribution project, Token Scope Documentation § Resource Provider Use.
"""

from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What can be done to a resource; `ALL` covers the others."""

    PULL = "pull"
    PUSH = "push"
    DELETE = "delete"
    ALL = "*"


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
        actions: every one of these must be allowed.
    """

    resource: Resource
    name: str = ""
    actions: tuple[Action, ...] = ()

    @property
    def scope(self) -> str:
        """The scope a token needs, as a challenge states it; empty where any valid token will do."""
        if self.resource in (Resource.OPEN, Resource.LOGIN):
            return ""
        return f"{self.resource}:{self.name}:{','.join(self.actions)}"


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a row of a route table demands; with a request's path it becomes a `Demand`."""

    resource: Resource
    actions: tuple[Action, ...] = ()
    name: str = ""

    def demand(self, params: dict[str, str]) -> Demand:
        """Return the demand for a path's parameters; a repository's name is the parameter `name`."""
        name = params["name"] if self.resource is Resource.REPOSITORY else self.name
        return Demand(self.resource, name, self.actions)


OPEN = Requirement(Resource.OPEN)
LOGIN = Requirement(Resource.LOGIN)
PULL = Requirement(Resource.REPOSITORY, (Action.PULL,))
PUSH = Requirement(Resource.REPOSITORY, (Action.PULL, Action.PUSH))
DELETE = Requirement(Resource.REPOSITORY, (Action.DELETE,))
ALL = Requirement(Resource.REPOSITORY, (Action.ALL,))
CATALOG = Requirement(Resource.REGISTRY, (Action.ALL,), "catalog")
NAMESPACES = Requirement(Resource.REGISTRY, (Action.ALL,), "namespaces")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking; an empty account is nobody in particular."""

    account: str = ""

    @property
    def is_anonymous(self) -> bool:
        """Whether no credential came with the request."""
        return not self.account


ANONYMOUS = Caller()
