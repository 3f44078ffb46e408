"""Every kind of content that the conformance suite makes goes its whole way: pushed by digest and by tag, listed, asked for, pulled, deleted.

Source: OCI Image Specification 1.1; OCI Distribution Specification 1.1 and the coming revision; what its conformance suite pushes.
"""

import base64
from dataclasses import dataclass

import pytest
from conformance import (
    ALGORITHMS,
    CONFIG,
    DOCKER_LIST,
    DOCKER_MANIFEST,
    INDEX,
    LAYER,
    MANIFEST,
    REPO,
    descriptor,
    document,
    of,
    push,
)

BLOBS = (b'{"os":"linux"}', b"a layer", b"another layer", b"{}")
OS, ONE, TWO, EMPTY = BLOBS
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
FOREIGN = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"


@dataclass(frozen=True)
class Kind:
    """A kind of content: its blobs, and its manifests in the order in which they are pushed, the last one under a tag."""

    blobs: tuple[bytes, ...]
    manifests: tuple[tuple[str, bytes], ...]


def image(algorithm, *, config=None, layers=None, kind=MANIFEST, **members):
    members.setdefault("mediaType", kind)
    chosen = config or descriptor(OS, CONFIG, algorithm)
    if layers is None:
        layers = [descriptor(ONE, LAYER, algorithm), descriptor(TWO, LAYER, algorithm)]
    return kind, document(config=chosen, layers=layers, **members)


def index(algorithm, *children, kind=INDEX, **members):
    platform = {"os": "linux", "architecture": "amd64"}
    entries = [descriptor(raw, of_kind, algorithm, platform=platform) for of_kind, raw in children]
    return kind, document(mediaType=kind, manifests=entries, **members)


def kinds(algorithm) -> dict[str, Kind]:
    plain = image(algorithm)
    other = image(algorithm, annotations={"for": "another platform"})
    empty = descriptor(EMPTY, EMPTY_TYPE, algorithm)
    subject = descriptor(plain[1], MANIFEST, algorithm)
    nowhere = descriptor(b"no such manifest", MANIFEST, algorithm)
    data = {one: base64.b64encode(one).decode() for one in (OS, ONE)}
    foreign = descriptor(b"elsewhere", FOREIGN, algorithm, urls=["https://layers.example.test/1"])
    artifact = image(algorithm, config=empty, artifactType="application/vnd.example.a")
    bare = image(algorithm, config=empty, layers=[empty], artifactType="application/vnd.example.b")
    small = index(algorithm, plain, other)
    custom = {"mediaType": MANIFEST, "org.example": {"x": [1, None]}, "extra": True}
    with_data = image(
        algorithm,
        config=descriptor(OS, CONFIG, algorithm, data=data[OS]),
        layers=[descriptor(ONE, LAYER, algorithm, data=data[ONE], odd={"a": 1})],
    )
    uncompressed = descriptor(ONE, LAYER.removesuffix("+gzip"), algorithm)
    made = {
        "image": (plain,),
        "image of an uncompressed layer": (image(algorithm, layers=[uncompressed]),),
        "image of docker": (image(algorithm, kind=DOCKER_MANIFEST),),
        "image without a mediaType in it": ((MANIFEST, document(config=descriptor(OS, CONFIG, algorithm), layers=[])),),
        "large manifest": (image(algorithm, annotations={"a": "x" * 3_900_000}),),
        "index": (plain, other, small),
        "list of docker": (image(algorithm, kind=DOCKER_MANIFEST), index(algorithm, image(algorithm, kind=DOCKER_MANIFEST), kind=DOCKER_LIST)),
        "nested index": (plain, other, small, index(algorithm, small)),
        "empty index": (index(algorithm),),
        "artifact": (artifact,),
        "artifact index": (artifact, index(algorithm, artifact, artifactType="application/vnd.example.c")),
        "artifact without layers": (bare,),
        "data fields": (with_data,),
        "layers that are elsewhere": (image(algorithm, layers=[descriptor(ONE, LAYER, algorithm), foreign]),),
        "custom fields": (image(algorithm, **custom),),
        "no layers": (image(algorithm, layers=[]),),
        "subject": (plain, image(algorithm, subject=subject, artifactType="application/vnd.example.d")),
        "index with a subject": (plain, index(algorithm, plain, subject=subject)),
        "subject that is missing": (image(algorithm, subject=nowhere),),
    }  # fmt: skip
    return {name: Kind(BLOBS, manifests) for name, manifests in made.items()}


NAMES = list(kinds("sha256"))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("name", NAMES)
async def test_content_goes_its_whole_way(admin, name, algorithm):
    kind = kinds(algorithm)[name]
    for blob in kind.blobs:
        await push(admin, blob, algorithm)
    for media_type, raw in kind.manifests:
        await put(admin, of(raw, algorithm), media_type, raw, algorithm)
    media_type, raw = kind.manifests[-1]
    digest = of(raw, algorithm)
    # the tag names the digest it was pushed by, whatever its algorithm
    tagged = await put(admin, f"{digest}?tag=conformance", media_type, raw, algorithm)
    assert tagged["oci-tag"] == "conformance"
    await require_listed(admin)
    for reference in ("conformance", digest):
        await require_whole(admin, reference, media_type, raw, digest)
    await require_deletable(admin, kind, digest, algorithm)


async def put(admin, reference, media_type, raw, algorithm):
    """Push a manifest as the suite does: in pieces, without a length."""
    pieces = [raw[:100], raw[100:]]
    target = f"{REPO}/manifests/{reference}"
    answer = await admin("PUT", target, pieces, [("Content-Type", media_type)], expect=201)
    digest = of(raw, algorithm)
    assert answer["docker-content-digest"] == digest
    assert answer["location"] == f"{REPO}/manifests/{digest}"
    assert ("oci-subject" in answer.headers) == (b'"subject"' in raw)
    return answer


async def require_listed(admin):
    listed = await admin("GET", f"{REPO}/tags/list", expect=200)
    assert listed.json == {"name": "team/app", "tags": ["conformance"]}
    behind = await admin("GET", f"{REPO}/tags/list?last=conformance", expect=200)
    assert behind.json["tags"] == []


async def require_whole(admin, reference, media_type, raw, digest):
    for method, body in (("HEAD", b""), ("GET", raw)):
        answer = await admin(method, f"{REPO}/manifests/{reference}", expect=200)
        assert answer.body == body
        assert answer["content-type"] == media_type
        assert answer["content-length"] == str(len(raw))
        assert answer["docker-content-digest"] == digest


async def require_deletable(admin, kind, digest, algorithm):
    """Delete as the suite does, the tag, the manifests from the top, the blobs; each is gone at once."""
    await gone(admin, f"{REPO}/manifests/conformance")
    await admin("HEAD", f"{REPO}/manifests/{digest}", expect=200)
    for _, raw in reversed(kind.manifests):
        await gone(admin, f"{REPO}/manifests/{of(raw, algorithm)}")
    for blob in kind.blobs:
        await gone(admin, f"{REPO}/blobs/{of(blob, algorithm)}")


async def gone(admin, target):
    await admin("DELETE", target, expect=202)
    for method in ("HEAD", "GET", "DELETE"):
        await admin(method, target, expect=404)
