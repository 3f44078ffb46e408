"""Deleting as the specification has it, row by row: what is deleted is gone at once, and nothing else is.

Source: OCI Distribution Specification 1.1 § Content Management.
"""

from dataclasses import replace

import pytest
from conformance import (
    ALGORITHMS,
    CONFIG,
    INDEX,
    LAYER,
    MANIFEST,
    REPO,
    ask,
    descriptor,
    document,
    of,
    play,
    push,
    row,
)

TAG, MANIFESTS, BLOBS = "Deleting tags", "Deleting Manifests", "Deleting Blobs"
BLOB = b"a layer"
ACCEPTED = {"content-length": "0"}


def away(target, fields=ACCEPTED, **rest):
    return ask("DELETE", target, 202, fields=fields, **rest)


def gone(*targets):
    return [ask(method, target, 404) for target in targets for method in ("GET", "HEAD", "DELETE")]


def there(*targets):
    return [ask("HEAD", target, 200) for target in targets]


V1, V2, IMAGE, LIST, LAYERS = "{repo}/manifests/v1", "{repo}/manifests/v2", "{repo}/manifests/{image}", "{repo}/manifests/{index}", "{repo}/blobs/{blob}"  # fmt: skip
TABLE = [
    row(TAG, "the tag goes, its manifest and its other tags stay", away(V1), *gone(V1), *there(V2, IMAGE), ask("GET", "{repo}/tags/list", 200, gives={"name": "team/app", "tags": ["multi", "v2"]})),
    row(TAG, "all tags go, the manifest stays", away(V1), away(V2), *gone(V1, V2), *there(IMAGE)),
    row(TAG, "a tag that is not there", ask("DELETE", "{repo}/manifests/missing", 404, code="MANIFEST_UNKNOWN")),
    row(TAG, "a tag may come again", away(V1), ask("PUT", V1, 201, "{image}", kind=MANIFEST), *there(V1)),
    row(MANIFESTS, "the manifest goes with all its tags", away("{repo}/manifests/multi"), away(LIST), away(IMAGE), *gone(V1, V2, IMAGE), ask("GET", "{repo}/tags/list", 200, gives={"name": "team/app", "tags": []})),
    row(MANIFESTS, "an index goes, its images stay", away(LIST), *gone(LIST, "{repo}/manifests/multi"), *there(IMAGE, V1)),
    row(MANIFESTS, "blobs stay", away(LIST), away(IMAGE), *there(LAYERS)),
    row(MANIFESTS, "a digest that is not there", ask("DELETE", "{repo}/manifests/{missing}", 404, code="MANIFEST_UNKNOWN")),
    row(MANIFESTS, "what is no digest", ask("DELETE", "{repo}/manifests/sha256:baddigeststring", (400, 404))),
    row(MANIFESTS, "a repository that never was", ask("DELETE", "/v2/team/never/manifests/v1", 404), ask("DELETE", "/v2/team/never/manifests/{image}", 404)),
    row(MANIFESTS, "it may come again", away(LIST), away(IMAGE), ask("PUT", V1, 201, "{image}", kind=MANIFEST), *there(V1)),
    row(BLOBS, "the blob goes, after what names it", away(LIST), away(IMAGE), away(LAYERS, {"docker-content-digest": "{blob}", **ACCEPTED}), *gone(LAYERS)),
    row(BLOBS, "one that a manifest names stays", ask("DELETE", LAYERS, (400, 405, 409)), *there(LAYERS, V1)),
    row(BLOBS, "a blob that is not there", ask("DELETE", "{repo}/blobs/{missing}", 404, code="BLOB_UNKNOWN")),
    row(BLOBS, "what is no digest", ask("DELETE", "{repo}/blobs/sha256:baddigeststring", (400, 404))),
    row(BLOBS, "another repository's stays", away("{repo}/blobs/{free}"), *gone("{repo}/blobs/{free}"), *there("/v2/team/other/blobs/{free}")),
    row(BLOBS, "it may come again", away("{repo}/blobs/{free}"), ask("POST", "{repo}/blobs/uploads/?digest={free}", 201, b"free"), ask("GET", "{repo}/blobs/{free}", 200, gives=b"free")),
    row(BLOBS, "it is mounted no more from where it was", away("{repo}/blobs/{free}"), ask("POST", "/v2/team/third/blobs/uploads/?mount={free}&from=team/app", 202)),
]  # fmt: skip


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("one", TABLE, ids=str)
async def test_a_deletion_as_the_specification_has_it(admin, one, algorithm):
    config, layer = descriptor(b"{}", CONFIG, algorithm), descriptor(BLOB, LAYER, algorithm)
    image = document(mediaType=MANIFEST, config=config, layers=[layer])
    index = document(mediaType=INDEX, manifests=[descriptor(image, MANIFEST, algorithm)])
    for content in (b"{}", BLOB, b"free"):
        await push(admin, content, algorithm)
    await push(admin, b"free", algorithm, "/v2/team/other")
    for tags, kind, raw in (("tag=v1&tag=v2", MANIFEST, image), ("tag=multi", INDEX, index)):
        target = f"{REPO}/manifests/{of(raw, algorithm)}?{tags}"
        await admin("PUT", target, raw, [("Content-Type", kind)], expect=201)
    digests = {"blob": BLOB, "free": b"free", "image": image, "index": index, "missing": b"missing"}
    known = {name: of(content, algorithm) for name, content in digests.items()}
    await play({"admin": admin}, with_bodies(one, image), known)


def with_bodies(one, image):
    """Return a row whose steps push the image again, with the digests of this algorithm."""
    steps = (replace(step, body=image) if step.body == "{image}" else step for step in one.steps)
    return replace(one, steps=tuple(steps))
