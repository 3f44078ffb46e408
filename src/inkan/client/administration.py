"""The management API, from the client's side."""

from typing import Any, Self
from urllib.parse import quote

from inkan.client import credentials, targets
from inkan.client.credentials import Credential
from inkan.client.session import Session
from inkan.client.targets import Target
from inkan.errors import NotFoundError, ServerUnreachableError
from inkan.oci.reference import Namespace, Reference

_NAMESPACES = "registry:namespaces:*"
_CATALOG = "registry:catalog:*"


class Administration:
    """Administers one registry."""

    def __init__(self, target: Target, credential: Credential) -> None:
        self.target = target
        self._session = Session(target.url, credential, is_own_realm_only=True)

    @classmethod
    def of_target(cls) -> Self:
        """Return the registry that was logged in to last.

        Raises:
            AuthenticationRequiredError: if nobody logged in to it.
        """
        target = targets.current()
        return cls(target, credentials.find(target.host))

    def version(self) -> dict[str, Any]:
        """Return what the server says of itself; that it answers proves the credential."""
        try:
            return dict(self._session.call("GET", "/api/v1/version", _CATALOG).tree())
        except NotFoundError as error:
            raise ServerUnreachableError(f"{self.target.url} is not an Inkan registry") from error

    def regions(self) -> dict[str, str]:
        """Return the regions that the server publishes: host names by region."""
        found = self._session.call("GET", "/api/v1/regions", _CATALOG).tree()["regions"]
        return {str(one["region"]): str(one["registry"]) for one in found}

    def namespaces(self) -> list[dict[str, Any]]:
        """Return every namespace."""
        return list(
            self._session.call("GET", "/api/v1/namespaces", _NAMESPACES).tree()["namespaces"]
        )

    def add_namespace(self, name: str, *, is_public: bool = False) -> dict[str, Any]:
        """Make a namespace.

        Raises:
            NamespaceInvalidError: if the name cannot be one.
        """
        query = "?visibility=public" if is_public else ""
        path = f"/api/v1/namespaces/{Namespace.parse(name)}{query}"
        return dict(self._session.call("PUT", path, _NAMESPACES).tree())

    def remove_namespace(self, name: str, *, force: bool) -> None:
        """Remove a namespace.

        Raises:
            NamespaceInvalidError: if the name cannot be one.
        """
        path = f"/api/v1/namespaces/{Namespace.parse(name)}"
        self._session.call("DELETE", path + ("?force=true" if force else ""), _NAMESPACES)

    def images(self, namespace: str) -> list[dict[str, Any]]:
        """Return every tag of a namespace; of all where it is empty."""
        query = f"?namespace={quote(namespace)}" if namespace else ""
        return list(self._session.call("GET", f"/api/v1/images{query}", _CATALOG).tree()["images"])

    def digests(self, namespace: str) -> list[dict[str, Any]]:
        """Return every manifest of a namespace with its tags; of all where it is empty."""
        query = f"?namespace={quote(namespace)}" if namespace else ""
        path = f"/api/v1/digests{query}"
        return list(self._session.call("GET", path, _CATALOG).tree()["digests"])

    def prune(self, place: str) -> list[dict[str, str]]:
        """Have manifests of a namespace, or of one repository, forgotten that nothing keeps; return them."""
        namespace, is_repository, _ = place.partition("/")
        path = f"/api/v1/images/prune?namespace={quote(namespace)}"
        path += f"&repository={quote(place)}" if is_repository else ""
        return list(self._session.call("POST", path, _NAMESPACES).tree()["pruned"])

    def garbage(self) -> list[dict[str, Any]]:
        """Return the blobs that no manifest names."""
        return list(self._session.call("GET", "/api/v1/garbage", _NAMESPACES).tree()["garbage"])

    def collect_garbage(self) -> dict[str, int]:
        """Have garbage collected that is due; return how much of which kind it was."""
        return dict(self._session.call("POST", "/api/v1/garbage", _NAMESPACES).tree())

    def gun(self, repository: str) -> str:
        """Return the name that a repository is signed under: as typed, or under this registry's host.

        Raises:
            ReferenceInvalidError: if it is no repository.
        """
        reference = Reference.parse(repository)
        return f"{reference.host or self.target.host}/{reference.repository}"

    def trust_status(self, repository: str) -> dict[str, Any]:
        """Return the state of a repository's trust data."""
        gun = self.gun(repository)
        answer = self._session.call("GET", f"/api/v1/trust/{gun}/status", f"repository:{gun}:pull")
        return dict(answer.tree())

    def trust_log(self, repository: str | None, limit: int) -> list[dict[str, Any]]:
        """Return the newest events of a repository, or of all."""
        if repository is None:
            answer = self._session.call("GET", f"/api/v1/trust-log?limit={limit}", _NAMESPACES)
        else:
            gun = self.gun(repository)
            path = f"/api/v1/trust/{gun}/log?limit={limit}"
            answer = self._session.call("GET", path, f"repository:{gun}:*")
        return list(answer.tree()["events"])

    def trust_reset(self, repository: str) -> dict[str, Any]:
        """Put a repository's trust data aside; return where."""
        gun = self.gun(repository)
        path = f"/api/v1/trust/{gun}/reset?confirm={quote(gun)}"
        return dict(self._session.call("POST", path, f"repository:{gun}:*").tree())

    def trust_restore(self, repository: str, archive: str) -> dict[str, Any]:
        """Put an archive back."""
        gun = self.gun(repository)
        path = f"/api/v1/trust/{gun}/restore?archive={quote(archive)}"
        return dict(self._session.call("POST", path, f"repository:{gun}:*").tree())
