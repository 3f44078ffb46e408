"""Names, methods and errors as the specification has them, row by row.

Source: OCI Distribution Specification 1.1 §§ Pulling manifests (names), Endpoints, Error Codes; RFC 9110 § 15.5.6.
"""

import pytest
from conformance import CONFIG, MANIFEST, REPO, ask, descriptor, document, of, play, push, row

NAMES, METHODS, ERRORS = "Names", "Endpoints", "Error Codes"
IMAGE = document(mediaType=MANIFEST, config=descriptor(b"{}", CONFIG), layers=[])
DIGEST = of(b"{}")
# a path as a name stands in it, and the query where a method needs one
PATHS = (
    ("GET", "/v2/{}/manifests/v1"), ("GET", "/v2/{}/tags/list"), ("GET", f"/v2/{{}}/blobs/{DIGEST}"), ("GET", f"/v2/{{}}/referrers/{DIGEST}"), ("POST", "/v2/{}/blobs/uploads/"),
)  # fmt: skip
GOOD = ("team/a", "team/a/b/c/d", "team/a.b", "team/a_b", "team/a__b", "team/a---b", "team/0", "team/blobs", "team/manifests/tags", "team/blobs/uploads", "team/tags/list/a", "team/referrers", "team/" + "a" * 200)  # fmt: skip
BAD = ("team/A", "team/a..b", "team/a._b", "team/a___b", "team/-a", "team/a-", "team/.a", "team/a.", "team/_a", "team//a", "team/a%20b", "team/%C3%A4", "team/a+b", "team/a:b", "team/a@b", "team/" + "a" * 255)  # fmt: skip
FORMS = (
    ("GET", "/v2/team/app/manifests/missing", 404, "MANIFEST_UNKNOWN"),
    ("GET", f"/v2/team/app/blobs/{of(b'missing')}", 404, "BLOB_UNKNOWN"),
    ("GET", "/v2/team/never/tags/list", 404, "NAME_UNKNOWN"),
    ("GET", "/v2/team/app/blobs/uploads/missing", 404, "BLOB_UPLOAD_UNKNOWN"),
    ("GET", "/v2/team/app/blobs/sha256:bad", 400, "DIGEST_INVALID"),
    ("GET", "/v2/team/APP/tags/list", 400, "NAME_INVALID"),
    ("PUT", "/v2/team/app/manifests/v1", 400, "MANIFEST_INVALID"),
    ("PUT", "/v2/team/app/manifests/.bad", 400, "TAG_INVALID"),
    ("GET", "/v2/team/app/tags/list?n=x", 400, "PAGINATION_NUMBER_INVALID"),
    ("PUT", "/v2/team/app/tags/list", 405, "UNSUPPORTED"),
    ("POST", "/v2/nowhere/app/blobs/uploads/", 403, "DENIED"),
    ("GET", "/v2/_unknown/extension", 404, "NAME_UNKNOWN"),
)
ALLOWED = (
    ("/v2/team/app/manifests/v1", "DELETE, GET, HEAD, PUT", ("POST", "PATCH")),
    (f"/v2/team/app/blobs/{DIGEST}", "DELETE, GET, HEAD", ("PUT", "POST", "PATCH")),
    ("/v2/team/app/tags/list", "GET, HEAD", ("PUT", "POST", "PATCH", "DELETE")),
    (f"/v2/team/app/referrers/{DIGEST}", "GET, HEAD", ("PUT", "POST", "PATCH", "DELETE")),
    ("/v2/", "GET, HEAD", ("PUT", "POST", "DELETE", "OPTIONS")),
)
TABLE = [
    *(row(NAMES, f"{name[:40]} is a name", ask("POST", f"/v2/{name}/blobs/uploads/?digest={DIGEST}", 201, b"{}", fields={"location": f"/v2/{name}/blobs/{DIGEST}"}),
          ask("PUT", f"/v2/{name}/manifests/v1", 201, IMAGE, kind=MANIFEST), ask("GET", f"/v2/{name}/manifests/v1", 200, gives=IMAGE), ask("GET", f"/v2/{name}/tags/list", 200, gives={"name": name, "tags": ["v1"]}),
          ask("GET", f"/v2/{name}/referrers/{DIGEST}", 200), ask("GET", f"/v2/{name}/blobs/{DIGEST}", 200, gives=b"{}"), ask("POST", f"/v2/{name}/blobs/uploads/", 202, keeps="session"), ask("GET", "{session}", 204)) for name in GOOD),
    *(row(NAMES, f"{name[:40]} is none", *(ask(method, path.format(name), (400, 404)) for method, path in PATHS)) for name in BAD),
    row(NAMES, "dots, a hidden slash and NUL lead nowhere", *(ask("GET", f"/v2/{name}/tags/list", (400, 404)) for name in ("team/../team/app", "team/./app", "team%2fapp", "team/app%00", "team/%2e%2e/app", "%2e%2e/v2/team/app"))),
    *(row(ERRORS, f"{code}: {method} {target[:40]}", ask(method, target, status, code=code), *((ask("HEAD", target, status),) if method == "GET" and "uploads" not in target else ())) for method, target, status, code in FORMS),
    row(ERRORS, "what is missing is named", ask("PUT", "{repo}/manifests/v1", 400, document(mediaType=MANIFEST, config=descriptor(b"missing", CONFIG), layers=[]), kind=MANIFEST, code="MANIFEST_BLOB_UNKNOWN")),
    *(row(METHODS, f"what {target[:30]} takes is said", *(ask(method, target, 405, code="UNSUPPORTED", fields={"allow": allowed}) for method in refused)) for target, allowed, refused in ALLOWED),
]  # fmt: skip


@pytest.mark.parametrize("one", TABLE, ids=str)
async def test_an_error_as_the_specification_has_it(admin, one):
    await push(admin, b"{}")
    await play({"admin": admin}, one, {})


async def test_what_is_missing_is_named_in_the_detail(admin):
    raw = document(mediaType=MANIFEST, config=descriptor(b"missing", CONFIG), layers=[])
    answer = await admin("PUT", f"{REPO}/manifests/v1", raw, [("Content-Type", MANIFEST)], expect=400)  # fmt: skip
    (error,) = answer.json["errors"]
    assert error["detail"] == [{"digest": of(b"missing")}]
    assert error["message"]
