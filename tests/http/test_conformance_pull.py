"""Pulling as the specification has it, row by row.

Source: OCI Distribution Specification 1.1 and the coming revision § Pull; RFC 9110 §§ 13, 14; what its conformance suite asserts.
"""

import pytest
from conformance import (
    ALGORITHMS,
    CONFIG,
    DOCKER_MANIFEST,
    INDEX,
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

BYTES = bytes(range(256)) * 8
IMAGE = document(mediaType=MANIFEST, config=descriptor(b"{}", CONFIG), layers=[])
BLOBS, MANIFESTS, EXISTS, PING = "Pulling blobs", "Pulling manifests", "Checking if content exists", "Determining Support"  # fmt: skip
BLOB, GONE, BY_TAG, BY_DIGEST = "{repo}/blobs/{blob}", "{repo}/blobs/{missing}", "{repo}/manifests/v1", "{repo}/manifests/{image}"  # fmt: skip
OF_BLOB = {"content-length": "2048", "content-type": "application/octet-stream", "docker-content-digest": "{blob}", "etag": '"{blob}"', "accept-ranges": "bytes", "cache-control": ".*immutable.*", "content-encoding": ""}  # fmt: skip
OF_IMAGE = {"content-length": str(len(IMAGE)), "content-type": MANIFEST.replace("+", r"\+"), "docker-content-digest": "{image}", "etag": '"{image}"', "content-encoding": ""}  # fmt: skip
OFFERS = (
    ("Accept", "application/json"), ("Accept", DOCKER_MANIFEST), ("Accept", INDEX),
    ("Accept-Encoding", "gzip"),
)  # fmt: skip


def part(span, content_range, start, stop):
    fields = {"content-range": content_range, "docker-content-digest": "{blob}"}
    return ask("GET", BLOB, 206, range=span, fields=fields, gives=BYTES[start:stop])


TABLE = [
    row(BLOBS, "a blob, with all that is said of it",
        ask("GET", BLOB, 200, gives=BYTES, fields=OF_BLOB)),
    row(EXISTS, "a HEAD says of a blob what a GET does",
        ask("HEAD", BLOB, 200, fields=OF_BLOB)),
    row(BLOBS, "nothing is compressed, whatever is accepted",
        ask("GET", BLOB, 200, gives=BYTES, headers=OFFERS, fields=OF_BLOB)),
    row(BLOBS, "a blob that is not there",
        ask("GET", GONE, 404, code="BLOB_UNKNOWN"), ask("HEAD", GONE, 404, fields={"docker-content-digest": ""})),
    row(BLOBS, "a repository that is not there",
        ask("GET", "/v2/team/never/blobs/{blob}", 404, code="NAME_UNKNOWN"), ask("HEAD", "/v2/team/never/blobs/{blob}", 404)),
    row(BLOBS, "what is no digest",
        *(ask(method, "{repo}/blobs/" + bad, (400, 404)) for method in ("GET", "HEAD") for bad in ("sha256:totallywrong", "sha256:", "md5:" + "0" * 32, "sha256:" + "A" * 64, "nonsense"))),
    row(BLOBS, "ranges: within, to the end, from the end, beyond the end",
        part("bytes=500-1499", "bytes 500-1499/2048", 500, 1500), part("bytes=500-", "bytes 500-2047/2048", 500, 2048),
        part("bytes=-500", "bytes 1548-2047/2048", 1548, 2048), part("bytes=2000-5000", "bytes 2000-2047/2048", 2000, 2048),
        part("bytes=0-0", "bytes 0-0/2048", 0, 1), part("bytes=-5000", "bytes 0-2047/2048", 0, 2048)),
    row(BLOBS, "ranges that cannot be: backwards, behind the end",
        *(ask("GET", BLOB, 416, range=span, fields={"content-range": r"bytes \*/2048"}) for span in ("bytes=500-0", "bytes=5000-10000", "bytes=2048-", "bytes=-0"))),
    row(BLOBS, "ranges in other words give the whole",
        *(ask("GET", BLOB, 200, range=span, gives=BYTES) for span in ("lines=1-2", "bytes=0-1,4-5", "bytes", "nonsense"))),
    row(BLOBS, "a HEAD has no ranges", ask("HEAD", BLOB, 200, range="bytes=500-1499", fields={**OF_BLOB, "content-range": ""}), ask("HEAD", BLOB, 200, range="bytes=5000-", fields=OF_BLOB)),
    row(BLOBS, "a range of what the client holds a part of", ask("GET", BLOB, 206, range="bytes=500-1499", headers=[("If-Range", '"{blob}"')], gives=BYTES[500:1500])),
    row(BLOBS, "a range of something else gives the whole",
        *(ask("GET", BLOB, 200, range="bytes=500-1499", headers=[("If-Range", held)], gives=BYTES) for held in ('"{missing}"', 'W/"{blob}"', "Wed, 21 Oct 2015 07:28:00 GMT"))),
    row(BLOBS, "what the client holds already is not sent",
        ask("GET", BLOB, 304, headers=[("If-None-Match", '"{blob}"')], fields={"etag": '"{blob}"'}), ask("GET", BLOB, 200, headers=[("If-None-Match", '"{missing}"')], gives=BYTES)),
    row(BLOBS, "a source host in the query is ignored", ask("GET", BLOB + "?ns=docker.io", 200, gives=BYTES), ask("GET", BY_TAG + "?ns=docker.io", 200, gives=IMAGE)),
    row(BLOBS, "a manifest is no blob", ask("GET", "{repo}/blobs/{image}", 404, code="BLOB_UNKNOWN")),
    row(BLOBS, "a blob is read where it is held, and nowhere else",
        ask("GET", "/v2/team/other/blobs/{blob}", 404), ask("POST", "/v2/team/other/blobs/uploads/?digest={object}", 201, b"{}"), ask("GET", "/v2/team/other/blobs/{blob}", 404, code="BLOB_UNKNOWN")),
    row(MANIFESTS, "by tag and by digest, byte for byte, with the type it was pushed with",
        ask("GET", BY_TAG, 200, gives=IMAGE, fields={**OF_IMAGE, "cache-control": ".*no-cache.*"}), ask("GET", BY_DIGEST, 200, gives=IMAGE, fields={**OF_IMAGE, "cache-control": ".*immutable.*"})),
    row(EXISTS, "a HEAD says of a manifest what a GET does",
        ask("HEAD", BY_TAG, 200, fields=OF_IMAGE), ask("HEAD", BY_DIGEST, 200, fields=OF_IMAGE)),
    row(MANIFESTS, "what the client accepts changes nothing: several lines, a list, nothing that fits",
        ask("GET", BY_TAG, 200, headers=OFFERS, gives=IMAGE, fields=OF_IMAGE),
        ask("GET", BY_TAG, 200, headers=[("Accept", f"{INDEX}, {DOCKER_MANIFEST}, */*")], gives=IMAGE, fields=OF_IMAGE),
        ask("GET", BY_DIGEST, 200, headers=[("Accept", "text/html")], gives=IMAGE, fields=OF_IMAGE)),
    row(MANIFESTS, "what the client holds already is not sent",
        *(ask("GET", target, 304, headers=[("If-None-Match", '"{image}"')]) for target in (BY_TAG, BY_DIGEST))),
    row(MANIFESTS, "a tag, or a digest, that is not there",
        *(ask(method, "{repo}/manifests/" + name, 404) for method in ("GET", "HEAD") for name in ("missing-tag", "{missing}")),
        ask("GET", "{repo}/manifests/missing-tag", 404, code="MANIFEST_UNKNOWN"), ask("GET", "/v2/team/never/manifests/v1", 404, code="NAME_UNKNOWN")),
    row(MANIFESTS, "what no tag can be called is not there either",
        *(ask("GET", "{repo}/manifests/" + name, 404, code="MANIFEST_UNKNOWN") for name in (".INVALID_MANIFEST_NAME", "-a", "a" * 129, "a%20b")),
        ask("HEAD", "{repo}/manifests/.INVALID_MANIFEST_NAME", 404)),
    row(MANIFESTS, "what has a colon is a digest, and must be one",
        *(ask("GET", "{repo}/manifests/" + name, 400, code="DIGEST_INVALID") for name in ("sha256:baddigeststring", "sha256:", "v1:2", "md5:" + "0" * 32))),
    row(MANIFESTS, "a blob is no manifest", ask("GET", "{repo}/manifests/{blob}", 404, code="MANIFEST_UNKNOWN")),
    row(PING, "the version check", *(ask(method, path, 200, fields={"content-type": "application/json"}) for method in ("GET", "HEAD") for path in ("/v2/", "/v2"))),
    row(PING, "who is not known is asked who he is, with one line that can be read",
        *(ask(method, path, 401, who="nobody", fields={"www-authenticate": 'Bearer realm="https?://[^"]+/token",service="[^"]+"'}) for method in ("GET", "HEAD") for path in ("/v2/", "/v2")),
        ask("GET", "/v2/", 401, who="nobody", code="UNAUTHORIZED")),
    row(PING, "every other challenge names the scope that is needed",
        *(ask(method, target, 401, who="nobody", fields={"www-authenticate": f'Bearer .*,scope="repository:team/app:{actions}"'}) for method, target, actions in (
            ("HEAD", BLOB, "pull"), ("GET", BY_TAG, "pull"), ("GET", "{repo}/tags/list", "pull"), ("GET", "{repo}/referrers/{image}", "pull"), ("POST", "{repo}/blobs/uploads/", "pull,push"),
            ("PUT", BY_TAG, "pull,push"), ("PATCH", "{repo}/blobs/uploads/x", "pull,push"), ("DELETE", "{repo}/blobs/uploads/x", "pull,push"), ("DELETE", BY_TAG, "delete"), ("DELETE", BLOB, "delete")))),
]  # fmt: skip


@pytest.fixture
async def shelf(admin):
    for content in (BYTES, b"{}"):
        await push(admin, content)
    await admin("PUT", f"{REPO}/manifests/v1", IMAGE, [("Content-Type", MANIFEST)], expect=201)


@pytest.mark.parametrize("one", TABLE, ids=str)
async def test_a_pull_as_the_specification_has_it(shelf, admin, nobody, one):
    known = {"blob": of(BYTES), "image": of(IMAGE), "missing": of(b"nowhere"), "object": of(b"{}")}
    await play({"admin": admin, "nobody": nobody}, one, known)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_blob_has_one_digest_for_each_algorithm(admin, algorithm):
    digest = await push(admin, BYTES, algorithm)
    head = await admin("HEAD", f"{REPO}/blobs/{digest}", expect=200)
    assert head["docker-content-digest"] == digest
