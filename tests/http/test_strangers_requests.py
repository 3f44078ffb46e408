"""Requests that nobody would write are refused like any other: never with a failure of ours, and always in the registry's words."""

import random

import pytest
from conformance import CODES, CONFIG, MANIFEST, REPO, descriptor, document, of, push

IMAGE = document(mediaType=MANIFEST, config=descriptor(b"{}", CONFIG), layers=[])
METHODS = ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE", "get", "BREW")
SEGMENTS = ("v2", "team", "app", "blobs", "uploads", "manifests", "tags", "list", "referrers", "_catalog", "v1", of(b"{}"), of(IMAGE), of(b"x"), "sha256:bad", "", ".", "..", "a" * 300, "%2f", "%00", "%zz", "é", "A", "_trust", "tuf")  # fmt: skip
VALUES = ("", "0", "1", "-1", "9" * 30, "a", of(b"{}"), "sha256:bad", "md5:0", "team/app", "../..", "%00", "%ff", "%F0%9F%98%80", "{}", "latest", ".bad", "'", "a/b", "%ud800", "sha512")  # fmt: skip
QUERIES = ("n", "last", "digest", "mount", "from", "tag", "artifactType", "digest-algorithm", "ns", "namespace", "scope", "service", "")  # fmt: skip
FIELDS = {
    "Range": ("bytes=0-1", "bytes=-", "bytes=9-1", "bytes=" + "0-1," * 99, "x", "bytes=99999999999999999999-", "bytes=²-³"),
    "Content-Range": ("0-1", "1-0", "bytes 0-1/2", "0-99999999999999999999", "²-³", "x" * 999),
    "Content-Type": (MANIFEST, "", "application/json", "x" * 999, "é", ";", MANIFEST + "; q=1"),
    "Content-Length": ("0", "1", "99999999999999999999999", "-1", "x", "²"),
    "If-None-Match": ("*", '"x"', "W/", '"' * 99), "If-Range": ('"x"', "W/x", ""), "Accept": ("*/*", "x" * 999, "é"),
    "Authorization": ("Basic !", "Bearer x", "Bearer a.b.c", "Basic OnBhc3M=", "Digest x", "é", "Basic " + "A" * 9000),
    "Host": ("localhost:5000", "", "evil.test", "a b", "é"), "Expect": ("100-continue", "x"), "X-Forwarded-For": ("é", ","),
}  # fmt: skip
BODIES = (b"", b"{}", IMAGE, b"\xff\x00", b"[" * 5000, IMAGE[:-1], [b"", b"x", b""], b"a=b&c=%")


def target(chance):
    if chance.random() < 0.7:
        known = (f"{REPO}/manifests/{{}}", f"{REPO}/blobs/{{}}", f"{REPO}/blobs/uploads/{{}}", f"{REPO}/referrers/{{}}", f"{REPO}/tags/list", "/v2/_catalog", "/v2/")  # fmt: skip
        path = chance.choice(known).format(chance.choice(SEGMENTS))
    else:
        path = "/" + "/".join(chance.choice(SEGMENTS) for _ in range(chance.randrange(7)))
    pairs = (f"{chance.choice(QUERIES)}={chance.choice(VALUES)}" for _ in range(chance.randrange(4)))  # fmt: skip
    return f"{path.encode('ascii', 'backslashreplace').decode()}?{'&'.join(pairs)}"


def fields(chance):
    chosen = chance.sample(sorted(FIELDS), chance.randrange(4))
    return [(name, text) for name in chosen for text in (chance.choice(FIELDS[name]),)]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
async def test_no_request_is_a_failure_of_ours(admin, seed):
    chance = random.Random(seed)
    await push(admin, b"{}")
    await admin("PUT", f"{REPO}/manifests/v1", IMAGE, [("Content-Type", MANIFEST)], expect=201)
    for _ in range(400):
        request = (chance.choice(METHODS), target(chance), chance.choice(BODIES), fields(chance))
        answer = await admin(*request)
        assert answer.status < 500, (request, answer.status, answer.body)
        if answer.status < 400 or request[0] == "HEAD" or not request[1].startswith("/v2/"):
            continue
        if "/_trust/" not in request[1]:
            assert {one["code"] for one in answer.json["errors"]} <= CODES, (request, answer.body)
