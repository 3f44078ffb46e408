"""Pushing manifests as the specification has it, row by row.

Source: OCI Distribution Specification 1.1 and the coming revision §§ Pushing Manifests, Pushing Manifests with Subject; CVE-2021-41190.
"""

import json

import pytest
from conformance import (
    ALGORITHMS,
    CONFIG,
    DOCKER_MANIFEST,
    INDEX,
    LAYER,
    MANIFEST,
    ask,
    descriptor,
    document,
    of,
    play,
    push,
    row,
)

PUSH, SUBJECT, TYPES = "Pushing Manifests", "Pushing Manifests with Subject", "Manifest types"
HELD, MISSING = b"{}", b"nobody pushed this"
CONF, LAY = descriptor(HELD, CONFIG), descriptor(HELD, LAYER)
IMAGE = document(mediaType=MANIFEST, config=CONF, layers=[])
LATER = document(mediaType=MANIFEST, config=CONF, layers=[], annotations={"n": "2"})
V1, BY_DIGEST = "{repo}/manifests/v1", "{repo}/manifests/{image}"
KEPT = {"location": "{repo}/manifests/{image}", "docker-content-digest": "{image}", "oci-subject": "", "oci-tag": ""}  # fmt: skip


def put(target, status, body=IMAGE, kind=MANIFEST, **rest):
    return ask("PUT", target, status, body, kind=kind, **rest)


def changed(**members):
    """Return an image that is well but for what is said here; what is `...` is left out."""
    tree = {**json.loads(IMAGE), **members}
    return json.dumps({name: one for name, one in tree.items() if one is not ...}).encode()


def bad(says, body, code="MANIFEST_INVALID", kind=MANIFEST):
    return row(TYPES, says, put(V1, 400, body, kind, code=code), ask("HEAD", V1, 404))


TABLE = [
    row(PUSH, "by tag", put(V1, 201, fields=KEPT), ask("GET", V1, 200, gives=IMAGE), ask("GET", BY_DIGEST, 200, gives=IMAGE)),
    row(PUSH, "by digest", put(BY_DIGEST, 201, fields=KEPT), ask("GET", BY_DIGEST, 200, gives=IMAGE)),
    row(PUSH, "in pieces, without a length", put(V1, 201, (IMAGE[:9], IMAGE[9:]), fields=KEPT), ask("GET", V1, 200, gives=IMAGE)),
    row(PUSH, "byte for byte, with spaces and newlines", put(V1, 201, b" \n" + IMAGE + b"\n\n"), ask("GET", V1, 200, gives=b" \n" + IMAGE + b"\n\n")),
    row(PUSH, "the same again is no error", *(put(V1, 201, fields=KEPT),) * 2, *(put(BY_DIGEST, 201, fields=KEPT),) * 2),
    row(PUSH, "a tag moves, and what it named stays under its digest",
        put(V1, 201), put(V1, 201, LATER), ask("GET", V1, 200, gives=LATER), ask("GET", BY_DIGEST, 200, gives=IMAGE)),
    row(PUSH, "parameters of the Content-Type are no matter", put(V1, 201, kind=MANIFEST + "; charset=utf-8"), ask("GET", V1, 200, fields={"content-type": MANIFEST.replace("+", r"\+")})),
    row(PUSH, "without a Content-Type the manifest's own word counts", ask("PUT", V1, 201, IMAGE), ask("GET", V1, 200, fields={"content-type": MANIFEST.replace("+", r"\+")})),
    row(PUSH, "without either it is nothing", ask("PUT", V1, 400, changed(mediaType=...), code="MANIFEST_INVALID")),
    row(PUSH, "another digest than the bytes have: 400, and neither is there",
        put("{repo}/manifests/{wrong}", 400, code="DIGEST_INVALID"), ask("HEAD", "{repo}/manifests/{wrong}", 404), ask("HEAD", BY_DIGEST, 404)),
    row(PUSH, "what is no digest", *(put("{repo}/manifests/" + name, 400, code="DIGEST_INVALID") for name in ("sha256:baddigeststring", "sha256:", "md5:" + "0" * 32))),
    row(PUSH, "what is no tag", *(put("{repo}/manifests/" + name, 400, code="TAG_INVALID") for name in (".bad", "-bad", "a" * 129, "a+b"))),
    row(PUSH, "tags of every shape there is", *(put("{repo}/manifests/" + name, 201) for name in ("_", "a" * 128, "1.2.3-rc_4", "TEST", "0"))),
    row(PUSH, "more than 4 MiB: 413", put(V1, 413, document(mediaType=MANIFEST, config=CONF, layers=[], annotations={"a": "x" * 4_194_304})), ask("HEAD", V1, 404)),
    row(PUSH, "more than 4 MiB in pieces: 413", put(V1, 413, (IMAGE[:-1], b" " * 4_194_304, b"}"))),
    row(PUSH, "a config that is not there", put(V1, 400, changed(config=descriptor(MISSING, CONFIG)), code="MANIFEST_BLOB_UNKNOWN"), ask("HEAD", V1, 404)),
    row(PUSH, "a layer that is not there", put(V1, 400, changed(layers=[LAY, descriptor(MISSING, LAYER)]), code="MANIFEST_BLOB_UNKNOWN"), ask("HEAD", V1, 404)),
    row(PUSH, "a layer that another repository has",
        ask("POST", "/v2/team/other/blobs/uploads/?digest=" + of(MISSING), 201, MISSING), put(V1, 400, changed(layers=[descriptor(MISSING, LAYER)]), code="MANIFEST_BLOB_UNKNOWN")),
    row(PUSH, "an image of an index that is not there",
        put(V1, 400, document(mediaType=INDEX, manifests=[descriptor(IMAGE, MANIFEST)]), INDEX, code="MANIFEST_BLOB_UNKNOWN"), put(BY_DIGEST, 201),
        put(V1, 201, document(mediaType=INDEX, manifests=[descriptor(IMAGE, MANIFEST)]), INDEX)),
    row(PUSH, "a blob is no image of an index", put(V1, 400, document(mediaType=INDEX, manifests=[descriptor(HELD, MANIFEST)]), INDEX, code="MANIFEST_BLOB_UNKNOWN")),
    row(PUSH, "a size that is not the blob's", put(V1, 400, changed(config={**CONF, "size": 3}), code="SIZE_INVALID")),
    row(PUSH, "tags with a push by digest, in the query",
        put(BY_DIGEST + "?tag=a&tag=b", 201, fields={"oci-tag": ".+", "location": "{repo}/manifests/{image}"}), ask("GET", "{repo}/tags/list", 200, gives={"name": "team/app", "tags": ["a", "b"]})),
    row(PUSH, "at least ten of them", put(BY_DIGEST + "?" + "&".join(f"tag=t{n:02}" for n in range(10)), 201), ask("GET", "{repo}/tags/list", 200, gives={"name": "team/app", "tags": [f"t{n:02}" for n in range(10)]})),
    row(PUSH, "one of them is no tag: none is set", put(BY_DIGEST + "?tag=a&tag=.b", 400, code="TAG_INVALID"), ask("HEAD", "{repo}/manifests/a", 404)),
    row(PUSH, "too many of them: none is set", put(BY_DIGEST + "?" + "&".join(f"tag=t{n}" for n in range(51)), (400, 414)), ask("HEAD", "{repo}/manifests/t0", 404)),
    row(PUSH, "the same one twice is one", put(BY_DIGEST + "?tag=a&tag=a", 201, fields={"oci-tag": "a"})),
    row(PUSH, "with a push by tag they are refused", put(V1 + "?tag=a", 400), ask("HEAD", V1, 404)),
    row(SUBJECT, "the answer says that the subject is understood", put(V1, 201, changed(subject=descriptor(MISSING, MANIFEST)), fields={"oci-subject": of(MISSING)})),
    row(SUBJECT, "an index's too", put(V1, 201, document(mediaType=INDEX, manifests=[], subject=descriptor(MISSING, MANIFEST)), INDEX, fields={"oci-subject": of(MISSING)})),
    row(SUBJECT, "no subject, no word of it", put(V1, 201, changed(subject=None), fields={"oci-subject": ""})),
    row(SUBJECT, "the tag that older clients keep referrers under is a tag like any other",
        put("{repo}/manifests/sha256-" + "a" * 64, 201, document(mediaType=INDEX, manifests=[]), INDEX), put("{repo}/manifests/sha256-" + "a" * 64 + ".sig", 201)),
    row(TYPES, "what no client knows is kept, if it can be read", put(V1, 201, changed(unknown={"x": [1, {}]}, another=None)), ask("GET", V1, 200, gives=changed(unknown={"x": [1, {}]}, another=None))),
    bad("another mediaType than Content-Type", IMAGE, kind=DOCKER_MANIFEST),
    bad("an image that says it is an index", changed(mediaType=INDEX)),
    bad("an image and an index at once", changed(manifests=[])),
    bad("an index and an image at once", document(mediaType=INDEX, manifests=[], config=CONF), kind=INDEX),
    bad("an index with layers", document(mediaType=INDEX, manifests=[], layers=[]), kind=INDEX),
    bad("an index that is an image", IMAGE, kind=INDEX),
    bad("members of schema 1", changed(fsLayers=[])),
    bad("history", changed(history=[])),
    bad("schema 1", changed(schemaVersion=1)),
    bad("signed schema 1", IMAGE, kind="application/vnd.docker.distribution.manifest.v1+prettyjws"),
    bad("no schemaVersion", changed(schemaVersion=...)),
    bad("a schemaVersion that only looks like one", changed(schemaVersion=2.0)),
    bad("a mediaType that is no text", changed(mediaType=[MANIFEST])), bad("a mediaType that is nothing", changed(mediaType=None)),
    bad("no config", changed(config=...)),
    bad("no layers", changed(layers=...)),
    bad("layers that are no list", changed(layers={})),
    bad("a type that is no manifest's", changed(mediaType="text/plain"), kind="text/plain"),
    bad("a member twice", IMAGE[:-1] + b', "layers": []}'),
    bad("no object", b"[]"), bad("no JSON", b"{"), bad("nothing", b""), bad("bytes that are no text", b"\xff" + IMAGE),
    bad("depth", changed(a=json.loads("[" * 60 + "]" * 60))),
    bad("a digest that is none", changed(layers=[{**LAY, "digest": "sha256:bad"}])),
    bad("a negative size", changed(layers=[{**LAY, "size": -1}])),
    bad("a size that is no whole number", changed(layers=[{**LAY, "size": 2.0}])), bad("a size that is a word", changed(layers=[{**LAY, "size": "2"}])),
    bad("data that is not the content", changed(layers=[{**LAY, "data": "eHg="}])), bad("data that is not base64", changed(layers=[{**LAY, "data": "??"}])),
    bad("a subject that is no descriptor", changed(subject="x")),
    bad("annotations that are no texts", changed(annotations={"a": 1})),
]  # fmt: skip


@pytest.mark.parametrize("one", TABLE, ids=str)
async def test_a_push_as_the_specification_has_it(admin, one):
    await push(admin, HELD)
    await play({"admin": admin}, one, {"image": of(IMAGE), "wrong": of(LATER)})


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_tag_set_with_a_digest_keeps_its_algorithm(admin, algorithm):
    await push(admin, HELD)
    digest = of(IMAGE, algorithm)
    target = f"/v2/team/app/manifests/{digest}?tag=v1"
    await admin("PUT", target, IMAGE, [("Content-Type", MANIFEST)], expect=201)
    head = await admin("HEAD", "/v2/team/app/manifests/v1", expect=200)
    assert head["docker-content-digest"] == digest
