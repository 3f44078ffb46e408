"""A narrow way between a server and a store, that a test closes, slows, silences, or cuts at a byte."""

import asyncio
import contextlib
import socket
import struct
import threading

TO_STORE, FROM_STORE = "to the store", "from the store"
_PIECE_BYTES = 16_384


class Strait:
    """Passes TCP connections on to a port of this machine.

    What was silenced stays so for the connections of that time, as behind a router that has forgotten them; new ones go through once it is open again.
    """

    def __init__(self, target: int):
        self.target = target
        self.open_connections = 0
        self.most_connections = 0
        self.passed = {TO_STORE: 0, FROM_STORE: 0}
        self._delay, self._is_silent, self._is_closed = 0.0, False, False
        self._cut_at: dict[str, int] = {}
        self._age = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._pass, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]

    def open(self):
        """Let everything through that comes from now on."""
        self._delay, self._is_silent, self._is_closed, self._cut_at = 0.0, False, False, {}

    def close(self):
        """Reset every connection, and every new one."""
        self._is_closed = True
        self._do(self._reset_all())

    def silence(self):
        """Swallow everything, on old connections and new ones, and answer nothing."""
        self._is_silent = True
        self._age += 1

    def slow(self, seconds: float):
        """Hold each piece back for a while."""
        self._delay = seconds

    def cut_after(self, count: int, direction: str):
        """Reset every connection once so many more bytes have gone one way; then be open."""
        self._cut_at = {direction: self.passed[direction] + count}

    def end(self):
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _stop(self):
        self._server.close()
        await self._reset_all()
        await asyncio.sleep(0.05)
        tasks = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # what was aborted is closed at the loop's next turn
        await asyncio.sleep(0.05)

    async def _reset_all(self):
        for writer in list(self._writers):
            _reset(writer)

    async def _pass(self, reader, writer):
        if self._is_closed:
            _reset(writer)
            return
        self.open_connections += 1
        self.most_connections = max(self.most_connections, self.open_connections)
        try:
            if self._is_silent:
                # one that begins in silence is never heard of at the other end
                with contextlib.suppress(OSError):
                    while await reader.read(_PIECE_BYTES):
                        pass
                return
            await self._join(reader, writer, self._age)
        finally:
            self.open_connections -= 1
            writer.transport.abort()

    async def _join(self, reader, writer, age):
        with contextlib.suppress(OSError):
            other_reader, other = await asyncio.open_connection("127.0.0.1", self.target)
            pair = {writer, other}
            self._writers |= pair
            try:
                ways = [
                    asyncio.ensure_future(self._pump(reader, other, TO_STORE, age)),
                    asyncio.ensure_future(self._pump(other_reader, writer, FROM_STORE, age)),
                ]
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
            finally:
                self._writers -= pair
                for one in pair:
                    one.transport.abort()

    async def _pump(self, reader, writer, direction, age):
        with contextlib.suppress(OSError):
            while piece := await reader.read(_PIECE_BYTES):
                if self._delay:
                    await asyncio.sleep(self._delay)
                if age != self._age:
                    continue
                until = self._cut_at.get(direction)
                if until is not None and self.passed[direction] + len(piece) >= until:
                    writer.write(piece[: until - self.passed[direction]])
                    await asyncio.sleep(0.01)
                    self._cut_at = {}
                    await self._reset_all()
                    return
                self.passed[direction] += len(piece)
                writer.write(piece)
                await writer.drain()
        if direction == FROM_STORE and age != self._age:
            # nor is a farewell heard
            await asyncio.Event().wait()


def _reset(writer):
    """End a connection by a reset, not by a farewell."""
    with contextlib.suppress(OSError):
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
