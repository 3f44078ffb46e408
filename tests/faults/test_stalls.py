"""Slow, half-open and too many connections: ended in time, while everybody else is served as before."""

import contextlib
import os
import socket
import time
from pathlib import Path

import pytest

from faults.wire import Server, Wire

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
MIB = 1024 * 1024


@pytest.fixture
def serve(tmp_path):
    started = []

    def start(**environment):
        server = Server(tmp_path / "data", environment=environment).start()
        started.append(server)
        with Wire(server.port) as wire:
            wire.make_namespace("team")
        return server

    yield start
    for server in started:
        assert server.stop() == 0


def head_of(method, path, wire, *fields):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *fields]
    return "\r\n".join([*lines, f"Authorization: {wire.headers['Authorization']}", "", ""]).encode()


@pytest.fixture
def connect():
    with contextlib.ExitStack() as opened:

        def make(server):
            made = socket.create_connection(("127.0.0.1", server.port), timeout=20)
            return opened.enter_context(made)

        yield make


def ended_after(connection, drip=b"", every=0.5, patience=15.0) -> float:
    """Return after how many seconds the other side ended a connection."""
    began = time.monotonic()
    connection.settimeout(every)
    while time.monotonic() - began < patience:
        with contextlib.suppress(TimeoutError):
            try:
                if not connection.recv(1000):
                    return time.monotonic() - began
            except ConnectionError:
                return time.monotonic() - began
        if drip:
            with contextlib.suppress(ConnectionError):
                connection.send(drip)
    raise AssertionError("the connection stays open")


def open_files(server):
    try:
        return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
    except PermissionError:
        # a server shows its insides to root alone; its connections everybody sees
        rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return sum(
            row[1].endswith(f":{server.port:04X}") and row[3] in ("01", "08") for row in rows
        )


def test_NET_002_STO_032_who_sends_too_slowly_is_ended_and_the_upload_can_be_gone_on_with(
    serve, connect
):
    server = serve(INKAN_STALL_TIMEOUT="3s")
    with Wire(server.port) as wire:
        wire.call("GET", "/v2/", expect=200)
        before = open_files(server)
        session = wire.call("POST", "/v2/team/app/blobs/uploads/", expect=202).headers["location"]
        for drip in (b"", b"x"):
            with connect(server) as slow:
                slow.sendall(head_of("PATCH", session, wire, "Content-Length: 100000"))
                assert ended_after(slow, drip) <= 3.5
        held = wire.call("GET", session, expect=204).headers["range"]
        assert held == "0-0" or int(held.split("-")[1]) < 10
        wire.call("DELETE", session, expect=204)
        assert open_files(server) <= before


def test_a_push_that_is_slow_and_moves_is_taken(serve, connect):
    server = serve(INKAN_STALL_TIMEOUT="2s")
    with Wire(server.port) as wire:
        session = wire.call("POST", "/v2/team/app/blobs/uploads/", expect=202).headers["location"]
        with connect(server) as slow:
            slow.sendall(head_of("PATCH", session, wire, f"Content-Length: {12 * 700}"))
            for _ in range(12):
                slow.sendall(b"y" * 700)
                time.sleep(0.5)
            slow.settimeout(5)
            assert slow.recv(100).startswith(b"HTTP/1.1 202")


def test_NET_003_who_reads_nothing_is_ended_and_holds_little(serve, connect):
    server = serve(INKAN_STALL_TIMEOUT="3s")
    with Wire(server.port) as wire:
        content = os.urandom(64 * MIB)
        digest = wire.push_blob("team/app", content)
        before, files = server.resident_kib(), open_files(server)
        request = head_of("GET", f"/v2/team/app/blobs/{digest}", wire)
        stuck = [connect(server) for _ in range(200)]
        for one in stuck:
            one.sendall(request)
        took = []
        until = time.monotonic() + 5
        while time.monotonic() < until:
            began = time.monotonic()
            wire.call("GET", "/v2/team/app/tags/list", expect=200)
            took.append(time.monotonic() - began)
        assert sorted(took)[int(len(took) * 0.99)] < 0.5
        assert server.resident_kib() - before < 200 * 1024
        assert open_files(server) <= files
        for one in stuck:
            one.close()
        assert wire.call("GET", f"/v2/team/app/blobs/{digest}", expect=200).body == content


def test_a_reader_that_is_slow_and_moves_gets_all_of_it(serve, connect):
    server = serve(INKAN_STALL_TIMEOUT="2s")
    with Wire(server.port) as wire:
        content = os.urandom(8 * MIB)
        digest = wire.push_blob("team/app", content)
        with connect(server) as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
            slow.sendall(head_of("GET", f"/v2/team/app/blobs/{digest}", wire, "Connection: close"))
            got = bytearray()
            while piece := slow.recv(256 * 1024):
                got += piece
                time.sleep(0.04)
        assert bytes(got).endswith(content)


def test_NET_005_more_connections_than_there_is_room_for(serve, connect):
    server = serve(INKAN_MAX_CONNECTIONS="50")
    with Wire(server.port) as good:
        crowd = []
        for number in range(300):
            crowd.append(connect(server))
            if number % 20 == 0:
                good.call("GET", "/v2/", expect=200)
        assert open_files(server) < 150
        with Wire(server.port) as late:
            late.call("GET", "/v2/", expect=200)
        for one in crowd:
            one.close()


def test_who_finds_no_room_is_told_to_come_again(serve, connect):
    server = serve(INKAN_MAX_CONNECTIONS="5", INKAN_STALL_TIMEOUT="30s")
    with Wire(server.port) as wire:
        session = wire.call("POST", "/v2/team/app/blobs/uploads/", expect=202).headers["location"]
        wire.close()
        busy = [connect(server) for _ in range(5)]
        for one in busy:
            one.sendall(head_of("PATCH", session, wire, "Content-Length: 5000") + b"x")
        time.sleep(0.3)
        with connect(server) as late:
            late.settimeout(5)
            answer = late.recv(1000)
            assert answer.startswith(b"HTTP/1.1 503")
            assert b"Retry-After" in answer
        for one in busy:
            one.close()


def test_NET_006_half_a_handshake_is_ended(tmp_path, connect):
    server = Server(tmp_path / "data", "--tls", "auto").start(is_encrypted=True)
    try:
        half = [connect(server) for _ in range(50)]
        for number, one in enumerate(half):
            if number % 2:
                one.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        began = time.monotonic()
        for one in half:
            ended_after(one)
            one.close()
        assert time.monotonic() - began <= 10
    finally:
        assert server.stop() == 0
