"""A request's head has an end, in bytes and in seconds; everything after it is the application's."""

import asyncio
import contextlib
from datetime import timedelta

import pytest

from inkan import limits
from inkan.server import listeners
from inkan.server.setting_words import Address


async def echo(scope, receive, send):
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(body))],
        }
    )
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def port(monkeypatch):
    monkeypatch.setattr(limits, "REQUEST_HEAD_SECONDS", 0.4)
    monkeypatch.setattr(limits, "REQUEST_HEAD_BYTES", 4096)
    bound = listeners.bind(Address("127.0.0.1", 0), "listen")
    number = bound.getsockname()[1]
    server = listeners._server(listeners.Listener(bound, echo), None, timedelta(seconds=1))
    task = asyncio.create_task(server.serve([bound]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield number
    server.should_exit = True
    await task


@contextlib.asynccontextmanager
async def connected(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield reader, writer
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


async def ending(reader) -> bytes:
    """Return what came before the end; a reset, while we still sent, is an end too."""
    try:
        return await asyncio.wait_for(reader.read(), 3)
    except ConnectionError:
        return b""


async def send_until_closed(writer, pieces, pause) -> bool:
    """Return whether the other side ended the connection before all pieces went."""
    for piece in pieces:
        try:
            writer.write(piece)
            await writer.drain()
        except ConnectionError:
            return True
        await asyncio.sleep(pause)
        if writer.transport.is_closing():
            return True
    return False


async def test_a_head_that_never_ends_is_cut_by_size(port):
    async with connected(port) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nX: ")
        assert await send_until_closed(writer, [b"a" * 1000] * 40, 0.01)
        assert (await ending(reader))[:12] in (b"HTTP/1.1 431", b"")


async def test_a_head_that_dribbles_is_cut_by_time(port):
    head = b"GET / HTTP/1.1\r\nHost: x\r\nA: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
    async with connected(port) as (reader, writer):
        assert await send_until_closed(writer, [bytes([byte]) for byte in head], 0.05)
        assert (await ending(reader))[:12] in (b"HTTP/1.1 408", b"")


async def test_a_connection_that_says_nothing_is_ended(port):
    async with connected(port) as (reader, _):
        assert (await asyncio.wait_for(reader.read(), 3)).startswith(b"HTTP/1.1 408")


async def test_bodies_may_be_large_and_slow_and_connections_kept(port):
    async with connected(port) as (reader, writer):
        for _ in range(3):
            writer.write(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n" + b"y" * 8000)
            await asyncio.sleep(0.6)
            writer.write(b"y" * 1000)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(9000) == b"y" * 9000
            # idle between two requests for longer than a head may take
            await asyncio.sleep(0.6)


@pytest.mark.parametrize(
    "line",
    [
        b"OPTIONS * HTTP/1.1",
        b"CONNECT a:1 HTTP/1.1",
        b"\x16\x03\x01\x00",
        b"GET",
        b"GET / HTTP/9.9",
        b"GET http://x:bad/ HTTP/1.1",
    ],
)
async def test_what_is_no_request_gets_an_answer_or_an_end(port, line):
    async with connected(port) as (reader, writer):
        writer.write(line + b"\r\nHost: x\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(200), 3)
        assert not answer or answer.startswith(b"HTTP/1.1 ")
    async with connected(port) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")


SECOND = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        b"Content-Length: 4\r\nContent-Length: 40\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Content-Length: +4\r\n",
        b"Content-Length : 4\r\n",
        b"Content-\nLength: 4\r\n",
        b"X: a\r\n Content-Length: 4\r\n",
    ],
)
async def test_REG_API_034_a_request_of_two_lengths_ends_the_connection(port, fields):
    """A proxy in front and we could see different ends of it: what is behind one end must never be taken for a request of its own."""
    async with connected(port) as (reader, writer):
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n0\r\n\r\n" + SECOND)
        said = await ending(reader)
        assert said.count(b"HTTP/1.1 200") == 0, said
