"""Uploads as the specification has them, row by row, each by sha256 and by sha512 without a word of which it will be.

Source: OCI Distribution Specification 1.1 and the coming revision § Push; what its conformance suite asserts.
"""

import pytest
from conformance import ALGORITHMS, ask, of, play, row

CONTENT = bytes(range(256)) * 12
A, B, C = CONTENT[:1024], CONTENT[1024:2048], CONTENT[2048:]
MONOLITH, CHUNKS, CANCEL = "Pushing a blob monolithically", "Pushing a blob in chunks", "Cancel a blob upload"  # fmt: skip
UPLOADS, BLOB = "{repo}/blobs/uploads/", "{repo}/blobs/{digest}"
SESSION = r"/v2/team/app/blobs/uploads/[0-9a-f-]{32,36}"
BEGIN = ask("POST", UPLOADS, 202, keeps="session", fields={"location": SESSION, "range": "0-0", "docker-upload-uuid": "[0-9a-f]{32}", "content-length": "0"})  # fmt: skip
MADE = {"location": BLOB, "docker-content-digest": "{digest}"}
SEEN = (ask("HEAD", BLOB, 200, fields={"content-length": str(len(CONTENT)), "docker-content-digest": "{digest}"}), ask("GET", BLOB, 200, gives=CONTENT))  # fmt: skip
OCTETS = "application/octet-stream"


def accepted(last):
    return {"location": "{session}", "range": f"0-{last}", "docker-upload-uuid": ".+"}


TABLE = [
    row(MONOLITH, "POST, then PUT with the body",
        BEGIN, ask("PUT", "{session}?digest={digest}", 201, CONTENT, fields=MADE), *SEEN),
    row(MONOLITH, "the PUT's body may come in pieces, without a length",
        BEGIN, ask("PUT", "{session}?digest={digest}", 201, (A, B, C), fields=MADE), *SEEN),
    row(MONOLITH, "a single POST with the digest and the body",
        ask("POST", UPLOADS + "?digest={digest}", 201, CONTENT, fields=MADE), *SEEN),
    row(MONOLITH, "a single POST whose body comes in pieces",
        ask("POST", UPLOADS + "?digest={digest}", 201, (A, B, C), fields=MADE), *SEEN),
    row(MONOLITH, "without the slash at its end the address is the same",
        ask("POST", "{repo}/blobs/uploads", 202, keeps="session"), ask("PUT", "{session}?digest={digest}", 201, CONTENT, fields=MADE), *SEEN),
    row(MONOLITH, "what the sender calls the bytes is no matter: nothing, JSON, a form",
        ask("POST", UPLOADS, 202, keeps="session", kind="application/json"),
        ask("PATCH", "{session}", 202, A), ask("PATCH", "{session}", 202, B, kind="application/x-www-form-urlencoded"),
        ask("PUT", "{session}?digest={digest}", 201, C, kind="application/json", fields=MADE), *SEEN),
    row(MONOLITH, "the same blob again is no error",
        *(ask("POST", UPLOADS + "?digest={digest}", 201, CONTENT, fields=MADE),) * 2, *SEEN),
    row(MONOLITH, "a blob of no bytes",
        BEGIN, ask("PUT", "{session}?digest={empty}", 201, fields={"location": "{repo}/blobs/{empty}"}), ask("GET", "{repo}/blobs/{empty}", 200, gives=b"")),
    row(MONOLITH, "a blob of no bytes in one POST",
        ask("POST", UPLOADS + "?digest={empty}", 201), ask("HEAD", "{repo}/blobs/{empty}", 200, fields={"content-length": "0"})),
    row(MONOLITH, "a blob of no bytes whose length nobody states",
        BEGIN, ask("PUT", "{session}?digest={empty}", 201, ()), ask("GET", "{repo}/blobs/{empty}", 200, gives=b"")),
    row(MONOLITH, "the empty JSON object",
        BEGIN, ask("PUT", "{session}?digest={object}", 201, b"{}"), ask("GET", "{repo}/blobs/{object}", 200, gives=b"{}")),
    row(MONOLITH, "another digest than the bytes have, in one POST",
        ask("POST", UPLOADS + "?digest={wrong}", 400, CONTENT, code="DIGEST_INVALID"), ask("HEAD", "{repo}/blobs/{wrong}", 404), ask("HEAD", BLOB, 404)),
    row(MONOLITH, "another digest than the bytes have, in the PUT; the session is gone",
        BEGIN, ask("PUT", "{session}?digest={wrong}", 400, CONTENT, code="DIGEST_INVALID"), ask("HEAD", "{repo}/blobs/{wrong}", 404),
        ask("GET", "{session}", 404, code="BLOB_UPLOAD_UNKNOWN")),
    row(MONOLITH, "what is no digest, or of no algorithm that is spoken here",
        BEGIN, *(ask("PUT", "{session}?digest=" + bad, 400, CONTENT, code="DIGEST_INVALID") for bad in ("sha256:baddigeststring", "sha256:", "sha512:abc", "md5:" + "0" * 32, "nonsense", "")),
        ask("PUT", "{session}?digest={digest}", 201, CONTENT), *SEEN),
    row(MONOLITH, "the same in one POST, and no session is begun",
        *(ask("POST", UPLOADS + "?digest=" + bad, 400, CONTENT, code="DIGEST_INVALID", fields={"location": ""}) for bad in ("sha256:baddigeststring", "md5:" + "0" * 32, "sha256:" + "A" * 64))),
    row(MONOLITH, "a PUT without a digest does not finish",
        BEGIN, ask("PUT", "{session}", 400, CONTENT), ask("GET", "{session}", 204, fields={"range": "0-0"})),
    row(CHUNKS, "an algorithm may be announced",
        ask("POST", UPLOADS + "?digest-algorithm={algorithm}", 202, keeps="session"), ask("PUT", "{session}?digest={digest}", 201, CONTENT, fields=MADE), *SEEN),
    row(CHUNKS, "one that is not spoken here is refused at once",
        *(ask("POST", UPLOADS + "?digest-algorithm=" + name, 400, code="DIGEST_INVALID") for name in ("md5", "sha999", "", "%20"))),
    row(CHUNKS, "what was announced binds nobody",
        ask("POST", UPLOADS + "?digest-algorithm={other}", 202, keeps="session"), ask("PUT", "{session}?digest={digest}", 201, CONTENT, fields=MADE)),
    row(CHUNKS, "one PATCH of everything, streamed, and a PUT without a body, as docker does",
        BEGIN, ask("PATCH", "{session}", 202, (A, B, C), fields=accepted(3071)), ask("PUT", "{session}?digest={digest}", 201, fields=MADE), *SEEN),
    row(CHUNKS, "several PATCHes without a Content-Range are appended",
        BEGIN, ask("PATCH", "{session}", 202, A, fields=accepted(1023)), ask("PATCH", "{session}", 202, B + C, fields=accepted(3071)),
        ask("PUT", "{session}?digest={digest}", 201, fields=MADE), *SEEN),
    row(CHUNKS, "three chunks with their ranges",
        BEGIN, ask("PATCH", "{session}", 202, A, span="0-1023", fields=accepted(1023)), ask("PATCH", "{session}", 202, B, span="1024-2047", fields=accepted(2047)),
        ask("PATCH", "{session}", 202, C, span="2048-3071", fields=accepted(3071)), ask("PUT", "{session}?digest={digest}", 201, fields=MADE), *SEEN),
    row(CHUNKS, "a single chunk",
        BEGIN, ask("PATCH", "{session}", 202, CONTENT, span="0-3071", fields=accepted(3071)), ask("PUT", "{session}?digest={digest}", 201, fields=MADE), *SEEN),
    row(CHUNKS, "the last chunk may come with the PUT, with its range",
        BEGIN, ask("PATCH", "{session}", 202, A + B, span="0-2047"), ask("PUT", "{session}?digest={digest}", 201, C, span="2048-3071", fields=MADE), *SEEN),
    row(CHUNKS, "the last chunk may come with the PUT, without one",
        BEGIN, ask("PATCH", "{session}", 202, A + B, span="0-2047"), ask("PUT", "{session}?digest={digest}", 201, C, fields=MADE), *SEEN),
    row(CHUNKS, "a chunk of one byte",
        BEGIN, ask("PATCH", "{session}", 202, A[:1], span="0-0", fields=accepted(0)), ask("PATCH", "{session}", 202, CONTENT[1:], span="1-3071", fields=accepted(3071)),
        ask("PUT", "{session}?digest={digest}", 201, fields=MADE), *SEEN),
    row(CHUNKS, "a first chunk that does not begin at 0 is refused, and the session goes on",
        BEGIN, ask("PATCH", "{session}", 416, B, span="1024-2047", code="RANGE_INVALID", fields={"location": "{session}", "range": ""}),
        ask("GET", "{session}", 204, fields={"location": "{session}", "range": "0-0"}),
        ask("PATCH", "{session}", 202, CONTENT, span="0-3071"), ask("PUT", "{session}?digest={digest}", 201, fields=MADE), *SEEN),
    row(CHUNKS, "a chunk that is skipped over is refused; where it stands is said; then it goes on",
        BEGIN, ask("PATCH", "{session}", 202, A, span="0-1023"), ask("PATCH", "{session}", 416, C, span="2048-3071", fields=accepted(1023)),
        ask("GET", "{session}", 204, fields=accepted(1023)), ask("PATCH", "{session}", 202, B, span="1024-2047", fields=accepted(2047)),
        ask("PATCH", "{session}", 202, C, span="2048-3071"), ask("PUT", "{session}?digest={digest}", 201, fields=MADE), *SEEN),
    row(CHUNKS, "a chunk that has come already is refused, at its old address too",
        BEGIN, ask("PATCH", "{session}", 202, A, span="0-1023"), ask("PATCH", "{session}", 416, A, span="0-1023", fields=accepted(1023)),
        ask("GET", "{session}", 204, fields=accepted(1023)), ask("PUT", "{session}?digest={digest}", 201, B + C, span="1024-3071", fields=MADE), *SEEN),
    row(CHUNKS, "a last chunk out of order in the PUT is refused; asked at that very address, the session says where it stands",
        BEGIN, ask("PATCH", "{session}", 202, A, span="0-1023"), ask("PUT", "{session}?digest={digest}", 416, C, span="2048-3071", fields=accepted(1023)),
        ask("GET", "{session}?digest={digest}", 204, fields=accepted(1023)), ask("PATCH", "{session}", 202, B, span="1024-2047"),
        ask("PUT", "{session}?digest={digest}", 201, C, span="2048-3071", fields=MADE), *SEEN),
    row(CHUNKS, "no least length is asked for where none is needed", ask("POST", UPLOADS, 202, fields={"oci-chunk-min-length": ""})),
    row(CHUNKS, "a length that is not its range's",
        BEGIN, ask("PATCH", "{session}", 416, A, span="0-9"), ask("PATCH", "{session}", 416, A, span="0-3071"), ask("PATCH", "{session}", 416, (A, B), span="0-1023"),
        ask("GET", "{session}", 204, fields={"range": "0-0"}), ask("PUT", "{session}?digest={digest}", 201, CONTENT), *SEEN),
    row(CHUNKS, "a range of another grammar",
        BEGIN, *(ask("PATCH", "{session}", (400, 416), A, span=bad) for bad in ("bytes 0-1023/*", "bytes=0-1023", "0-1023/3072", "1023-0", "-1023", "0-", "a-b", "0-9999999999999999999")),
        ask("GET", "{session}", 204, fields={"range": "0-0"})),
    row(CHUNKS, "another digest than the bytes have, after chunks",
        BEGIN, ask("PATCH", "{session}", 202, A, span="0-1023"), ask("PATCH", "{session}", 202, B + C, span="1024-3071"),
        ask("PUT", "{session}?digest={wrong}", 400, code="DIGEST_INVALID"), ask("HEAD", "{repo}/blobs/{wrong}", 404)),
    row(CHUNKS, "another digest than the bytes have, with the last chunk in the PUT",
        BEGIN, ask("PATCH", "{session}", 202, A, span="0-1023"), ask("PUT", "{session}?digest={wrong}", 400, B, span="1024-2047", code="DIGEST_INVALID")),
    row(CHUNKS, "another digest than the bytes have, after a stream",
        BEGIN, ask("PATCH", "{session}", 202, (A, B, C)), ask("PUT", "{session}?digest={wrong}", 400, code="DIGEST_INVALID"), ask("HEAD", BLOB, 404)),
    row(CHUNKS, "a session that never was",
        *(ask(method, UPLOADS + "0" * 32 + query, 404, code="BLOB_UPLOAD_UNKNOWN") for method, query in (("GET", ""), ("PATCH", ""), ("PUT", "?digest={digest}"), ("DELETE", "")))),
    row(CHUNKS, "a finished session is gone",
        BEGIN, ask("PUT", "{session}?digest={digest}", 201, CONTENT), ask("GET", "{session}", 404, code="BLOB_UPLOAD_UNKNOWN"), ask("PATCH", "{session}", 404, A)),
    row(CHUNKS, "a query that nobody knows is no matter",
        BEGIN, ask("GET", "{session}?_state=abc&x=", 204), ask("PATCH", "{session}?_state=abc", 202, CONTENT), ask("PUT", "{session}?_state=abc&digest={digest}", 201, fields=MADE), *SEEN),
    row(CANCEL, "a cancelled session is gone",
        BEGIN, ask("PATCH", "{session}", 202, A), ask("DELETE", "{session}", 204), ask("GET", "{session}", 404), ask("PATCH", "{session}", 404, B),
        ask("PUT", "{session}?digest={digest}", 404), ask("DELETE", "{session}", 404)),
    row(CANCEL, "who may push may cancel, without a right to delete",
        ask("POST", UPLOADS, 202, keeps="session", who="pusher"), ask("DELETE", "{session}", 204, who="pusher")),
    row("Checking if content exists", "a blob that was never pushed",
        ask("HEAD", BLOB, 404), ask("GET", BLOB, 404)),
]  # fmt: skip


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("one", TABLE, ids=str)
async def test_an_upload_as_the_specification_has_it(world, admin, one, algorithm):
    known = {
        "algorithm": algorithm,
        "other": next(name for name in ALGORITHMS if name != algorithm),
        "digest": of(CONTENT, algorithm),
        "wrong": of(b"something else", algorithm),
        "empty": of(b"", algorithm),
        "object": of(b"{}", algorithm),
    }
    token = await admin("GET", "/token?scope=repository:team/app:pull,push", expect=200)
    pusher = world.client(user=None)
    pusher.authorization = f"Bearer {token.json['token']}"
    await play({"admin": admin, "pusher": pusher}, one, known)
