"""Who asks through a load balancer is who the balancer says, and nobody else's word counts."""

import asyncio
from datetime import timedelta

import pytest

from inkan.errors import SettingInvalidError
from inkan.server import listeners
from inkan.server.setting_words import Address
from inkan.server.settings import load


async def echo(scope, receive, send):
    body = scope["client"][0].encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})  # fmt: skip
    await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [((), b"127.0.0.1"), (("10.0.0.0/8",), b"127.0.0.1"), (("127.0.0.0/8",), b"203.0.113.9")],
)
async def test_an_address_is_taken_from_trusted_balancers_only(proxies, seen):
    bound = listeners.bind(Address("127.0.0.1", 0), "listen")
    server = listeners._server(listeners.Listener(bound, echo), None, timedelta(seconds=1), proxies)
    task = asyncio.create_task(server.serve([bound]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    reader, writer = await asyncio.open_connection(*bound.getsockname())
    # the first is what the client made up, the last what the balancer saw
    writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4, 203.0.113.9\r\nConnection: close\r\n\r\n")  # fmt: skip
    assert (await reader.read()).endswith(b"\r\n\r\n" + seen)
    writer.close()
    server.should_exit = True
    await task
    bound.close()


def test_OPS_010_what_is_no_network_is_refused_by_name():
    with pytest.raises(SettingInvalidError, match="proxies"):
        load({"proxies": "balancer.example.com"}, {})
    assert load({"proxies": "10.0.0.0/8,::1"}, {}).proxies == ("10.0.0.0/8", "::1/128")
