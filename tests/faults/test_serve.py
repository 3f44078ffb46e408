"""`inkan serve`: every way not to start is one line and leaves nothing half made; every way to stop keeps its word."""

import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from faults.wire import PASSWORD, Server, Wire, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
PROGRAM = str(Path(sys.executable).with_name("inkan"))


def serve(*arguments, env=None, cwd="/"):
    command = [PROGRAM, "serve", *map(str, arguments)]
    chosen = {"PATH": "/usr/bin:/bin", **(env or {})}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=30, check=False, env=chosen, cwd=cwd
    )


def refused(ended, *words):
    assert ended.returncode not in (0, 1)
    (line,) = ended.stderr.strip().splitlines()
    assert line.startswith("inkan: ")
    for word in words:
        assert word in line, line


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


def test_a_taken_port_names_its_setting_and_makes_nothing(data):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        free = f"127.0.0.1:{free_port()}"
        refused(
            serve("--data", data, "--listen", address, "--trust-listen", free), "listen:", address
        )
        refused(
            serve("--data", data, "--listen", free, "--trust-listen", address),
            "trust_listen:",
            address,
        )
    refused(serve("--data", data, "--listen", "192.0.2.1:5000"), "listen:", "no such address")
    assert not data.exists()


def test_OPS_010_an_unknown_or_bad_setting_is_named(data, tmp_path):
    config = tmp_path / "inkan.toml"
    config.write_text('colour = "red"\n')
    listen = ("--listen", f"127.0.0.1:{free_port()}", "--trust-listen", "off")
    refused(serve("--data", data, *listen, "--config", config), "colour", str(config))
    refused(serve("--data", data, *listen, "--tls", "perhaps"), "tls", "--tls")
    refused(
        serve("--data", data, *listen, env={"INKAN_TOKEN_LIFETIME": "long"}), "INKAN_TOKEN_LIFETIME"
    )
    key = {"INKAN_KEY_ENCRYPTION_KEY": "tooshort"}
    ended = serve("--data", data, *listen, env=key)
    refused(ended, "key_encryption_key")
    assert "tooshort" not in ended.stderr


def test_a_certificate_that_cannot_be_used_is_named(data, tmp_path):
    bad = tmp_path / "bad.pem"
    bad.write_text("not a certificate")
    listen = ("--listen", f"127.0.0.1:{free_port()}", "--trust-listen", "off")
    refused(serve("--data", data, *listen, "--tls", f"{bad},{bad}"), "tls:", str(bad))
    refused(serve("--data", data, *listen, "--tls", f"/gone.crt,{bad}"), "tls:", "/gone.crt")
    assert not data.exists()


def test_a_data_folder_that_cannot_be_used_is_named(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    listen = ("--listen", f"127.0.0.1:{free_port()}", "--trust-listen", "off")
    refused(serve("--data", file, *listen), "data:", str(file))
    refused(serve("--data", "/proc/nowhere", *listen), "data:", "/proc/nowhere")


def test_a_data_folder_in_use_is_refused(data):
    server = Server(data).start()
    try:
        listen = ("--listen", f"127.0.0.1:{free_port()}", "--trust-listen", "off")
        refused(serve("--data", data, *listen), "another server is using")
    finally:
        assert server.stop() == 0


def test_a_key_encryption_key_that_is_another_is_said(data):
    server = Server(data).start()
    server.stop()
    listen = ("--listen", f"127.0.0.1:{free_port()}", "--trust-listen", "off", "--tls", "off")
    ended = serve("--data", data, *listen, env={"INKAN_KEY_ENCRYPTION_KEY": "00" * 32})
    refused(ended, "key_encryption_key")


def test_the_first_start_makes_an_admin_whose_password_only_the_owner_reads(data):
    port = free_port()
    command = [
        PROGRAM,
        "serve",
        "--data",
        str(data),
        "--listen",
        f"127.0.0.1:{port}",
        "--trust-listen",
        "off",
    ]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={"PATH": "/usr/bin:/bin"}
    ) as process:
        said = []
        for line in process.stderr:
            said.append(line)
            if "docker push" in line:
                break
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    text = "".join(said)
    password = (data / "admin-password").read_text().strip()
    assert len(password) >= 32
    assert password not in text
    for word in (
        "inkan login",
        "namespace-add",
        "certs.d",
        "DOCKER_CONTENT_TRUST",
        str(data / "ca.crt"),
    ):
        assert word in text
    for name in (
        "admin-password",
        "key-encryption-key",
        "tls/ca.key",
        "tls/server.key",
        "inkan.db",
    ):
        assert (data / name).stat().st_mode & 0o077 == 0, name


def greet(port: int):
    with socket.create_connection(("127.0.0.1", port), timeout=2) as late:
        late.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        if not late.recv(1):
            raise ConnectionResetError


def test_OPS_012_a_stop_finishes_what_is_in_flight(data):
    server = Server(data).start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
        session = wire.call("POST", "/v2/team/app/blobs/uploads/", expect=202).headers["location"]
        ended = {}

        def slowly():
            yield b"first"
            server.process.send_signal(signal.SIGTERM)
            time.sleep(1.0)
            yield b"second"

        def push():
            ended["answer"] = wire.call(
                "PATCH", session, slowly(), {"Transfer-Encoding": "chunked"}
            )

        pusher = threading.Thread(target=push)
        pusher.start()
        time.sleep(0.5)
        with pytest.raises(OSError):
            greet(server.port)
        pusher.join(timeout=20)
    assert ended["answer"].status == 202
    assert ended["answer"].headers["range"] == "0-10"
    assert server.process.wait(timeout=20) == 0


def test_a_stop_waits_no_longer_than_its_grace(data):
    server = Server(data, environment={"INKAN_SHUTDOWN_GRACE": "1s"}).start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
        session = wire.call("POST", "/v2/team/app/blobs/uploads/", expect=202).headers["location"]
    with socket.create_connection(("127.0.0.1", server.port)) as stuck:
        head = f"PATCH {session} HTTP/1.1\r\nHost: localhost\r\nAuthorization: {wire.headers['Authorization']}\r\n"
        stuck.sendall(head.encode() + b"Content-Length: 100\r\n\r\nx")
        time.sleep(0.3)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=20) == 0
        assert time.monotonic() - began < 6


def test_OPS_011_no_secret_is_in_the_log(data, tmp_path):
    log = tmp_path / "log"
    port = free_port()
    command = [
        PROGRAM,
        "serve",
        "--data",
        str(data),
        "--listen",
        f"127.0.0.1:{port}",
        "--trust-listen",
        "off",
        "--tls",
        "off",
        "--log-level",
        "debug",
    ]
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, stderr=sink, env={"PATH": "/usr/bin:/bin", "INKAN_ADMIN_PASSWORD": PASSWORD}
        )
    server = Server(data)
    server.port = port
    try:
        deadline = time.monotonic() + 20
        while "Log in and make" not in log.read_text():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with Wire(port) as wire:
            token = wire.call(
                "GET", "/token?service=inkan&scope=repository:team/app:pull", expect=200
            ).body.decode()
            text = token.split('"token": "')[1].split('"')[0]
            wire.headers["Authorization"] = f"Bearer {text}"
            wire.call("GET", "/v2/", expect=200)
            wire.headers["Authorization"] = "Basic d3Jvbmc6c2VjcmV0cGFzcw=="
            wire.call("GET", "/v2/?password=hunter2", expect=401)
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0
    written = log.read_text()
    assert '"operation": "ping"' in written
    for secret in (
        PASSWORD,
        text,
        text.split(".")[2],
        "secretpass",
        "d3Jvbmc6c2VjcmV0cGFzcw",
        "hunter2",
    ):
        assert secret not in written
