"""A request that is refused before it has come is heard of the refusal, and its body is not read for ever."""

import asyncio
import contextlib
from datetime import timedelta

import pytest

from inkan import limits
from inkan.server import listeners
from inkan.server.settings import Address

REFUSAL = b"refused"
BOUND = 200_000


async def refuse(scope, receive, send):
    """Answer without a look at the body; where it is asked for in the path, after one piece of it."""
    if scope["path"] == "/look":
        await receive()
    head = {"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"7")]}
    if scope["path"] == "/close":
        head["headers"].append((b"connection", b"close"))
    await send(head)
    await send({"type": "http.response.body", "body": REFUSAL})


@pytest.fixture
async def port(monkeypatch):
    monkeypatch.setattr(limits, "REFUSED_BODY_BYTES", BOUND)
    monkeypatch.setattr(limits, "REFUSED_BODY_SECONDS", 0.5)
    bound = listeners.bind(Address("127.0.0.1", 0), "listen")
    server = listeners._server(listeners.Listener(bound, refuse), None, timedelta(seconds=1))
    task = asyncio.create_task(server.serve([bound]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield bound.getsockname()[1]
    server.should_exit = True
    await task


@contextlib.asynccontextmanager
async def connected(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield reader, writer
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


def put(length, path="/", **fields):
    lines = {"Host": "x", "Content-Length": str(length), **fields}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"PUT {path} HTTP/1.1\r\n{head}\r\n".encode()


async def answer(reader) -> bytes:
    return await asyncio.wait_for(reader.readuntil(REFUSAL), 3)


async def ends(reader) -> bool:
    with contextlib.suppress(ConnectionError):
        return await asyncio.wait_for(reader.read(), 3) == b""
    return True


@pytest.mark.parametrize("path", ["/", "/look"])
async def test_who_sends_it_all_before_looking_hears_the_refusal_and_asks_on(port, path):
    async with connected(port) as (reader, writer):
        for _ in range(2):
            writer.write(put(100_000, path))
            for _ in range(10):
                writer.write(b"a" * 10_000)
                await writer.drain()
                await asyncio.sleep(0.01)
            assert (await answer(reader)).startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize(
    ("path", "fields"), [("/close", {}), ("/", {"Connection": "close"})], ids=["ours", "theirs"]
)
async def test_a_connection_that_ends_with_the_answer_ends_behind_the_request(port, path, fields):
    """Closed at once it would be reset by what is still on its way, and the answer lost with it."""
    async with connected(port) as (reader, writer):
        writer.write(put(100_000, path, **fields))
        for _ in range(10):
            writer.write(b"a" * 10_000)
            await writer.drain()
            await asyncio.sleep(0.01)
        heard = await asyncio.wait_for(reader.read(), 3)
        assert heard.startswith(b"HTTP/1.1 403")
        assert b"connection: close" in heard.lower()
        assert heard.endswith(REFUSAL)


async def test_what_is_more_than_the_bound_is_cut(port):
    async with connected(port) as (reader, writer):
        writer.write(put(10**12))
        assert (await answer(reader)).startswith(b"HTTP/1.1 403")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while not writer.transport.is_closing() and sent < 100 * BOUND:
                writer.write(b"a" * 50_000)
                sent += 50_000
                await writer.drain()
                await asyncio.sleep(0.001)
        assert sent < 100 * BOUND
        assert await ends(reader)


async def test_a_chunked_body_has_the_same_bound(port):
    async with connected(port) as (_, writer):
        writer.write(b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while not writer.transport.is_closing() and sent < 100 * BOUND:
                writer.write(b"c350\r\n" + b"a" * 50_000 + b"\r\n")
                sent += 50_000
                await writer.drain()
                await asyncio.sleep(0.001)
        assert sent < 100 * BOUND


async def test_who_takes_too_long_over_it_is_cut(port):
    async with connected(port) as (reader, writer):
        writer.write(put(1000))
        assert (await answer(reader)).startswith(b"HTTP/1.1 403")
        began = asyncio.get_running_loop().time()
        assert await ends(reader)
        assert 0.3 < asyncio.get_running_loop().time() - began < 2


async def test_who_waits_to_be_asked_for_its_body_need_not_send_it(port):
    async with connected(port) as (reader, writer):
        writer.write(put(1000, Expect="100-continue"))
        heard = await asyncio.wait_for(reader.read(), 0.4)
        assert heard.startswith(b"HTTP/1.1 403")
        assert b"100 Continue" not in heard


async def test_a_request_behind_another_is_none_of_its_body(port):
    async with connected(port) as (reader, writer):
        writer.write(put(3) + b"abc" + put(3) + b"ab")
        for _ in range(2):
            assert (await answer(reader)).startswith(b"HTTP/1.1 403")
        writer.write(b"c" + put(0))
        assert (await answer(reader)).startswith(b"HTTP/1.1 403")
