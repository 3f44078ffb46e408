"""The registry's face: the routes of OCI Distribution.

Locations are relative, which every client resolves and no proxy can spoil.

Source: OCI Distribution Specification 1.1; Docker Registry HTTP API V2 for `_catalog` and the version header.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from inkan import limits
from inkan.errors import (
    BlobCorruptError,
    BlobUnknownError,
    InkanError,
    ManifestUnknownError,
    RequestInvalidError,
    TagInvalidError,
    UploadRangeError,
)
from inkan.oci.digest import Digest
from inkan.oci.media_types import OCI_INDEX
from inkan.oci.reference import RepositoryName, Tag, parse_tag_or_digest
from inkan.registry.acts import Acts
from inkan.registry.blobs import BlobService
from inkan.registry.gate import OpenGate, PullGate
from inkan.registry.manifests import ManifestService
from inkan.registry.meter import Meter, NoMeter
from inkan.registry.problems import RegistryProblems, upload_headers
from inkan.registry.referrers import ReferrerService
from inkan.registry.tags import Page, TagService, parse_limit
from inkan.registry.uploads import UploadService
from inkan.store.records import BlobRecord, UploadRecord
from inkan.web.authority import Authority
from inkan.web.conditions import matches_etag
from inkan.web.demand import DELETE, LOGIN, PULL, PUSH, VISIBLE, Right
from inkan.web.messages import Request, Response
from inkan.web.ranges import ByteRange, parse_range
from inkan.web.routing import CachePolicy, Face, Route

_MANIFEST, _BLOB = "/v2/{name+}/manifests/{reference}", "/v2/{name+}/blobs/{digest}"
_JSON = ("Content-Type", "application/json")
_CONTENT_RANGE = re.compile(r"(\d{1,18})-(\d{1,18})\Z")

Headers = list[tuple[str, str]]


class BlobHandlers:
    """Answers for blobs."""

    def __init__(self, blobs: BlobService, gate: PullGate, meter: Meter) -> None:
        self._blobs = blobs
        self._gate = gate
        self._meter = meter

    async def get(self, request: Request) -> Response:
        """Return a blob or a range of it."""
        name, digest = (
            RepositoryName(request.params["name"]),
            Digest.parse(request.params["digest"]),
        )
        await self._require_pullable(request, name, digest)
        blob = await self._get(name, digest, is_asked_only=request.method == "HEAD")
        headers = [
            ("Content-Type", "application/octet-stream"),
            ("Docker-Content-Digest", str(digest)),
            ("ETag", f'"{digest}"'),
            ("Accept-Ranges", "bytes"),
        ]
        if matches_etag(request.header("if-none-match"), f'"{digest}"'):
            return Response(304, headers)
        # never a HEAD: a signature is for one method only
        if request.method == "GET" and (link := await self._blobs.link(blob)):
            # whoever is sent elsewhere pulls it there
            self._meter.pulled(name.namespace, blob.size_bytes)
            return Response(307, [("Location", link), ("Cache-Control", "no-store")])
        return await self._content(request, blob, headers)

    async def _content(self, request: Request, blob: BlobRecord, headers: Headers) -> Response:
        wanted = _wanted_range(request, blob)
        if wanted is None:
            stream = self._blobs.read(blob, 0, blob.size_bytes)
            if request.method == "GET" and blob.size_bytes <= limits.BLOB_ANSWER_BYTES:
                return Response(200, headers, b"".join([piece async for piece in stream]))
            return Response(200, headers, stream=stream, length_bytes=blob.size_bytes)
        headers.append(("Content-Range", wanted.content_range))
        stream = self._blobs.read(blob, wanted.start, wanted.stop)
        return Response(206, headers, stream=stream, length_bytes=wanted.stop - wanted.start)

    async def _require_pullable(self, request: Request, name: RepositoryName, digest: Digest) -> None:  # fmt: skip
        await self._gate.require_pullable(request.caller, name, digest)
        if request.method == "GET":
            asked = request.header("range")
            is_resumed = bool(asked) and not asked.startswith("bytes=0-")
            self._meter.require_blob(request.caller.account, name, digest, is_resumed=is_resumed)

    async def _get(self, name: RepositoryName, digest: Digest, *, is_asked_only: bool) -> BlobRecord:  # fmt: skip
        try:
            return await self._blobs.get(name, digest)
        except BlobCorruptError as error:
            if is_asked_only:
                # a client that hears "it is not here" pushes it again, and that heals it
                raise BlobUnknownError(str(name), str(digest)) from error
            raise

    async def delete(self, request: Request) -> Response:
        """Let the repository hold a blob no more."""
        name, digest = (
            RepositoryName(request.params["name"]),
            Digest.parse(request.params["digest"]),
        )
        await self._blobs.delete(name, digest)
        return Response(202, [("Docker-Content-Digest", str(digest))])


class UploadHandlers:
    """Answers for uploads."""

    def __init__(
        self, uploads: UploadService, blobs: BlobService, authority: Authority, meter: Meter
    ) -> None:
        self._uploads = uploads
        self._blobs = blobs
        self._authority = authority
        self._meter = meter

    async def begin(self, request: Request) -> Response:
        """Begin an upload; with a digest, take the body and finish it as well."""
        name = RepositoryName(request.params["name"])
        spelled = request.query("digest")
        # checked first: a digest that cannot be met should not cost an upload
        digest = Digest.parse(spelled) if spelled is not None else None
        algorithm = request.query("digest-algorithm")
        if algorithm is not None:
            Digest(algorithm, "0" * (128 if algorithm == "sha512" else 64))
        await self._meter.require_upload(request.caller.account, name)
        if mounted := await self._mount(request, name):
            self._meter.stored(name, mounted.size_bytes)
            return _created(name, mounted)
        upload = await self._uploads.begin(name, request.caller.account)
        if digest is not None:
            return await self._finished(await self._whole(request, upload), digest)
        begun = _progress(202, upload)
        if least := self._uploads.chunk_min_bytes:
            begun.headers.append(("OCI-Chunk-Min-Length", str(least)))
        return begun

    async def _whole(self, request: Request, upload: UploadRecord) -> UploadRecord:
        """Take everything at once; of what fails nobody knows the address to go on at, and so nothing stays."""
        try:
            return await self._append(request, upload)
        except InkanError:
            await self._uploads.cancel(upload)
            raise

    async def _mount(self, request: Request, target: RepositoryName) -> BlobRecord | None:
        """Mount what the caller may read elsewhere; anything less is no error, the client then uploads."""
        spelled = request.query("mount")
        if not spelled:
            return None
        digest = Digest.parse(spelled)
        for source in await self._sources(request, digest):
            if not await self._authority.allows(request, PULL.demand({"name": source})):
                continue
            if mounted := await self._blobs.mount(RepositoryName(source), target, digest):
                return mounted
        return None

    async def _sources(self, request: Request, digest: Digest) -> Sequence[str]:
        """Return where to look for a blob: where the client says; else where it is, but never where the caller may read nothing."""
        if source := request.query("from"):
            return [source]
        readable = await self._authority.namespaces_with(request.caller, Right.PULL)
        return [str(name) for name in await self._blobs.holders(digest, readable)]

    async def append(self, request: Request) -> Response:
        """Take the next bytes."""
        upload = await self._find(request)
        return _progress(202, await self._append(request, upload))

    async def finish(self, request: Request) -> Response:
        """Take the last bytes, if any, and make the blob."""
        spelled = request.query("digest")
        if spelled is None:
            raise RequestInvalidError("a closing PUT needs ?digest=<algorithm>:<hex>")
        digest = Digest.parse(spelled)
        upload = await self._append(request, await self._find(request))
        return await self._finished(upload, digest)

    async def _finished(self, upload: UploadRecord, digest: Digest) -> Response:
        blob = await self._uploads.commit(upload, digest)
        self._meter.stored(upload.repository, blob.size_bytes)
        return _created(upload.repository, blob)

    async def status(self, request: Request) -> Response:
        """Return how far an upload has come."""
        return _progress(204, await self._find(request))

    async def cancel(self, request: Request) -> Response:
        """Forget an upload."""
        await self._uploads.cancel(await self._find(request))
        return Response(204)

    async def _find(self, request: Request) -> UploadRecord:
        name = RepositoryName(request.params["name"])
        return await self._uploads.get(name, request.params["upload"], request.caller.account)

    async def _append(self, request: Request, upload: UploadRecord) -> UploadRecord:
        length = request.content_length
        field = request.header("content-range")
        if not field:
            return await self._uploads.append(upload, request.stream(), length=length)
        match = _CONTENT_RANGE.match(field)
        if not match or int(match[2]) < int(match[1]):
            raise RequestInvalidError("Content-Range is not of the form <first byte>-<last byte>")
        start, announced = int(match[1]), int(match[2]) - int(match[1]) + 1
        if length is not None and length != announced:
            raise UploadRangeError(str(upload.repository), upload.upload_id, upload.offset_bytes)
        return await self._uploads.append(upload, request.stream(), start=start, length=announced)


class ManifestHandlers:
    """Answers for manifests."""

    def __init__(
        self, manifests: ManifestService, gate: PullGate, meter: Meter, acts: Acts
    ) -> None:
        self._manifests = manifests
        self._gate = gate
        self._meter = meter
        self._acts = acts

    async def get(self, request: Request) -> Response:
        """Return a manifest as it was pushed; what the client says it accepts does not change it."""
        name = RepositoryName(request.params["name"])
        reference = _read_reference(request)
        await self._gate.require_pullable(request.caller, name, reference)
        # a HEAD is no pull, and would hear no reason
        is_pulled = request.method == "GET"
        self._meter.require_manifest(request.caller.account, name, is_pulled=is_pulled)
        manifest = await self._manifests.get(name, reference)
        headers = [
            ("Content-Type", manifest.media_type),
            ("Docker-Content-Digest", str(manifest.digest)),
            ("ETag", f'"{manifest.digest}"'),
        ]
        if isinstance(reference, Tag):
            headers.append(("Cache-Control", CachePolicy.REVALIDATE.value))
        if matches_etag(request.header("if-none-match"), f'"{manifest.digest}"'):
            return Response(304, headers)
        return Response(200, headers, manifest.payload)

    async def put(self, request: Request) -> Response:
        """Keep a manifest."""
        name = RepositoryName(request.params["name"])
        reference = parse_tag_or_digest(request.params["reference"])
        raw = await request.body()
        content_type = request.header("content-type")
        tags = _tags(request, reference)
        act = self._acts.act(request, "manifest-put")
        kept = await self._manifests.put(name, reference, raw, content_type, act, tags)
        self._meter.pushed(act.account, name)
        headers = [
            ("Location", f"/v2/{name}/manifests/{kept.digest}"),
            ("Docker-Content-Digest", str(kept.digest)),
            *(("OCI-Tag", str(tag)) for tag in tags),
        ]
        if kept.subject is not None:
            headers.append(("OCI-Subject", str(kept.subject)))
        return Response(201, headers)

    async def delete(self, request: Request) -> Response:
        """Forget a tag, or a manifest with all its tags."""
        name = RepositoryName(request.params["name"])
        reference = parse_tag_or_digest(request.params["reference"])
        await self._manifests.delete(name, reference, request.caller.account)
        return Response(202)


class ListHandlers:
    """Answers the ping and the lists."""

    def __init__(self, tags: TagService, referrers: ReferrerService, authority: Authority) -> None:
        self._tags = tags
        self._referrers = referrers
        self._authority = authority

    async def ping(self, _request: Request) -> Response:
        """Say that this is a registry, to callers who are logged in."""
        return Response(200, [_JSON], b"{}")

    async def tags(self, request: Request) -> Response:
        """Return a page of tags."""
        name, limit = RepositoryName(request.params["name"]), parse_limit(request.query("n"))
        page = await self._tags.list_tags(name, request.query("last") or "", limit)
        body = {"name": str(name), "tags": list(page.names)}
        return _page(f"/v2/{name}/tags/list", page, limit, body)

    async def referrers(self, request: Request) -> Response:
        """Return what refers to a digest."""
        name, subject = (
            RepositoryName(request.params["name"]),
            Digest.parse(request.params["digest"]),
        )
        kind = request.query("artifactType")
        page = await self._referrers.list(name, subject, kind, request.query("last") or "")
        response = Response(200, [("Content-Type", OCI_INDEX)], page.body)
        if kind is not None:
            response.headers.append(("OCI-Filters-Applied", "artifactType"))
        if page.last:
            query = urlencode({"last": page.last, **({"artifactType": kind} if kind else {})})
            link = f'</v2/{name}/referrers/{subject}?{query}>; rel="next"'
            response.headers.append(("Link", link))
        return response

    async def repositories(self, request: Request) -> Response:
        """Return a page of repositories."""
        limit = parse_limit(request.query("n"))
        caller, within = request.caller, None
        if Right.LIST not in caller.rights_in(""):
            within = await self._authority.namespaces_with(caller, Right.LIST)
        page = await self._tags.list_repositories(request.query("last") or "", limit, within)
        return _page("/v2/_catalog", page, limit, {"repositories": list(page.names)})


@dataclass(frozen=True, slots=True)
class RegistryServices:
    """What the registry's face stands on."""

    blobs: BlobService
    uploads: UploadService
    manifests: ManifestService
    tags: TagService
    referrers: ReferrerService
    gate: PullGate = field(default_factory=OpenGate)
    meter: Meter = field(default_factory=NoMeter)


def registry_face(services: RegistryServices, authority: Authority, acts: Acts) -> Face:
    """Return the registry's face."""
    manifest = ManifestHandlers(services.manifests, services.gate, services.meter, acts)
    blob = BlobHandlers(services.blobs, services.gate, services.meter)
    lists = ListHandlers(services.tags, services.referrers, authority)
    upload = UploadHandlers(services.uploads, services.blobs, authority, services.meter)
    return Face(
        name="registry",
        routes=(*_reading(lists, manifest, blob), *_writing(upload, manifest, blob)),
        render=RegistryProblems(authority),
        claims=re.compile(r"/v2(?:/|\Z)"),
        headers=(("Docker-Distribution-Api-Version", "registry/2.0"),),
    )


def _reading(lists: ListHandlers, manifest: ManifestHandlers, blob: BlobHandlers) -> list[Route]:
    read, fresh, forever = ("GET", "HEAD"), CachePolicy.REVALIDATE, CachePolicy.IMMUTABLE
    referrers = "/v2/{name+}/referrers/{digest}"
    return [
        Route("ping", read, "/v2/", lists.ping, LOGIN, 0, CachePolicy.NEVER),
        Route("ping", read, "/v2", lists.ping, LOGIN, 0, CachePolicy.NEVER),
        Route("catalog", read, "/v2/_catalog", lists.repositories, VISIBLE, 0, fresh),
        Route("manifest-get", read, _MANIFEST, manifest.get, PULL, 0, forever, is_repeatable=True),
        Route("blob-get", ("GET",), _BLOB, blob.get, PULL, 0, forever, is_repeatable=True),
        # a client that hears a blob is here pushes it no more: each time its bytes are looked for
        Route("blob-get", ("HEAD",), _BLOB, blob.get, PULL, 0, forever),
        Route(
            "tags", read, "/v2/{name+}/tags/list", lists.tags, PULL, 0, fresh, is_repeatable=True
        ),
        Route("referrers", read, referrers, lists.referrers, PULL, 0, fresh, is_repeatable=True),
    ]


def _writing(upload: UploadHandlers, manifest: ManifestHandlers, blob: BlobHandlers) -> list[Route]:
    never, large, small = CachePolicy.NEVER, limits.BLOB_BYTES, limits.MANIFEST_BYTES
    uploads, session = "/v2/{name+}/blobs/uploads", "/v2/{name+}/blobs/uploads/{upload}"
    return [
        Route("manifest-put", ("PUT",), _MANIFEST, manifest.put, PUSH, small, never),
        Route("manifest-delete", ("DELETE",), _MANIFEST, manifest.delete, DELETE, 0, never),
        Route("blob-delete", ("DELETE",), _BLOB, blob.delete, DELETE, 0, never),
        Route("upload-begin", ("POST",), uploads + "/", upload.begin, PUSH, large, never),
        Route("upload-begin", ("POST",), uploads, upload.begin, PUSH, large, never),
        Route("upload-append", ("PATCH",), session, upload.append, PUSH, large, never),
        Route("upload-finish", ("PUT",), session, upload.finish, PUSH, large, never),
        Route("upload-status", ("GET",), session, upload.status, PUSH, 0, never),
        Route("upload-cancel", ("DELETE",), session, upload.cancel, PUSH, 0, never),
    ]


def _wanted_range(request: Request, blob: BlobRecord) -> ByteRange | None:
    """Return what part is asked for; a HEAD asks for none, and neither does who holds a part of something else."""
    held = request.header("if-range")
    if request.method != "GET" or (held and held != f'"{blob.digest}"'):
        return None
    return parse_range(request.header("range"), blob.size_bytes)


def _read_reference(request: Request) -> Tag | Digest:
    """Return what is to be read; what no tag can be called is not there, as for any other tag that is not."""
    text = request.params["reference"]
    try:
        return parse_tag_or_digest(text)
    except TagInvalidError as error:
        raise ManifestUnknownError(request.params["name"], text) from error


def _tags(request: Request, reference: Tag | Digest) -> list[Tag]:
    spelled = request.query_all("tag")
    if spelled and isinstance(reference, Tag):
        raise RequestInvalidError("?tag= goes with a push by digest")
    if len(spelled) > limits.TAGS_PER_PUSH:
        raise RequestInvalidError(f"a push sets at most {limits.TAGS_PER_PUSH} tags at once")
    return [Tag(text) for text in dict.fromkeys(spelled)]


def _progress(status: int, upload: UploadRecord) -> Response:
    return Response(
        status, upload_headers(str(upload.repository), upload.upload_id, upload.offset_bytes)
    )


def _created(name: RepositoryName, blob: BlobRecord) -> Response:
    return Response(
        201,
        [
            ("Location", f"/v2/{name}/blobs/{blob.digest}"),
            ("Docker-Content-Digest", str(blob.digest)),
        ],
    )


def _page(path: str, page: Page, limit: int, body: Mapping[str, object]) -> Response:
    response = Response(200, [_JSON], json.dumps(body).encode())
    if page.has_more:
        query = urlencode({"n": limit, "last": page.names[-1]})
        response.headers.append(("Link", f'<{path}?{query}>; rel="next"'))
    return response
