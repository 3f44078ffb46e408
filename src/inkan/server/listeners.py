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
import resource
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import uvicorn

from inkan import limits
from inkan.errors import AddressInUseError
from inkan.server.http_protocol import LimitedHttpProtocol
from inkan.server.setting_words import Address
from inkan.server.stalls import StallWatch
from inkan.web.answer_memory import AnswerMemory
from inkan.web.messages import Receive, Scope, Send

logger = logging.getLogger(__name__)
# clients keep connections for the length of a pull; Go's default idle timeout is 90 s
KEEP_ALIVE_SECONDS = 75
_INHERITED = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 20),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    # else a thousand who pull at once fill the system's memory for TCP, and it drops packets of everybody
    (socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, limits.UNSENT_BYTES),
)
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
    # inherited by every connection: who has gone without a word is found out, and nobody's answers pile up in the system
    for level, name, value in _INHERITED:
        bound.setsockopt(level, name, value)
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


@dataclass(frozen=True, slots=True)
class Bounds:
    """What bounds connections.

    Attributes:
        most: how many a listener holds at once.
        stall: within this one that stands still in the middle of something has been ended.
    """

    most: int = 10_000
    stall: timedelta = timedelta(seconds=10)


def open_files(wanted: int) -> int:
    """Let this process open as many files as it may, and return for how many of `wanted` connections that is enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + limits.FILES_BESIDE_CONNECTIONS
    if soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(wanted, soft - limits.FILES_BESIDE_CONNECTIONS))


class _Server(uvicorn.Server):
    """A web server that leaves signals to `serve`, which stops all listeners together, and bounds handshakes."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept on the sockets; as uvicorn does, but with a time for the handshake."""
        config, loop = self.config, asyncio.get_running_loop()
        patience = limits.TLS_HANDSHAKE_SECONDS if config.ssl else None

        def connection() -> asyncio.Protocol:
            return config.http_protocol_class(  # type: ignore[call-arg] # as uvicorn makes it
                config=config, server_state=self.server_state, app_state={}
            )

        self.servers = [
            await loop.create_server(
                connection,
                sock=one,
                ssl=config.ssl,
                backlog=config.backlog,
                ssl_handshake_timeout=patience,
            )
            for one in sockets or ()
        ]
        self.started = True

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
    bounds: Bounds = Bounds(),
) -> None:
    """Answer on all listeners until SIGTERM or SIGINT, then finish what is in flight.

    Args:
        listeners: what to serve where.
        tls: the context of every listener; without it plain HTTP.
        grace: how long requests in flight may take after the signal.
        proxies: load balancers that are believed when they say for whom they ask: who has failed to log in is counted by address.
        ready: called once, when every listener accepts.
        bounds: of connections.
    """
    servers = [_server(listener, tls, grace, proxies, bounds) for listener in listeners]
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
    watches = [
        asyncio.create_task(StallWatch(bounds.stall).watch(server.server_state.connections))  # type: ignore[arg-type] # all are of our class
        for server in servers
    ]
    try:
        await asyncio.gather(*tasks)
    finally:
        stop()
        for task in (announcement, *watches):
            task.cancel()


async def _announce(servers: Sequence[uvicorn.Server], ready: Callable[[], None]) -> None:
    while not all(server.started for server in servers):  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    ready()


def _server(
    listener: Listener,
    tls: ssl.SSLContext | None,
    grace: timedelta,
    proxies: Sequence[str] = (),
    bounds: Bounds = Bounds(),
) -> _Server:
    options: dict[str, Any] = {}
    if tls is not None:
        options["ssl_context_factory"] = lambda _config, _default: tls
    config = uvicorn.Config(
        listener.application,
        http=functools.partial(LimitedHttpProtocol, memory=listener.memory, most=bounds.most),  # type: ignore[arg-type] # it is only called
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
