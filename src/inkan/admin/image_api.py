"""The management API for images.

```text
GET    /api/v1/images[?namespace=NAME]            every tag, and who has signed it
GET    /api/v1/digests[?namespace=NAME]           every manifest, its tags, and what keeps it if it has none
POST   /api/v1/images/prune?namespace=NAME[&repository=NAME/REPOSITORY]
                                                  moves manifests that nothing keeps into the trash
```

What keeps a manifest without a tag: an index that names it, a subject that it is attached to, or a signature over its digest: whoever pulls with content trust still pulls it.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from inkan.admin.answers import json_answer
from inkan.clock import Clock
from inkan.errors import RequestInvalidError
from inkan.oci.reference import Namespace, RepositoryName
from inkan.store.ports import Images
from inkan.store.records import Act, DigestRecord, ImageRecord
from inkan.trust.status import CollectionStatus, TrustStatus
from inkan.web.authority import Authority
from inkan.web.demand import NAMESPACE_MANAGE, VISIBLE, Right
from inkan.web.messages import Request, Response
from inkan.web.routing import CachePolicy, Route


class ImageHandlers:
    """Answers for images."""

    def __init__(
        self, images: Images, trust: TrustStatus, clock: Clock, authority: Authority
    ) -> None:
        self._authority = authority
        self._images = images
        self._trust = trust
        self._clock = clock

    async def list(self, request: Request) -> Response:
        """Return every tag with its digest, and who has signed it."""
        found = await self._images.list_tagged(_namespace(request))
        visible = await self._visible(request)
        images = [one for one in found if one.repository.namespace in visible]
        status = await self._status(image.repository for image in images)
        listed = [_image(image, status[image.repository]) for image in images]
        return json_answer(200, {"images": listed})

    async def digests(self, request: Request) -> Response:
        """Return every manifest, with its tags."""
        every = await self._images.list_digests(_namespace(request))
        visible = await self._visible(request)
        found = [one for one in every if one.repository.namespace in visible]
        signed = await self._signed(found)
        return json_answer(200, {"digests": [_digest(one, signed) for one in found]})

    async def prune(self, request: Request) -> Response:
        """Move the manifests of a namespace, or of one repository in it, that nothing keeps into the trash; return them."""
        namespace, only = _namespace(request), request.query("repository")
        if namespace is None:
            raise RequestInvalidError("say which namespace: ?namespace=NAME")
        chosen = RepositoryName.parse(only) if only else None
        found = [
            one
            for one in await self._images.list_digests(namespace)
            if chosen in (None, one.repository)
        ]
        signed = await self._signed(found)
        act = Act(request.caller.account, self._clock.now())
        gone = [
            {"repository": str(one.repository), "digest": str(one.digest)}
            for one in found
            if not _keeper(one, signed)
            and await self._images.delete_untagged(one.repository, one.digest, act)
        ]
        return json_answer(200, {"pruned": gone})

    async def _visible(self, request: Request) -> frozenset[str]:
        return await self._authority.namespaces_with(request.caller, Right.LIST)

    async def _status(self, repositories: Iterable[RepositoryName]) -> dict[RepositoryName, Sequence[CollectionStatus]]:  # fmt: skip
        return {name: await self._trust.list(name) for name in dict.fromkeys(repositories)}

    async def _signed(self, found: Sequence[DigestRecord]) -> set[tuple[RepositoryName, str]]:
        status = await self._status(one.repository for one in found)
        return {
            (name, f"sha256:{tag.digest}")
            for name, collections in status.items()
            for collection in collections
            for tag in collection.tags.values()
        }


def image_routes(images: ImageHandlers) -> tuple[Route, ...]:
    """Return the routes about images."""
    never = CachePolicy.NEVER
    return (
        Route("image-list", ("GET",), "/api/v1/images", images.list, VISIBLE, 0, never),
        Route("image-digests", ("GET",), "/api/v1/digests", images.digests, VISIBLE, 0, never),
        Route("image-prune-untagged", ("POST",), "/api/v1/images/prune", images.prune, NAMESPACE_MANAGE, 0, never),
    )  # fmt: skip


def _namespace(request: Request) -> Namespace | None:
    spelled = request.query("namespace")
    return Namespace.parse(spelled) if spelled else None


def _keeper(one: DigestRecord, signed: set[tuple[RepositoryName, str]]) -> str:
    """Return what keeps a manifest; empty where nothing does."""
    if one.tags:
        return "tag"
    if one.is_needed:
        return "image"
    return "signature" if (one.repository, str(one.digest)) in signed else ""


def _digest(one: DigestRecord, signed: set[tuple[RepositoryName, str]]) -> dict[str, Any]:
    return {
        "repository": str(one.repository),
        "namespace": one.repository.namespace,
        "digest": str(one.digest),
        "tags": [str(tag) for tag in one.tags],
        "created": one.created_at.isoformat(timespec="seconds"),
        "size": one.image_bytes,
        "mediaType": one.media_type,
        "keptBy": _keeper(one, signed),
    }


def _image(image: ImageRecord, collections: Sequence[CollectionStatus]) -> dict[str, Any]:
    return {
        "repository": str(image.repository),
        "namespace": image.repository.namespace,
        "tag": str(image.tag),
        "digest": str(image.digest),
        "created": image.created_at.isoformat(timespec="seconds"),
        "size": image.image_bytes,
        "mediaType": image.media_type,
        "signed": _signatures(image, collections),
    }


def _signatures(
    image: ImageRecord, collections: Sequence[CollectionStatus]
) -> list[dict[str, Any]]:
    return [
        {
            "gun": str(one.gun),
            "digest": f"sha256:{signed.digest}",
            "signers": list(signed.signers),
            # a tag may have moved on since it was signed
            "current": str(image.digest) == f"sha256:{signed.digest}",
        }
        for one in collections
        if (signed := one.tags.get(str(image.tag)))
    ]
