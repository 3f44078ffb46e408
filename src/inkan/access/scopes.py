"""Scopes: what a token is asked for and what it grants; and which host names are ours.

```text
scope   = type ":" name ":" action *( "," action )        several: repeated, or separated by spaces
type    = up to the first colon                           `repository(plugin)` is not ours and is granted nothing
actions = after the last colon                            the name between may hold colons: localhost:5000/team/app
```

docker asks the registry for `repository:team/app:push,pull` and the trust server for `repository:localhost:5000/team/app:push,pull`: one repository under
two names, decided as one.

Source: Distribution project, Token Scope Documentation; scopes as measured with docker, skopeo, containerd and notary.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from inkan import limits
from inkan.errors import GunInvalidError, NameInvalidError, RequestInvalidError
from inkan.oci.reference import RepositoryName, hostname
from inkan.web.demand import Action, Resource, Right

_ON_A_REPOSITORY = {
    Action.PULL: Right.PULL,
    Action.PUSH: Right.PUSH,
    Action.DELETE: Right.DELETE,
}
_ON_A_GUN = {**_ON_A_REPOSITORY, Action.PUSH: Right.SIGN}
_ACTIONS = {str(action): action for action in Action}
_RESOURCES = {"repository": Resource.REPOSITORY, "registry": Resource.REGISTRY}


@dataclass(frozen=True, slots=True)
class Access:
    """A resource and actions on it; what a token's `access` claim lists.

    Attributes:
        name: as the client wrote it, with or without a host.
    """

    resource: Resource
    name: str
    actions: frozenset[Action]

    def covers(self, actions: Iterable[Action]) -> bool:
        """Return whether every action is granted; `*` covers them all."""
        return Action.ALL in self.actions or self.actions.issuperset(actions)


def parse_scopes(texts: Sequence[str]) -> list[Access]:
    """Return what scopes ask for; kinds and actions that are not ours are left out.

    Raises:
        RequestInvalidError: if there are more scopes than anybody asks for at once.
    """
    spelled = [part for text in texts for part in text.split(" ") if part]
    if len(spelled) > limits.TOKEN_SCOPES:
        raise RequestInvalidError(f"more than {limits.TOKEN_SCOPES} scopes in one request")
    asked = []
    for text in spelled:
        kind, _, rest = text.partition(":")
        name, colon, actions = rest.rpartition(":")
        known = frozenset(_ACTIONS[a] for a in actions.split(",") if a in _ACTIONS)
        if kind in _RESOURCES and colon and name and known:
            asked.append(Access(_RESOURCES[kind], name, known))
    return asked


class HostNames:
    """The host names a server answers for.

    A name given without a port answers at every port; one with a port only there.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._exact = frozenset(name.lower() for name in names)
        self._any_port = frozenset(n.lower() for n in names if hostname(n) == n.lower())
        self.primary = names[0]

    def __contains__(self, host: str) -> bool:
        return host.lower() in self._exact or hostname(host) in self._any_port

    def known(self, host: str) -> str:
        """Return a name that a caller used, if it is one of ours; else the first. What a caller says is repeated to them only so."""
        return host if host in self else self.primary

    def is_host(self, word: str) -> bool:
        """Return whether a word is the host part of one of the names, and so cannot be a namespace."""
        return any(hostname(name) == word for name in self._exact)

    def repository_of(self, name: str) -> RepositoryName:
        """Return the repository that a scope's name means: `team/app`, or `HOST/team/app` with a host of ours.

        Raises:
            GunInvalidError: if it begins with a host that is not ours.
            NameInvalidError: if it is no repository's name.
        """
        first, slash, rest = name.partition("/")
        if not slash:
            return RepositoryName(name)
        if first in self:
            return RepositoryName(rest)
        if "." in first or ":" in first:
            raise GunInvalidError(
                name,
                f"this server does not answer for the host {first[:100]}; start it with --host {first[:100]}",
            )
        return RepositoryName(name)

    def rights_meant(self, name: str) -> Mapping[Action, Right]:
        """Return what actions on a name mean: `push` on a GUN, with a host in front, is to sign; on a repository's own name, to push."""
        first, slash, _ = name.partition("/")
        return _ON_A_GUN if slash and first in self else _ON_A_REPOSITORY

    def find_repository(self, name: str) -> RepositoryName | None:
        """Return the repository that a scope's name means, or nothing where it means none here."""
        try:
            return self.repository_of(name)
        except (GunInvalidError, NameInvalidError):
            return None
