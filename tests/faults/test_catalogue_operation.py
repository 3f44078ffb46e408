"""Rows of the catalogue about connections, storage and operation, against a real server, each under its number."""

import hashlib
import json
import os
import socket
import stat
import threading

import pytest

from faults.wire import Server, Wire

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
MIB = 1024 * 1024


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "data").start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
    yield server
    if server.process.poll() is None:
        assert server.stop() == 0


def of(content):
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def test_STO_004_bytes_that_a_failed_machine_has_changed_are_not_taken_for_what_was_sent(server):
    content = os.urandom(MIB)
    with Wire(server.port) as wire:
        session = wire.call("POST", "/v2/team/app/blobs/uploads/", expect=202).headers["location"]
        wire.call("PATCH", session, content, expect=202)
    server.kill()
    # what a file system may show for pages that were never written
    (file,) = (server.data / "uploads").iterdir()
    file.write_bytes(content[: MIB // 2] + bytes(MIB // 2))
    server.start()
    with Wire(server.port) as wire:
        refused = wire.call("PUT", f"{session}?digest={of(content)}", expect=400)
        assert refused.code == "DIGEST_INVALID"
        wire.call("HEAD", f"/v2/team/app/blobs/{of(content)}", expect=404)


def test_NET_008_nobody_gets_to_speak_HTTP_2(server):
    for words in (
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
        b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            connection.sendall(words)
            answer = connection.recv(4096)
            assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 200"), answer
            assert b"101" not in answer[:12]


def test_STO_039_sixty_four_who_write_at_once_hear_of_no_lock(server):
    failures = []

    def write(number):
        try:
            with Wire(server.port) as wire:
                for turn in range(3):
                    wire.push_image(f"team/app{number % 8}", f"t{turn}", b"%d %d" % (number, turn))
        except Exception as error:  # noqa: BLE001 - shown below, from a thread
            failures.append(repr(error))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(64)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []


def test_NET_014_a_token_outlives_the_service_that_gave_it(server):
    with Wire(server.port) as wire:
        wire.push_image("team/app", "v1", b"content")
        answer = wire.call("GET", "/token?service=inkan&scope=repository:team/app:pull", expect=200)
        token = json.loads(answer.body)["token"]
    server.stop()
    server.start()
    with Wire(server.port) as wire:
        wire.headers["Authorization"] = f"Bearer {token}"
        wire.call("GET", "/v2/team/app/manifests/v1", expect=200)


def test_OPS_015_an_odd_locale_zone_and_umask_change_nothing(tmp_path):
    odd = {"LANG": "C", "LC_ALL": "C", "TZ": "Pacific/Chatham"}
    server = Server(tmp_path / "data", environment=odd)
    before = os.umask(0)
    try:
        server.start()
    finally:
        os.umask(before)
    try:
        with Wire(server.port) as wire:
            wire.make_namespace("team")
            _, digest = wire.push_image("team/app", "v1", "naïve ☃".encode())
            answer = wire.call("GET", "/v2/team/app/manifests/v1", expect=200)
            assert of(answer.body) == digest
    finally:
        assert server.stop() == 0
    for path in [server.data, *server.data.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
