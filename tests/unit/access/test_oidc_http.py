"""What an identity provider's address can do to the server: little, and not for long."""

import contextlib
import http.server
import socket
import ssl
import threading
import time

import pytest

from inkan.access import oidc_http
from inkan.access.oidc_http import fetch, require_fetchable
from inkan.errors import IdentityProviderError
from inkan.limits import MIB
from inkan.testing.certificates import make_certificate


@pytest.fixture
def provider():
    """A server whose behaviour a test sets; it remembers what it was sent."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            self.server.seen.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))  # fmt: skip
            with contextlib.suppress(OSError):
                self.server.behave(self)

        do_GET = do_POST = answer  # noqa: N815 - as http.server calls them

        def log_message(self, *_):
            pass

        def reply(self, status, body=b"", **fields):
            self.send_response(status)
            for name, value in fields.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None
    server.daemon_threads = True
    server.seen, server.behave = [], lambda handler: handler.reply(200, b'{"a": 1}')
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


async def refused(url, **more):
    with pytest.raises(IdentityProviderError) as caught:
        await fetch(url, **more)
    return str(caught.value)


async def test_an_object_is_got_and_a_form_is_posted(provider):
    assert await fetch(f"{provider.url}/keys?x=1") == {"a": 1}
    assert await fetch(f"{provider.url}/token", {"code": "c d"}, "Basic abc") == {"a": 1}
    (got, path, fields, _), (posted, _, more, body) = provider.seen
    assert (got, path, posted, body) == ("GET", "/keys?x=1", "POST", b"code=c+d")
    assert "Authorization" not in fields
    assert more["Authorization"] == "Basic abc"


async def test_an_answer_over_a_mebibyte_is_not_read_to_its_end(provider):
    sent = []

    def endless(handler):
        handler.reply(200)
        for _ in range(1_000):
            handler.wfile.write(b" " * 65_536)
            sent.append(65_536)

    provider.behave = endless
    assert "too large" in await refused(provider.url)
    assert sum(sent) < 20 * MIB
    provider.behave = lambda handler: handler.reply(200, b'{"a": 1}' + b" " * (MIB - 8))
    assert await fetch(provider.url) == {"a": 1}


@pytest.mark.parametrize("part", ["head", "body"])
async def test_a_byte_now_and_then_holds_nobody(provider, monkeypatch, part):
    monkeypatch.setattr(oidc_http, "_ALL_SECONDS", 0.5)

    def dribble(handler):
        if part == "body":
            handler.reply(200)
        for one in b"HTTP/1.0 200 OK\r\nX: " + b"x" * 200:
            handler.wfile.write(bytes([one]))
            time.sleep(0.05)

    provider.behave = dribble
    begun = time.monotonic()
    assert "too slowly" in await refused(provider.url)
    assert time.monotonic() - begun < 3


async def test_who_says_nothing_is_waited_for_briefly(provider, monkeypatch):
    monkeypatch.setattr(oidc_http, "_SECONDS", 0.2)
    provider.behave = lambda _handler: time.sleep(1)
    begun = time.monotonic()
    await refused(provider.url)
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_nobody_is_followed(provider, status):
    """Neither to another host nor to a path of the same one."""
    provider.behave = lambda handler: handler.reply(status, Location=f"{provider.url}/other")
    assert f"it answers {status}" in await refused(provider.url, form={"code": "c"})
    assert len(provider.seen) == 1


async def test_an_answer_s_text_is_not_repeated(provider):
    provider.behave = lambda handler: handler.reply(400, b'{"error": "code canary is wrong"}')
    assert "canary" not in await refused(f"{provider.url}/token?code=canary")


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b'{"a": 1, "a": 2}', b"<html>", b'{"a": '])
async def test_what_is_no_object_is_refused(provider, body):
    provider.behave = lambda handler: handler.reply(200, body)
    await refused(provider.url)


@pytest.mark.parametrize(
    "url",
    [
        "http://idp.test",
        "http://192.0.2.1",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "https://user@idp.test",
        "https://idp.test/#x",
        "https://idp.test/a b",
        "https://idp.test\r\nHost: x",
        "https://",
        "https://idp.test:99999",
    ],
)
async def test_an_address_that_is_none_of_a_provider_s_is_not_asked(url):
    with pytest.raises(ValueError, match=r".+"):
        require_fetchable(url)
    await refused(url)


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "224.0.0.1", "0.0.0.0"]
)
async def test_what_describes_a_machine_to_itself_is_asked_by_nobody(monkeypatch, address):
    """Whatever name leads there; an organisation's own network may be asked, for its provider is there."""
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_more: answer)
    asked = []
    monkeypatch.setattr(socket, "create_connection", lambda *words, **_more: asked.append(words))
    assert "no address of a provider's" in await refused("https://login.example.com")
    assert asked == []


async def test_the_address_that_was_looked_at_is_the_one_that_is_asked(monkeypatch):
    """A name that answers twice, first well and then with something else, is asked for once."""
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.1.2.3", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_more: answer)
    asked = []

    def connect(place, timeout):
        asked.append((place, timeout))
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr(socket, "create_connection", connect)
    await refused("https://login.example.com")
    assert asked == [(("10.1.2.3", 443), 5)]


async def test_plain_http_to_a_name_that_leads_elsewhere_is_not_spoken(monkeypatch):
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_more: answer)
    assert "use https" in await refused("http://localhost")


async def test_AUTH_044_a_certificate_that_nobody_vouches_for_is_refused(provider, tmp_path):
    """There is no switch for it; one that the machine trusts is taken."""
    make_certificate(tmp_path / "crt", tmp_path / "key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    provider.socket = context.wrap_socket(provider.socket, server_side=True)
    url = f"https://localhost:{provider.server_port}"
    assert "not vouched for" in await refused(url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(tmp_path / "crt"))
        assert await fetch(url) == {"a": 1}
    assert len(provider.seen) == 1
