"""Files from the page cache into the socket, without a copy through this process.

The loop's own `sendfile` is missing in uvloop. So the connection's socket is written to directly, through a descriptor of our own, once the transport has nothing left to write; where
the socket takes no more, the loop says when it does again. TLS has its bytes to encrypt and goes the other way.

Source: sendfile(2); docs/adr/0016-files-go-by-sendfile.md.
"""

import asyncio
import os
import socket
from typing import Protocol

from uvicorn.protocols.http.flow_control import FlowControl

# per call: the loop answers others in between
_AT_ONCE_BYTES = 1024 * 1024


class Progress(Protocol):
    """What is told how far a file has gone."""

    file_sent_bytes: int
    when_writable: "asyncio.Future[None] | None"


async def send_file(
    transport: asyncio.Transport,
    flow: FlowControl,
    progress: Progress,
    descriptor: int,
    span: tuple[int, int],
) -> int:
    """Send a span of a file and return how many bytes went: fewer where the file is shorter or the client gone.

    Args:
        transport: the connection, over plain TCP.
        flow: knows when the transport has written all that it was given.
        progress: of the connection.
        descriptor: of the open file.
        span: the first byte, and the one behind the last.
    """
    await _drained(transport, flow)
    if transport.is_closing():
        return 0
    known: socket.socket = transport.get_extra_info("socket")
    # ours alone: the transport's number may stand for another connection as soon as it is closed
    ours = os.dup(known.fileno())
    start, stop = span
    try:
        while start < stop and not transport.is_closing():
            try:
                sent = os.sendfile(ours, descriptor, start, min(stop - start, _AT_ONCE_BYTES))
            except BlockingIOError:
                await _writable(ours, progress)
                continue
            except OSError:
                transport.abort()
                break
            if not sent:
                break
            start += sent
            progress.file_sent_bytes += sent
            await asyncio.sleep(0)
    finally:
        os.close(ours)
    return start - span[0]


async def _drained(transport: asyncio.Transport, flow: FlowControl) -> None:
    if not transport.get_write_buffer_size():
        return
    low, high = transport.get_write_buffer_limits()
    transport.set_write_buffer_limits(high=0)
    try:
        while transport.get_write_buffer_size() and not transport.is_closing():
            if not flow.write_paused:
                await asyncio.sleep(0)
            await flow.drain()
    finally:
        transport.set_write_buffer_limits(high=high, low=low)


async def _writable(ours: int, progress: Progress) -> None:
    loop = asyncio.get_running_loop()
    waiting: asyncio.Future[None] = loop.create_future()
    # whoever closes the connection ends the wait as well
    progress.when_writable = waiting
    loop.add_writer(ours, _settle, waiting)
    try:
        await waiting
    finally:
        progress.when_writable = None
        loop.remove_writer(ours)


def _settle(waiting: "asyncio.Future[None]") -> None:
    if not waiting.done():
        waiting.set_result(None)
