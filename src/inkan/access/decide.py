"""The one decision: may this principal do this to that resource?

Pure, and asked again at every request, whatever a token says: what was true when a token was made may not be true any more. What is not allowed
below is denied.
"""

from collections.abc import Collection
from dataclasses import dataclass

from inkan.access.principals import Principal
from inkan.oci.reference import RepositoryName
from inkan.web.demand import Action, Resource


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Stop, and why: a sentence for a caller who may know it."""

    reason: str


Decision = Allowed | Denied
ALLOWED = Allowed()


def decide(
    principal: Principal,
    action: Action,
    resource: Resource,
    repository: RepositoryName | None,
    *,
    namespaces: Collection[str],
) -> Decision:
    """Return whether `principal` may do `action`.

    Args:
        principal: who asks.
        action: one action; `*` asks for all of them.
        resource: what kind of thing it is about.
        repository: which repository, where it is about one.
        namespaces: the namespaces that exist, of those the repository could be in.
    """
    if principal.is_anonymous:
        return Denied("log in first")
    if principal.is_disabled:
        return Denied(f"the account {principal.account} is disabled; ask an administrator")
    if not principal.is_admin:
        return Denied(f"{principal.account} has no right to {action} here; ask an administrator")
    if resource is Resource.REPOSITORY:
        return _decide_repository(action, repository, namespaces)
    return ALLOWED


def _decide_repository(
    action: Action, repository: RepositoryName | None, namespaces: Collection[str]
) -> Decision:
    if repository is None:
        return Denied("that is not a repository of this registry")
    # a pull or delete in a namespace that is not there is answered by "not found", not by "denied"
    if action not in (Action.PUSH, Action.ALL):
        return ALLOWED
    if not repository.namespace:
        return Denied(f"images live in a namespace: push HOST/NAMESPACE/{repository}")
    if repository.namespace not in namespaces:
        return Denied(
            f"namespace {repository.namespace} does not exist; "
            f"make it with: inkan namespace-add {repository.namespace}"
        )
    return ALLOWED
