"""A request that comes again byte for byte is answered from memory, and never with anything that is no longer so."""

import asyncio
import base64
import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest

from inkan.server import listeners
from inkan.server.setting_words import Address
from inkan.web.answer_memory import AnswerMemory

TOKEN_SCOPES = "scope=repository:team/app:*&scope=repository:localhost:5000/team/app:*"


class Served:
    """The product on a real socket, asked over one connection that is kept."""

    def __init__(self, world, reader, writer):
        self.world, self.reader, self.writer = world, reader, writer
        self.memory = world.product.registry.memory
        self.repeats = 0
        note = self.memory.note

        def count(*args):
            self.repeats += 1
            note(*args)

        self.memory.note = count

    async def ask(self, text: str) -> tuple[str, dict, bytes]:
        self.writer.write(text.encode())
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)).decode()
        status, *lines = head.strip().split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines)
        length = (
            0 if text.startswith("HEAD") or " 304 " in status else int(fields["content-length"])
        )
        return status.split()[1], fields, await self.reader.readexactly(length)


@contextlib.asynccontextmanager
async def serving(world, proxies=()):
    bound = listeners.bind(Address("127.0.0.1", 0), "listen")
    listener = listeners.Listener(bound, world.product.registry, world.product.registry.memory)
    server = listeners._server(listener, None, timedelta(seconds=1), proxies)
    task = asyncio.create_task(server.serve([bound]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    reader, writer = await asyncio.open_connection(*bound.getsockname())
    yield Served(world, reader, writer)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    server.should_exit = True
    await task


@pytest.fixture
async def served(world):
    async with serving(world) as served:
        yield served


@pytest.fixture
async def token(admin):
    return (await admin("GET", f"/token?service=inkan&{TOKEN_SCOPES}", expect=200)).json["token"]


@pytest.fixture
async def pushed(admin):
    config = b"{}"
    digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    await admin("POST", f"/v2/team/app/blobs/uploads/?digest={digest}", config, expect=201)
    kind = "application/vnd.oci.image.manifest.v1+json"

    async def push(tag, mark=""):
        body = (
            f'{{"schemaVersion":2,"mediaType":"{kind}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json",'
            f'"digest":"{digest}","size":2}},"layers":[],"annotations":{{"mark":"{mark}"}}}}'
        )
        path = f"/v2/team/app/manifests/{tag}"
        await admin("PUT", path, body.encode(), [("Content-Type", kind)], expect=201)

    await push("v1", "one")
    return push


def request(token, path="/v2/team/app/manifests/v1", method="GET", **fields):
    lines = {"Host": "localhost:5000", "Authorization": f"Bearer {token}", **fields}
    return (
        f"{method} {path} HTTP/1.1\r\n"
        + "".join(f"{k}: {v}\r\n" for k, v in lines.items())
        + "\r\n"
    )


async def test_the_second_answer_is_the_first_but_for_date_and_request_id(served, token, pushed):
    first = await served.ask(request(token))
    second = await served.ask(request(token))
    assert served.repeats == 1
    differing = {"x-request-id", "date"}
    assert first[0] == second[0] == "200"
    assert first[2] == second[2]
    assert [k for k in first[1] if k not in differing] == [
        k for k in second[1] if k not in differing
    ]
    assert first[1]["x-request-id"] != second[1]["x-request-id"]
    assert len(second[1]["x-request-id"]) == 16
    metrics = (await served.world.client()("GET", "/metrics")).body.decode()
    assert 'operation="manifest-get",status="200"} 2.0' in metrics


async def test_head_and_not_modified_are_kept_as_what_they_are(served, token, pushed):
    etag = (await served.ask(request(token)))[1]["etag"]
    for _ in range(2):
        status, fields, body = await served.ask(request(token, method="HEAD"))
        assert (status, body) == ("200", b"")
        assert int(fields["content-length"]) > 100
        status, fields, _ = await served.ask(request(token, **{"If-None-Match": etag}))
        assert status == "304"
        assert "content-length" not in fields
    assert served.repeats == 2


async def test_a_tag_that_has_moved_is_seen_at_once(served, token, pushed):
    before = [await served.ask(request(token)) for _ in range(2)]
    await pushed("v1", "two")
    after = await served.ask(request(token))
    assert before[0][2] == before[1][2] != after[2]
    assert served.repeats == 1


async def test_a_token_that_is_good_no_longer_is_refused_though_its_answer_was_kept(
    served, token, pushed
):
    await served.ask(request(token))
    assert (await served.ask(request(token)))[0] == "200"
    served.world.clock.move(timedelta(days=2))
    assert (await served.ask(request(token)))[0] == "401"
    assert served.repeats == 1


async def test_an_account_that_is_disabled_is_refused_though_its_answer_was_kept(
    served, world, token, pushed
):
    await served.ask(request(token))
    accounts = world.product.accounts
    record = await accounts._accounts.find("admin")
    await accounts._accounts.put(replace(record, is_disabled=True))
    assert (await served.ask(request(token)))[0] == "401"
    assert served.repeats == 0


async def test_passwords_errors_and_bodies_are_never_kept(served, token, pushed):
    basic = base64.b64encode(b"admin:secret-password").decode()
    for text in (
        request(token, Authorization=f"Basic {basic}"),
        request(token, "/v2/team/app/manifests/none"),
        request(token, "/v2/"),
        request(token, "/api/v1/namespaces"),
        request(token, **{"Content-Length": "2"}) + "{}",
    ):
        for _ in range(3):
            await served.ask(text)
    assert served.repeats == 0


async def test_another_head_is_another_question(served, token, pushed):
    other = (
        await served.world.client(user="bob", password="other-password")(
            "GET", f"/token?service=inkan&{TOKEN_SCOPES}", expect=200
        )
    ).json["token"]
    assert (await served.ask(request(token)))[0] == "200"
    assert (await served.ask(request(other)))[0] in ("401", "403")
    assert (await served.ask(request("nonsense")))[0] == "401"
    assert served.repeats == 0


async def test_requests_in_one_piece_are_answered_in_order(served, token, pushed):
    await served.ask(request(token))
    tags = request(token, "/v2/team/app/tags/list")
    kinds = []
    served.writer.write((request(token) + tags + request(token)).encode())
    for _ in range(3):
        head = (await served.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        kinds.append(b"schemaVersion" in await served.reader.readexactly(length))
    assert kinds == [True, False, True]


async def test_a_head_that_comes_in_two_pieces_is_answered_the_long_way(served, token, pushed):
    text = request(token)
    await served.ask(text)
    served.writer.write(text[:30].encode())
    await asyncio.sleep(0.1)
    assert (await served.ask(text[30:]))[0] == "200"
    assert (await served.ask(text))[0] == "200"
    assert served.repeats == 1


async def test_a_connection_that_asks_to_be_closed_is(served, token, pushed):
    closing = request(token, Connection="close")
    port = served.writer.get_extra_info("peername")[1]
    for _ in range(2):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(closing.encode())
        answer = await asyncio.wait_for(reader.read(), 5)
        assert answer.startswith(b"HTTP/1.1 200")
        assert b"connection: close\r\n" in answer
        assert answer.endswith(b"}}")
        writer.close()
    assert served.repeats == 1


async def test_a_kept_connection_stays_open_while_it_is_used(world, token, pushed, monkeypatch):
    monkeypatch.setattr(listeners, "KEEP_ALIVE_SECONDS", 1)
    async with serving(world) as served:
        for _ in range(6):
            assert (await served.ask(request(token)))[0] == "200"
            await asyncio.sleep(0.3)
        assert served.repeats == 5
        # and is closed when it is not
        assert await asyncio.wait_for(served.reader.read(), 4) == b""


async def test_the_memory_is_bounded_in_bytes(world, monkeypatch):
    from inkan import limits
    from inkan.web.answer_memory import Asked, Mark
    from inkan.web.messages import Response

    monkeypatch.setattr(limits, "ANSWERS_KEPT_BYTES", 10_000)
    monkeypatch.setattr(limits, "ANSWER_KEPT_BYTES", 5_000)
    memory = AnswerMemory(lambda: 1, world.clock)
    until = world.clock.now() + timedelta(hours=1)
    asked = Asked("get", "GET", "/", "")
    for number in range(20):
        mark = Mark(bytes([number]) * 32, closes=False)
        memory.keep(mark, asked, Response(200, body=b"x" * 1000), 1, until)
    kept = [number for number in range(20) if memory.find(bytes([number]) * 32)]
    assert kept == list(range(20 - len(kept), 20))
    assert 5 < len(kept) < 10
    memory.keep(Mark(b"l" * 32, closes=False), asked, Response(200, body=b"x" * 6000), 1, until)
    assert memory.find(b"l" * 32) is None


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [((), "127.0.0.1"), (("10.0.0.0/8",), "127.0.0.1"), (("127.0.0.0/8",), "203.0.113.9")],
)
async def test_a_repeat_through_a_balancer_is_logged_as_who_the_balancer_says(
    world, token, pushed, caplog, proxies, seen
):
    fields = {"X-Forwarded-For": "1.2.3.4, 203.0.113.9"}
    with caplog.at_level("INFO", logger="inkan.web.access_log"):
        async with serving(world, proxies) as served:
            for _ in range(3):
                assert (await served.ask(request(token, **fields)))[0] == "200"
            assert served.repeats == 2
    lines = [one.client for one in caplog.records if one.message == "request" and one.path.endswith("/manifests/v1")]  # fmt: skip
    assert lines[-3:] == [seen] * 3


async def test_the_same_words_through_another_balancer_are_asked_anew(world, token, pushed, caplog):
    """Two balancers, of which one is trusted: who is taken at one's word is not at the other's."""
    fields = {"X-Forwarded-For": "203.0.113.9"}
    with caplog.at_level("INFO", logger="inkan.web.access_log"):
        async with serving(world, ("127.0.0.2/32",)) as served:
            through = {}
            for peer in ("127.0.0.2", "127.0.0.1"):
                through[peer] = await asyncio.open_connection(
                    *served.writer.get_extra_info("peername"), local_addr=(peer, 0)
                )
            for peer in ("127.0.0.2", "127.0.0.1", "127.0.0.2", "127.0.0.2"):
                served.reader, writer = through[peer]
                writer.write(request(token, **fields).encode())
                await asyncio.wait_for(served.reader.readuntil(b"\r\n\r\n"), 5)
            assert served.repeats == 1
            for _, writer in through.values():
                writer.close()
    seen = [one.client for one in caplog.records if one.message == "request" and one.path.endswith("/manifests/v1")]  # fmt: skip
    assert seen[-4:] == ["203.0.113.9", "127.0.0.1", "203.0.113.9", "203.0.113.9"]
