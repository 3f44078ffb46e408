"""Sockets and the web server behind them.

Sockets are bound before anything is made on disk, so that a taken port leaves nothing half made; they accept only once the
applications stand. All listeners share one event loop and one shutdown.

Source: docs/adr/0001-asgi-on-uvicorn.md.
"""

import asyncio
import contextlib
import errno
import functools
import logging
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import uvicorn

from inkan.errors import AddressInUseError
from inkan.server.http_protocol import LimitedHttpProtocol
from inkan.server.settings import Address
from inkan.web.answer_memory import AnswerMemory
from inkan.web.messages import Receive, Scope, Send

logger = logging.getLogger(__name__)
# clients keep connections for the length of a pull; Go's default idle timeout is 90 s
KEEP_ALIVE_SECONDS = 75
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Listener:
    """A bound socket and the application that answers on it."""

    socket: socket.socket
    application: Asgi
    memory: AnswerMemory | None = None


def bind(address: Address, setting: str) -> socket.socket:
    """Return a bound socket, not yet listening.

    Raises:
        AddressInUseError: naming the setting, if the address is taken, not ours, or needs rights we lack.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((address.host, address.port))
        _require_unused(bound)
    except OSError as error:
        bound.close()
        reasons = {
            errno.EADDRINUSE: "another program listens there",
            errno.EADDRNOTAVAIL: "this machine has no such address",
            errno.EACCES: "ports below 1024 need more rights",
        }
        reason = reasons.get(error.errno or 0, error.strerror or str(error))
        raise AddressInUseError(f"{setting}: cannot listen on {address}: {reason}") from error
    bound.setblocking(False)
    return bound


def _require_unused(bound: socket.socket) -> None:
    # with SO_REUSEADDR a second bind succeeds until somebody listens: listening is what proves the port ours
    bound.listen(2048)


class _Server(uvicorn.Server):
    """A web server that leaves signals to `serve`, which stops all listeners together."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(
    listeners: Sequence[Listener],
    tls: ssl.SSLContext | None,
    grace: timedelta,
    *,
    proxies: Sequence[str],
    ready: Callable[[], None],
) -> None:
    """Answer on all listeners until SIGTERM or SIGINT, then finish what is in flight.

    Args:
        listeners: what to serve where.
        tls: the context of every listener; without it plain HTTP.
        grace: how long requests in flight may take after the signal.
        proxies: load balancers that are believed when they say for whom they ask: who has failed to log in is counted by address.
        ready: called once, when every listener accepts.
    """
    servers = [_server(listener, tls, grace, proxies) for listener in listeners]
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    tasks = [
        asyncio.create_task(server.serve([listener.socket]))
        for server, listener in zip(servers, listeners, strict=True)
    ]
    announcement = asyncio.create_task(_announce(servers, ready))
    try:
        await asyncio.gather(*tasks)
    finally:
        stop()
        announcement.cancel()


async def _announce(servers: Sequence[uvicorn.Server], ready: Callable[[], None]) -> None:
    while not all(server.started for server in servers):  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    ready()


def _server(
    listener: Listener, tls: ssl.SSLContext | None, grace: timedelta, proxies: Sequence[str] = ()
) -> _Server:
    options: dict[str, Any] = {}
    if tls is not None:
        options["ssl_context_factory"] = lambda _config, _default: tls
    config = uvicorn.Config(
        listener.application,
        http=functools.partial(LimitedHttpProtocol, memory=listener.memory),  # type: ignore[arg-type] # it is only called
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, int(grace.total_seconds())),
        **options,
    )
    return _Server(config)
