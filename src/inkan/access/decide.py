"""The one decision: may this principal do this there?

Pure, and asked again at every request, whatever a token says: what was true when a token was made may not be true any more. What is not allowed
below is denied. Who has no right in a namespace hears the same of it whether or not it is there.
"""

from dataclasses import dataclass

from inkan.access.principals import Principal
from inkan.access.roles import PUBLIC, roles_with
from inkan.oci.reference import RepositoryName
from inkan.web.demand import Right


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Stop, and why: a sentence for a caller who may know it."""

    reason: str


Decision = Allowed | Denied
ALLOWED = Allowed()


@dataclass(frozen=True, slots=True)
class Place:
    """What a decision is about.

    Attributes:
        namespace: empty for the whole registry, or for a repository outside any namespace.
        is_there: whether the namespace exists.
        is_public: whether anybody may pull from it.
        repository: which one, where it is about one.
    """

    namespace: str = ""
    is_there: bool = False
    is_public: bool = False
    repository: RepositoryName | None = None


NOT_OURS = Place()
"""A name that is no repository of this registry."""
REGISTRY = Place(is_there=True)
"""The whole registry."""


def decide(principal: Principal, right: Right, place: Place) -> Decision:
    """Return whether `principal` has `right` at `place`."""
    if principal.is_disabled:
        return Denied(f"the account {principal.account} is disabled; ask an administrator")
    if place.is_public and right in PUBLIC:
        return ALLOWED
    if principal.is_anonymous:
        return Denied("log in first")
    if right not in principal.rights_in(place.namespace):
        return Denied(_missing(principal, right, place))
    if place == REGISTRY:
        return ALLOWED
    return _decide_where(right, place)


def _missing(principal: Principal, right: Right, place: Place) -> str:
    """Return which right is missing, and who can help."""
    where = f" in namespace {place.namespace}" if place.namespace else ""
    what = f"{principal.account} has no right to {right}{where}"
    if right in principal.held_in(place.namespace):
        return f"{what} with this API key; make one that reaches further, or log in without it"
    if right is Right.ADMINISTER:
        return f"{what}; ask an administrator"
    grantors = "its managers or an administrator" if place.namespace else "an administrator"
    return f"{what}; {grantors} can grant the role {roles_with(right)}"


def _decide_where(right: Right, place: Place) -> Decision:
    if not place.namespace and place.repository is None:
        return Denied("that is not a repository of this registry")
    # a pull or delete in a namespace that is not there is answered by "not found", not by "denied"
    if place.is_there or right not in (Right.PUSH, Right.SIGN):
        return ALLOWED
    if not place.namespace:
        return Denied(f"images live in a namespace: push HOST/NAMESPACE/{place.repository}")
    return Denied(
        f"namespace {place.namespace} does not exist; "
        f"make it with: inkan namespace-add {place.namespace}"
    )
