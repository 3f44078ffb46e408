"""A registry from the client's side: manifests and blobs, each hashed as it comes.

Source: OCI Distribution Specification 1.1.
"""

import http.client
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from inkan import limits
from inkan.client import targets
from inkan.client.session import Expect, Session
from inkan.client.trust_server import find_credential
from inkan.errors import ContentAlteredError, ServerUnreachableError
from inkan.oci.digest import Digest
from inkan.oci.media_types import IMAGES, INDEXES
from inkan.oci.reference import Reference, RepositoryName

_ACCEPT = ", ".join(sorted(IMAGES | INDEXES))


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
        self._repository = repository

    @classmethod
    def of(cls, reference: Reference) -> "Registry":
        """Return the repository of an image."""
        session = Session(targets.url_of(reference.host), find_credential(reference.host))
        return cls(session, reference.repository)

    def manifest(self, reference: str) -> FetchedManifest:
        """Return a manifest by tag or by digest.

        Raises:
            ContentAlteredError: if another was asked for than came.
        """
        path = f"/v2/{self._repository}/manifests/{reference}"
        reply = self._session.call(
            "GET",
            path,
            self._scope("pull"),
            headers={"Accept": _ACCEPT},
            expect=Expect(limits.MANIFEST_BYTES),
        )
        digest = Digest.of(reply.body)
        if ":" in reference and str(digest) != reference:
            raise ContentAlteredError(reference)
        return FetchedManifest(digest, reply.headers.get("content-type", ""), reply.body)

    def has_blob(self, digest: str) -> bool:
        """Return whether the repository holds a blob."""
        path = f"/v2/{self._repository}/blobs/{digest}"
        reply = self._session.call("HEAD", path, self._scope("pull"), expect=Expect(accept=(404,)))
        return reply.status == 200

    def blob(self, digest: str, size: int, start: int = 0) -> Iterator[bytes]:
        """Yield a blob from a byte on; whoever keeps it compares its hash.

        Args:
            digest: of the whole blob.
            size: of the whole blob, in bytes.
            start: how much of it is there already.

        Raises:
            ContentAlteredError: if more or fewer bytes come than belong there.
        """
        path = f"/v2/{self._repository}/blobs/{digest}"
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

    def push_blob(self, digest: str, size: int, pieces: Iterable[bytes]) -> None:
        """Push a blob, in one stream."""
        scope = self._scope("pull,push")
        begun = self._session.call("POST", f"/v2/{self._repository}/blobs/uploads/", scope)
        location = begun.headers.get("location", "")
        if not location.startswith("/"):
            location = location.removeprefix(self._session.url)
        if not location.startswith("/"):
            raise ServerUnreachableError(
                f"{self._session.url} sends an upload elsewhere, which is not followed"
            )
        mark = "&" if "?" in location else "?"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        self._session.call(
            "PUT", f"{location}{mark}digest={digest}", scope, body=pieces, headers=headers
        )

    def push_manifest(self, manifest: FetchedManifest, reference: str) -> None:
        """Push a manifest under a tag or its digest."""
        path = f"/v2/{self._repository}/manifests/{reference}"
        headers = {"Content-Type": manifest.media_type}
        self._session.call(
            "PUT", path, self._scope("pull,push"), body=manifest.raw, headers=headers
        )

    def _scope(self, actions: str) -> str:
        return f"repository:{self._repository}:{actions}"
