"""What a server can do to a client below the metadata: lie about lengths, never end, dribble, redirect, ask for passwords it should not have."""

import contextlib
import http.server
import json
import random
import threading
import time

import pytest

from inkan import limits
from inkan.cli.main import main
from inkan.client.credentials import Credential
from inkan.client.layout import ImageLayout
from inkan.client.progress import Silence
from inkan.client.registry import Registry
from inkan.client.session import Session, is_plain_loopback
from inkan.client.transfer import pull
from inkan.client.trust_server import TrustServer
from inkan.errors import (
    BodyTooLargeError,
    ContentAlteredError,
    DeniedError,
    InkanError,
    MetadataUnknownError,
    RequestInvalidError,
    ServerUnreachableError,
)
from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName
from inkan.testing.publisher import DEFAULT_NOW, Publisher
from inkan.testing.repository import SimulatedRepository
from inkan.tuf.roles import TARGETS

GUN = "localhost:5000/team/app"


@pytest.fixture
def hostile():
    """A server whose behaviour a test sets; it remembers what it was sent."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            self.server.seen.append((self.command, self.path, dict(self.headers)))
            length = int(self.headers.get("Content-Length") or 0)
            self.body = self.rfile.read(length)
            with contextlib.suppress(ConnectionError):
                self.server.behave(self)

        def do_PATCH(self):
            # whoever behaves here decides how much of the body is read
            self.server.seen.append((self.command, self.path, dict(self.headers)))
            with contextlib.suppress(ConnectionError):
                self.server.behave(self)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - as http.server calls them

        def log_message(self, *_):
            pass

        def reply(self, status, body=b"", **fields):
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **fields}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.seen, server.behave = [], lambda handler: handler.reply(404)
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def session(hostile):
    session = Session(hostile.url)
    yield session
    session.close()


def test_S25_why_a_log_in_is_refused_is_said(hostile):
    """The token service's words reach the person: that there is `--sso`, for one."""

    def refuse(handler):
        said = b'{"errors": [{"code": "UNAUTHORIZED", "message": "wrong; try inkan login --sso"}]}'
        handler.reply(401, said, WWW_Authenticate='Basic realm="inkan"')

    hostile.behave = refuse
    session = Session(hostile.url, Credential("alice", "x"), is_own_realm_only=True)
    with pytest.raises(DeniedError, match="inkan login --sso"):
        session.call("GET", "/api/v1/version", "registry:catalog:*")
    session.close()


@pytest.fixture
def trust(session):
    return TrustServer(session, GUN)


def test_TUF_TS_016_a_file_that_says_it_is_too_large(hostile, trust):
    hostile.behave = lambda h: h.reply(200, b"x" * 2000)
    with pytest.raises(BodyTooLargeError):
        trust.fetch("timestamp", 1000)


def test_TUF_TS_017_a_file_that_never_ends(hostile, trust):
    def endless(handler):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for _ in range(10_000):
            handler.wfile.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    hostile.behave = endless
    with pytest.raises(BodyTooLargeError):
        trust.fetch("timestamp", limits.TIMESTAMP_FILE_BYTES)


def test_TUF_TS_018_a_file_that_dribbles(hostile, trust):
    def dribble(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    hostile.behave = dribble
    trust.session.deadline_seconds = 0.3
    began = time.monotonic()
    with pytest.raises(ServerUnreachableError, match="takes longer"):
        trust.fetch("timestamp", 1000)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("status", [204, 206, 301, 302, 304, 307])
def test_TUF_STATE_010_answers_that_are_none(hostile, trust, status):
    hostile.behave = lambda h: h.reply(
        status, b"" if status in (204, 304) else b"{}", Location=f"{hostile.url}/elsewhere"
    )
    with pytest.raises(InkanError):
        trust.fetch("timestamp", 1000)
    assert len(hostile.seen) == 1


def test_a_file_that_is_cut(hostile, trust):
    def cut(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"x" * 10)
        handler.close_connection = True

    hostile.behave = cut
    with pytest.raises(ServerUnreachableError):
        trust.fetch("timestamp", 2000)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, MetadataUnknownError),
        (401, DeniedError),
        (403, DeniedError),
        (429, DeniedError),
        (500, InkanError),
        (503, InkanError),
    ],
)
def test_refusals_are_told_apart(hostile, trust, status, kind):
    hostile.behave = lambda h: h.reply(status, b"<html>")
    with pytest.raises(kind):
        trust.fetch("timestamp", 1000)


def test_the_servers_sentence_reaches_the_person(hostile, trust):
    body = {
        "errors": [
            {
                "code": "INVALID_UPDATE",
                "message": "m",
                "detail": {"Name": "ErrBadRoot", "Error": {"Msg": "do this instead"}},
            }
        ]
    }
    hostile.behave = lambda h: h.reply(400, json.dumps(body).encode())
    with pytest.raises(RequestInvalidError, match="do this instead"):
        trust.publish({TARGETS: b"{}"})


def test_a_password_is_sent_to_nobody_over_http_elsewhere(hostile):
    session = Session(hostile.url, Credential("alice", "secret-password"))
    hostile.behave = lambda h: h.reply(
        401, WWW_Authenticate='Bearer realm="http://192.0.2.1/token",service="s"'
    )
    with pytest.raises(ServerUnreachableError, match="wants a password sent"):
        session.call("GET", "/v2/", "repository:a/b:pull")
    session.close()


def test_a_token_is_fetched_once_and_sent_to_the_server_only(hostile):
    session = Session(hostile.url, Credential("alice", "secret-password"))

    def behave(handler):
        if handler.path.startswith("/token"):
            handler.reply(200, b'{"token":"abc"}')
        elif handler.headers.get("Authorization") == "Bearer abc":
            handler.reply(200, b"{}")
        else:
            handler.reply(401, WWW_Authenticate=f'Bearer realm="{hostile.url}/token",service="s"')

    hostile.behave = behave
    for _ in range(3):
        assert session.call("GET", "/v2/x", "repository:a/b:pull").body == b"{}"
    session.close()
    assert [path.partition("?")[0] for _, path, _ in hostile.seen] == [
        "/v2/x",
        "/token",
        "/v2/x",
        "/v2/x",
        "/v2/x",
    ]


def test_a_blob_is_followed_elsewhere_without_credentials(hostile):
    content = b"layer" * 100
    digest = Digest.of(content)

    def behave(handler):
        if handler.path.startswith("/storage"):
            handler.reply(200, content)
        else:
            handler.reply(307, Location=f"{hostile.url}/storage?x=1")

    hostile.behave = behave
    session = Session(hostile.url, Credential("alice", "secret-password"))
    registry = Registry(session, RepositoryName("team/app"))
    assert b"".join(registry.blob(str(digest), len(content))) == content
    assert "Authorization" not in hostile.seen[-1][2]
    session.close()


@pytest.mark.parametrize("sent", [b"other", b"laye", b"layer!", b""])
def test_TUF_TG_014_015_018_content_that_is_not_what_its_digest_says(
    hostile, session, sent, tmp_path
):
    digest = str(Digest.of(b"layer"))
    registry = Registry(session, RepositoryName("team/app"))
    hostile.behave = lambda h: h.reply(
        200, sent, Content_Type="application/vnd.oci.image.manifest.v1+json"
    )
    with pytest.raises(ContentAlteredError):
        ImageLayout(tmp_path).keep_blob(digest, registry.blob(digest, 5))
    assert [
        path for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith(".")
    ] == []
    with pytest.raises(ContentAlteredError):
        registry.manifest(digest)


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_a_pull_that_is_cut_a_hundred_times_goes_on_and_ends_with_the_image(
    hostile, session, tmp_path, knows_ranges
):
    dice = random.Random(5)
    content = dice.randbytes(300_000)
    digest, kind = str(Digest.of(content)), "application/vnd.oci.image.manifest.v1+json"
    config = {
        "mediaType": "application/vnd.oci.image.config.v1+json",
        "digest": digest,
        "size": len(content),
    }
    manifest = json.dumps(
        {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []}
    ).encode()
    cuts = []

    def behave(handler):
        if "/manifests/" in handler.path:
            handler.reply(200, manifest, Content_Type=kind)
            return
        given = handler.headers.get("Range")
        start = int(given[6:-1]) if given and knows_ranges else 0
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(content) - start))
        handler.end_headers()
        cut = dice.randrange(1, 6_000 if knows_ranges else 280_000)
        if len(cuts) < 100:
            cuts.append(cut)
            handler.wfile.write(content[start : start + cut])
            handler.close_connection = True
        else:
            handler.wfile.write(content[start:])

    hostile.behave = behave
    layout, registry = ImageLayout(tmp_path), Registry(session, RepositoryName("team/app"))
    named = tmp_path / "blobs" / "sha256" / digest[7:]
    for _ in range(150):
        try:
            pull(registry, registry.manifest(str(Digest.of(manifest))), layout, Silence())
            break
        except ServerUnreachableError:
            assert not named.exists()
    assert len(cuts) in range(50, 101)
    assert named.read_bytes() == content


def test_a_push_that_is_cut_again_and_again_goes_on_where_the_registry_has_got_to(hostile, session):
    content = random.Random(6).randbytes(6 * 2**20)
    held, seen = bytearray(), []

    def behave(handler):
        seen.append(handler.command)
        size = int(handler.headers.get("Content-Length", 0))
        if handler.command == "PATCH":
            start = int(handler.headers["Content-Range"].partition("-")[0])
            assert start == len(held)
            cut = min(size, 2**21) if seen.count("PATCH") < 3 else size
            while cut:
                piece = handler.rfile.read(min(cut, 65536))
                held.extend(piece)
                cut -= len(piece)
            if len(held) < len(content):
                handler.connection.shutdown(2)
                handler.close_connection = True
                return
        status = {"POST": 202, "PATCH": 202, "GET": 204, "PUT": 201, "HEAD": 404}[handler.command]
        handler.reply(status, Location="/upload/1", Range=f"0-{max(len(held) - 1, 0)}")

    hostile.behave = behave
    registry = Registry(session, RepositoryName("team/app"))
    registry.push_blob(str(Digest.of(content)), len(content), lambda start: [content[start:]])
    assert bytes(held) == content
    assert seen.count("PATCH") == 3


def test_plain_http_is_for_this_very_machine(hostile):
    port = hostile.url.rpartition(":")[2]
    assert is_plain_loopback(f"127.0.0.1:{port}")
    assert is_plain_loopback(f"localhost:{port}")
    for host in ("127.example.com", "localhost.example.com:5000", "192.0.2.1", "127.0.0.1:1"):
        assert not is_plain_loopback(host)


def test_nobody_listens():
    with pytest.raises(ServerUnreachableError, match="does not answer"):
        TrustServer(Session("http://127.0.0.1:1"), GUN).fetch("timestamp", 1000)


SIGNED = b"1" * 32
ANSWERS = (b"", b"{}", b"null", b"<html>", b"[" * 90_000, b'{"signed":{},"signatures":[]}', b"\xff" * 40)  # fmt: skip


def misbehave(handler, name, pool, dice):
    """Answer for a file as chance has it: rightly, wrongly, in part, with some status, or not at all."""
    right, act = pool.get(name), dice.randrange(12)
    if act < 7 and right is not None:
        handler.reply(200, right)
    elif act < 7:
        handler.reply(404)
    elif act == 7:
        handler.reply(200, dice.choice([*ANSWERS, *pool.values()]))
    elif act == 8:
        handler.reply(dice.choice([201, 204, 206, 301, 302, 400, 401, 403, 404, 409, 429, 500, 503]), right or b"")  # fmt: skip
    elif act == 9:
        handler.reply(200, (right or b"x")[: dice.randrange(40)])
    elif act == 10:
        handler.reply(200, right or b"x", Content_Length="100000")
        handler.close_connection = True
    else:
        handler.close_connection = True


@pytest.mark.parametrize("seed", range(6))
def test_no_sequence_of_answers_ends_with_exit_code_0_but_without_the_signed_digest(
    hostile, tmp_path, monkeypatch, capsys, seed
):
    """What a script sees: the exit code, and what is on standard output."""
    host, dice = hostile.url.removeprefix("http://"), random.Random(seed)
    repository = SimulatedRepository.with_tags(f"{host}/team/app", a=SIGNED)
    stranger = Publisher(f"{host}/team/app", repository.owner.server_keys)
    pool = dict(repository.served)
    pool["other.json"] = stranger.push("a", b"e" * 32)[TARGETS]
    hostile.behave = lambda h: misbehave(h, h.path.rpartition("/")[2], pool, dice)
    (tmp_path / "inkan.json").write_text(json.dumps({"target": hostile.url}))
    monkeypatch.setenv("INKAN_CONFIG", str(tmp_path / "inkan.json"))
    monkeypatch.delenv("DOCKER_CONTENT_TRUST_SERVER", raising=False)
    monkeypatch.setattr("inkan.clock.SystemClock.now", lambda _self: DEFAULT_NOW)
    codes = []
    for number in range(25):
        # now and then somebody who has never been here
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / str(number // 5)))
        codes.append(main(["trust", "verify", "team/app:a"]))
        said = capsys.readouterr().out
        assert said == (f"sha256:{SIGNED.hex()}\n" if codes[-1] == 0 else "")
    assert set(codes) <= {0, 3, 5, 6, 7, 9}
    assert len(set(codes)) > 1


def test_a_refresh_token_goes_in_the_body_and_never_in_an_address(hostile):
    """What docker keeps instead of a password is a grant of its own, as docker itself sends it."""
    sent = []

    def behave(handler):
        if handler.path.startswith("/token"):
            sent.append(handler.body.decode())
            handler.reply(200, b'{"access_token":"abc"}')
        elif handler.headers.get("Authorization") == "Bearer abc":
            handler.reply(200, b"{}")
        else:
            handler.reply(401, WWW_Authenticate=f'Bearer realm="{hostile.url}/token",service="s"')

    hostile.behave = behave
    session = Session(hostile.url, Credential("<token>", "ir_secret"), is_own_realm_only=True)
    session.call("GET", "/api/v1/version", "registry:catalog:*")
    session.close()
    assert "grant_type=refresh_token" in sent[0]
    assert "refresh_token=ir_secret" in sent[0]
    assert all("ir_secret" not in path + str(fields) for _, path, fields in hostile.seen)
