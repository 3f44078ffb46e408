"""The programs that are measured, each on loopback, plain HTTP, with its data in a folder that goes away."""

import base64
import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from inkan.testing import certificates

PASSWORD = "bench-password-1"
TAGS = (10, 1_000, 10_000)
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Peer:
    """A running server and how to talk to it."""

    name: str
    port: int
    process: subprocess.Popen
    headers: dict
    scheme: str = "http"

    @property
    def host(self) -> str:
        """Host and port, as they stand in a collection's name."""
        return f"localhost:{self.port}"

    @property
    def base(self) -> str:
        """The address that paths follow."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def connect(self):
        """Return a connection, not yet made; certificates are made for the run and not checked."""
        if self.scheme == "http":
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=120, context=context)

    def call(self, method, path, body=b"", headers=None, connection=None):
        own = connection or self.connect()
        own.request(method, path, body=body, headers={**self.headers, **(headers or {})})
        answer = own.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{self.name} {method} {path}: {answer.status} {content[:300]!r}")
        return answer, content

    def push_blob(self, content: bytes, connection=None) -> str:
        """Push as docker does: POST, one PATCH, an empty PUT."""
        digest = f"sha256:{sha256(content).hexdigest()}"
        answer, _ = self.call("POST", "/v2/team/bench/blobs/uploads/", connection=connection)
        session = path_of(answer)
        answer, _ = self.call(
            "PATCH", session, content, {"Content-Type": "application/octet-stream"}, connection
        )
        session = path_of(answer)
        mark = "&" if "?" in session else "?"
        self.call("PUT", f"{session}{mark}digest={digest}", connection=connection)
        return digest

    def push_image(self, tag: str) -> None:
        config = self.push_blob(b"{}")
        layer = self.push_blob(os.urandom(4096))
        describe = lambda kind, digest, size: {"mediaType": kind, "digest": digest, "size": size}  # noqa: E731
        tree = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": describe("application/vnd.oci.image.config.v1+json", config, 2),
            "layers": [describe("application/vnd.oci.image.layer.v1.tar+gzip", layer, 4096)],
        }
        raw = json.dumps(tree).encode()
        self.call("PUT", f"/v2/team/bench/manifests/{tag}", raw, {"Content-Type": MANIFEST})

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


def path_of(answer) -> str:
    location = answer.getheader("Location")
    return location if location.startswith("/") else "/" + location.split("/", 3)[3]


def wait(port: int) -> None:
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"port {port} did not open")


@dataclass(frozen=True)
class Certificate:
    """A key and a self-signed certificate for localhost, ECDSA P-256 as both servers make and expect."""

    certificate: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    made = Certificate(folder / "bench.crt", folder / "bench.key")
    certificates.make_certificate(made.certificate, made.key)
    return made


def start(command, environment=None) -> subprocess.Popen:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(
        list(map(str, command)), env={**os.environ, **(environment or {})}, **quiet
    )


def inkan(folder: Path, tls: Certificate | None = None) -> Peer:
    """Inkan, with a bearer token in every request."""
    port = free_port()
    program = Path(sys.executable).with_name("inkan")
    data = folder / f"inkan-{port}"
    command = [program, "serve", "--data", data, "--listen", f"127.0.0.1:{port}"]
    command += ["--trust-listen", "off", "--log-level", "warning"]
    if tls is None:
        command += ["--tls", "off"]
    else:
        command += ["--tls", f"{tls.certificate},{tls.key}"]
    process = start(command, {"INKAN_ADMIN_PASSWORD": PASSWORD, "INKAN_TOKEN_LIFETIME": "1d"})
    wait(port)
    basic = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Host": f"localhost:{port}"}
    peer = Peer("inkan", port, process, headers, "https" if tls else "http")
    peer.call("PUT", "/api/v1/namespaces/team")
    names = ["team/bench", *(f"{peer.host}/team/tags-{n}" for n in TAGS)]
    scopes = "&".join(f"scope=repository:{name}:*" for name in names)
    _, body = peer.call("GET", f"/token?service=inkan&{scopes}")
    peer.headers["Authorization"] = f"Bearer {json.loads(body)['token']}"
    return peer


def docker_registry(folder: Path) -> Peer:
    """docker-registry 2.8.2 from Debian, files on disk, no authorisation."""
    port = free_port()
    config = folder / "registry.yml"
    config.write_text(
        "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/registry}}}}\n"
        f"http: {{addr: 127.0.0.1:{port}, secret: bench}}\n"
    )
    process = start(["docker-registry", "serve", config])
    wait(port)
    # without it this registry answers 404 for an OCI manifest
    return Peer("docker-registry", port, process, {"Accept": MANIFEST})


def notary_server(folder: Path, tls: Certificate | None = None) -> Peer:
    """notary-server 0.7.0 from Debian; its only store without a database is memory, so nothing it acknowledges is durable."""
    port = free_port()
    config = folder / f"notary-{port}.json"
    server = {"http_addr": f"127.0.0.1:{port}"}
    if tls is not None:
        server |= {"tls_cert_file": str(tls.certificate), "tls_key_file": str(tls.key)}
    tree = {
        "server": server,
        "trust_service": {"type": "local"},
        "logging": {"level": "error"},
        "storage": {"backend": "memory"},
    }
    config.write_text(json.dumps(tree))
    process = start(["notary-server", "-config", config])
    wait(port)
    return Peer("notary-server", port, process, {}, "https" if tls else "http")
