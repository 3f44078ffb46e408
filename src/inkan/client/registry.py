"""A registry from the client's side: manifests and blobs, each hashed as it comes.

Source: OCI Distribution Specification 1.1.
"""

import http.client
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from inkan import limits
from inkan.client import targets
from inkan.client.session import Expect, Reply, Session, is_plain_loopback
from inkan.client.trust_server import find_credential
from inkan.errors import ContentAlteredError, ServerUnreachableError
from inkan.oci.digest import HEX_LENGTHS, Digest
from inkan.oci.media_types import IMAGES, INDEXES
from inkan.oci.reference import Reference, RepositoryName

_ACCEPT = ", ".join(sorted(IMAGES | INDEXES))
# a blob up to this size is sent in the closing PUT: sending it again costs less than asking how far it came
_WHOLE_BYTES = 4 * limits.MIB
_ATTEMPTS = 5
_REACHED = re.compile(r"(?:bytes=)?0-(\d+)\Z")


@dataclass(frozen=True, slots=True)
class FetchedManifest:
    """A manifest as it came, under the digest that its bytes have."""

    digest: Digest
    media_type: str
    raw: bytes


class Registry:
    """One repository of a registry."""

    def __init__(self, session: Session, repository: RepositoryName) -> None:
        self._session = session
        self.repository = repository
        self.url = session.url

    @classmethod
    def of(cls, reference: Reference) -> "Registry":
        """Return the repository of an image."""
        url, credential = targets.url_of(reference.host), find_credential(reference.host)
        if credential is None and is_plain_loopback(reference.host):
            # never with a password: whoever takes the port while a server is away would be given it
            url = f"http://{reference.host}"
        return cls(Session(url, credential), reference.repository)

    def lane(self) -> "Registry":
        """Return the same repository over a connection of its own: one for each thread."""
        return Registry(self._session.lane(), self.repository)

    def close(self) -> None:
        """Let the connection go."""
        self._session.close()

    def is_beside(self, other: "Registry") -> bool:
        """Return whether another repository is of the same registry, which then need not be sent what it has."""
        return self.url == other.url

    def manifest(self, reference: str) -> FetchedManifest:
        """Return a manifest by tag or by digest.

        Raises:
            ContentAlteredError: if another was asked for than came.
        """
        path = f"/v2/{self.repository}/manifests/{reference}"
        reply = self._session.call(
            "GET",
            path,
            self._scope("pull"),
            headers={"Accept": _ACCEPT},
            expect=Expect(limits.MANIFEST_BYTES),
        )
        if ":" not in reference:
            digest = Digest.of(reply.body, _algorithm(reply.headers.get("docker-content-digest", "")))  # fmt: skip
        else:
            wanted = Digest.parse(reference)
            digest = Digest.of(reply.body, wanted.algorithm)
            if digest != wanted:
                raise ContentAlteredError(reference)
        return FetchedManifest(digest, reply.headers.get("content-type", ""), reply.body)

    def has_manifest(self, digest: str) -> bool:
        """Return whether the repository holds a manifest."""
        return self._has("manifests", digest)

    def has_blob(self, digest: str) -> bool:
        """Return whether the repository holds a blob."""
        return self._has("blobs", digest)

    def blob(self, digest: str, size: int, start: int = 0) -> Iterator[bytes]:
        """Yield a blob from a byte on; whoever keeps it compares its hash.

        Args:
            digest: of the whole blob.
            size: of the whole blob, in bytes.
            start: how much of it is there already.

        Raises:
            ContentAlteredError: if more or fewer bytes come than belong there.
        """
        path = f"/v2/{self.repository}/blobs/{digest}"
        headers = {"Range": f"bytes={start}-"} if start else {}
        with self._session.open("GET", path, self._scope("pull"), headers=headers) as response:
            skip = start if response.status == http.client.OK else 0
            taken = start - skip
            for piece in self._session.pieces(response):
                taken += len(piece)
                if taken > size:
                    raise ContentAlteredError(digest)
                if skip:
                    piece, skip = piece[skip:], max(0, skip - len(piece))  # noqa: PLW2901
                if piece:
                    yield piece
        if taken != size:
            raise ContentAlteredError(digest)

    # --- pushing --------------------------------------------------------------------------------

    def mount_blob(self, digest: str, source: RepositoryName) -> bool:
        """Take a blob over from another repository of this registry; return whether that could be done."""
        scope = f"{self._scope('pull,push')} repository:{source}:pull"
        path = f"/v2/{self.repository}/blobs/uploads/?mount={digest}&from={source}"
        reply = self._session.call("POST", path, scope)
        if reply.status == http.client.ACCEPTED:
            # an upload was begun instead; nothing will be sent to it
            self._session.call("DELETE", self._location(reply), scope, expect=Expect(accept=(404, 405)))  # fmt: skip
        return reply.status == http.client.CREATED

    def push_blob(self, digest: str, size: int, read: Callable[[int], Iterable[bytes]]) -> None:
        """Push a blob, in one stream; where it is cut, it goes on from where the registry has got to.

        Args:
            digest: of the blob.
            size: in bytes.
            read: gives the blob's bytes from a byte on.

        Raises:
            ServerUnreachableError: if it is cut again and again.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._push_blob(digest, size, read)
            except ServerUnreachableError:
                # perhaps nothing but the answer was lost
                if self.has_blob(digest):
                    return
                if attempt == _ATTEMPTS:
                    raise
            else:
                return

    def _push_blob(self, digest: str, size: int, read: Callable[[int], Iterable[bytes]]) -> None:
        location, start = self._begin(), 0
        if size > _WHOLE_BYTES:
            location, start = self._send_resumed(location, size, read), size
        mark = "&" if "?" in location else "?"
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Length": str(size - start),
        }
        body = read(0) if start < size else b""
        path = f"{location}{mark}digest={digest}"
        self._session.call("PUT", path, self._scope("pull,push"), body=body, headers=headers)

    def push_manifest(self, manifest: FetchedManifest, reference: str) -> None:
        """Push a manifest under a tag or its digest; once more where that is cut, for twice is as good as once."""
        path = f"/v2/{self.repository}/manifests/{reference}"
        headers = {"Content-Type": manifest.media_type}
        scope = self._scope("pull,push")
        try:
            self._session.call("PUT", path, scope, body=manifest.raw, headers=headers)
        except ServerUnreachableError:
            self._session.call("PUT", path, scope, body=manifest.raw, headers=headers)

    def delete_manifest(self, reference: str) -> None:
        """Take back a tag, or a manifest by its digest and all its tags with it.

        Raises:
            NotFoundError: if there is none.
        """
        path = f"/v2/{self.repository}/manifests/{reference}"
        self._session.call("DELETE", path, self._scope("delete"))

    def _send_resumed(
        self, location: str, size: int, read: Callable[[int], Iterable[bytes]]
    ) -> str:
        scope, start = self._scope("pull,push"), 0
        for attempt in range(1, _ATTEMPTS + 1):
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Length": str(size - start),
                "Content-Range": f"{start}-{size - 1}",
            }
            try:
                sent = self._session.call("PATCH", location, scope, body=read(start), headers=headers)  # fmt: skip
                return self._location(sent)
            except ServerUnreachableError:
                if attempt == _ATTEMPTS:
                    raise
                asked = self._session.call("GET", location, scope)
                start = _reached(asked.headers.get("range", ""))
                location = self._location(asked) if start else self._begin()
                if start >= size:
                    return location
        raise AssertionError

    def _begin(self) -> str:
        scope = self._scope("pull,push")
        return self._location(self._session.call("POST", f"/v2/{self.repository}/blobs/uploads/", scope))  # fmt: skip

    def _has(self, kind: str, digest: str) -> bool:
        path = f"/v2/{self.repository}/{kind}/{digest}"
        headers = {"Accept": _ACCEPT} if kind == "manifests" else {}
        reply = self._session.call("HEAD", path, self._scope("pull"), headers=headers, expect=Expect(accept=(404,)))  # fmt: skip
        return reply.status == http.client.OK

    def _location(self, reply: Reply) -> str:
        location = reply.headers.get("location", "")
        if not location.startswith("/"):
            location = location.removeprefix(self._session.url)
        if not location.startswith("/"):
            raise ServerUnreachableError(
                f"{self._session.url} sends an upload elsewhere, which is not followed"
            )
        return location

    def _scope(self, actions: str) -> str:
        return f"repository:{self.repository}:{actions}"


def _algorithm(field: str) -> str:
    """Return the algorithm of the digest that a registry names for a tag; what it cannot be is what most have."""
    said = field.partition(":")[0]
    return said if said in HEX_LENGTHS else "sha256"


def _reached(field: str) -> int:
    """Return how many bytes an upload holds, by its `Range`; `0-0` is said both of none and of one, and is taken for none."""
    found = _REACHED.match(field)
    last = int(found[1]) if found else 0
    return last + 1 if last else 0
