"""Bad input is refused with a typed error, stores nothing, and costs no memory."""

import http.client
import json
import socket
from hashlib import sha256

import pytest

from faults.wire import MANIFEST, Server, Wire

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
MIB = 1024 * 1024
EMPTY = f"sha256:{sha256(b'').hexdigest()}"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("bad") / "data").start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
    yield server
    log = (server.data.parent / "server.log").read_text()
    assert server.stop() == 0
    assert "Traceback" not in log
    assert '"trace"' not in log


@pytest.fixture
def wire(server):
    with Wire(server.port) as wire:
        yield wire


def kept(server) -> int:
    """Return how many files of blobs and uploads there are."""
    folders = (server.data / "blobs", server.data / "uploads")
    return sum(1 for folder in folders for path in folder.rglob("*") if path.is_file())


def test_a_wrong_digest_stores_nothing(server, wire):
    before = kept(server)
    session = wire.call("POST", "/v2/team/app/blobs/uploads/", expect=202).headers["location"]
    wire.call("PATCH", session, b"content", expect=202)
    assert wire.call("PUT", f"{session}?digest={EMPTY}", expect=400).code == "DIGEST_INVALID"
    assert wire.call("GET", session, expect=404).code == "BLOB_UPLOAD_UNKNOWN"
    assert wire.call("HEAD", f"/v2/team/app/blobs/{EMPTY}").status == 404
    assert kept(server) == before


def test_a_truncated_body_is_no_blob(server, wire):
    session = wire.call("POST", "/v2/team/app/blobs/uploads/", expect=202).headers["location"]
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        fields = f"Host: localhost\r\nAuthorization: {wire.headers['Authorization']}\r\nContent-Length: 1000\r\n"
        raw.sendall(f"PATCH {session} HTTP/1.1\r\n{fields}\r\n".encode() + b"x" * 300)
    answer = wire.call("GET", session, expect=204)
    # what had come may be kept, to go on from; more than that is not claimed
    assert answer.headers["range"] in ("0-0", "0-299")
    wire.call("DELETE", session, expect=204)


def test_a_manifest_over_its_cap_is_refused(wire):
    big = b'{"x":"' + b"a" * (4 * MIB) + b'"}'
    answer = wire.call("PUT", "/v2/team/app/manifests/big", big, {"Content-Type": MANIFEST}, 413)
    assert answer.code == "SIZE_INVALID"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v2/Team/App/tags/list", 400, "NAME_INVALID"),
        ("GET", "/v2/team//app/tags/list", 400, "NAME_INVALID"),
        ("GET", "/v2/team/%2e%2e/tags/list", 400, "UNSUPPORTED"),
        ("GET", "/v2/team/app%00/tags/list", 400, "UNSUPPORTED"),
        ("POST", "/v2/team/" + "a" * 300 + "/blobs/uploads/", 400, "NAME_INVALID"),
        ("GET", "/v2/team/app/blobs/sha256:bad", 400, "DIGEST_INVALID"),
        ("GET", "/v2/team/app/manifests/sha256:bad", 400, "DIGEST_INVALID"),
        ("GET", "/v2/team/app/manifests/.bad", 404, "MANIFEST_UNKNOWN"),
        ("PUT", "/v2/team/app/manifests/.bad", 400, "TAG_INVALID"),
        ("GET", "/v2/team/app/manifests/none", 404, None),
        ("GET", "/v2/team/app/tags/list?n=-1", 400, "PAGINATION_NUMBER_INVALID"),
        ("GET", "/v2/team/nowhere/tags/list", 404, "NAME_UNKNOWN"),
        ("PATCH", "/v2/team/app/blobs/uploads/0000", 404, "BLOB_UPLOAD_UNKNOWN"),
        ("PATCH", "/v2/team/app/blobs/uploads/..%2f..%2fetc", 400, "UNSUPPORTED"),
        ("POST", "/v2/nowhere/app/blobs/uploads/", 403, "DENIED"),
        ("POST", "/v2/elsewhere.test:5000/team/app/blobs/uploads/", 400, "NAME_INVALID"),
        ("DELETE", "/v2/team/app/manifests/x", 404, "MANIFEST_UNKNOWN"),
        ("PATCH", "/v2/team/app/manifests/x", 405, "UNSUPPORTED"),
        ("GET", "/v2/unknown", 404, "NAME_UNKNOWN"),
        ("GET", "/nothing", 404, "NOT_FOUND"),
    ],
)
def test_bad_names_are_refused_with_a_code(wire, method, path, status, code):
    answer = wire.call(method, path)
    assert answer.status == status, answer.body
    if code:
        assert answer.code == code


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"junk",
        b"[]",
        b'{"schemaVersion":1}',
        b'{"schemaVersion":2}',
        b"[" * 100_000,
        b'{"schemaVersion":2,"schemaVersion":2,"config":{},"layers":[]}',
        json.dumps({"schemaVersion": 2, "config": {}, "layers": []}).encode(),
        json.dumps({"schemaVersion": 2, "mediaType": "a/b", "layers": []}).encode(),
    ],
)
def test_bad_manifests_are_refused(wire, raw):
    answer = wire.call("PUT", "/v2/team/app/manifests/bad", raw, {"Content-Type": MANIFEST}, 400)
    assert answer.code == "MANIFEST_INVALID"
    assert wire.call("GET", "/v2/team/app/manifests/bad").status == 404


def test_a_manifest_over_missing_blobs_is_refused(wire):
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": EMPTY, "size": 0}
    raw = json.dumps(
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}
    ).encode()
    answer = wire.call("PUT", "/v2/team/missing/manifests/1", raw, {"Content-Type": MANIFEST}, 400)
    assert answer.code == "MANIFEST_BLOB_UNKNOWN"
    assert json.loads(answer.body)["errors"][0]["detail"] == [{"digest": EMPTY}]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{}"),
        ({"Content-Type": "application/json"}, b"{}"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"junk"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\n"),
    ],
)
def test_a_publish_that_is_not_multipart_is_refused(server, wire, headers, body):
    gun = f"localhost:{server.port}/team/app"
    answer = wire.call("POST", f"/v2/{gun}/_trust/tuf/", body, headers, 400)
    assert answer.code == "MALFORMED_UPLOAD"
    assert json.loads(answer.body)["errors"][0]["detail"]["Name"] == "ErrValidation"


@pytest.mark.parametrize(
    ("role", "raw", "code"),
    [
        ("root", b"junk", "INVALID_UPDATE"),
        ("../root", b"{}", "INVALID_ROLE"),
        ("targets/A", b"{}", "INVALID_ROLE"),
        ("targets", b"{}", "INVALID_UPDATE"),
    ],
)
def test_bad_metadata_is_refused(server, wire, role, raw, code):
    answer = wire.publish(f"localhost:{server.port}/team/app", {role: raw}, expect=400)
    assert answer.code == code
    assert len(answer.body) < 1024


def test_a_host_that_is_not_ours_holds_no_trust_data(wire):
    answer = wire.call("GET", "/v2/elsewhere.test/team/app/_trust/tuf/timestamp.key", expect=400)
    assert answer.code == "INVALID_GUN"


def pieces(count: int):
    for _ in range(count):
        yield b"x" * MIB


@pytest.mark.parametrize("chunked", [False, True])
def test_a_publish_of_200_MiB_is_refused_and_costs_no_memory(server, wire, chunked):
    gun = f"localhost:{server.port}/team/app"
    before = server.peak_kib()
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    if chunked:
        headers["Transfer-Encoding"] = "chunked"
    else:
        headers["Content-Length"] = str(200 * MIB)
    try:
        answer = wire.call("POST", f"/v2/{gun}/_trust/tuf/", pieces(200), headers)
    except (BrokenPipeError, ConnectionResetError, http.client.HTTPException):
        pytest.fail("the connection was cut before the answer could be read")
    assert answer.status == 400
    assert "larger than" in answer.body.decode()
    grown_mib = (server.peak_kib() - before) // 1024
    # announced, it is not read at all; streamed, no more than the cap is held
    assert grown_mib < (80 if chunked else 16)


def test_a_large_push_and_pull_cost_no_memory(server, wire):
    """What 5 GiB would cost shows at 1 GiB: pieces are never gathered."""
    size_mib = 1024
    hasher = sha256()
    for piece in pieces(size_mib):
        hasher.update(piece)
    digest = f"sha256:{hasher.hexdigest()}"
    before = server.peak_kib()
    session = wire.call("POST", "/v2/team/large/blobs/uploads/", expect=202).headers["location"]
    wire.call("PATCH", session, pieces(size_mib), {"Transfer-Encoding": "chunked"}, 202)
    wire.call("PUT", f"{session}?digest={digest}", expect=201)
    wire.connection.request("GET", f"/v2/team/large/blobs/{digest}", headers=wire.headers)
    response = wire.connection.getresponse()
    back = sha256()
    while piece := response.read(MIB):
        back.update(piece)
    assert f"sha256:{back.hexdigest()}" == digest
    assert (server.peak_kib() - before) // 1024 < 64
