"""A server that is measured, on loopback, and how to talk to it."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from inkan.testing import certificates

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
        digest = digest_of(content)
        answer, _ = self.call("POST", "/v2/team/bench/blobs/uploads/", connection=connection)
        session = path_of(answer)
        answer, _ = self.call(
            "PATCH", session, content, {"Content-Type": "application/octet-stream"}, connection
        )
        session = path_of(answer)
        mark = "&" if "?" in session else "?"
        self.call("PUT", f"{session}{mark}digest={digest}", connection=connection)
        return digest

    def push_image(self, tag: str, *contents: bytes) -> bytes:
        """Push an image of some layers, of a small one of its own where none is given; return its manifest."""
        layers = contents or (os.urandom(4096),)
        config = json.dumps({"history": [digest_of(layer) for layer in layers]}).encode()
        kinds = ("config.v1+json", *["layer.v1.tar+gzip"] * len(layers))
        described = [
            {
                "mediaType": f"application/vnd.oci.image.{kind}",
                "digest": self.push_blob(content),
                "size": len(content),
            }
            for kind, content in zip(kinds, (config, *layers), strict=True)
        ]
        tree = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": described[0],
            "layers": described[1:],
        }
        raw = json.dumps(tree).encode()
        self.put_manifest(tag, raw)
        return raw

    def put_manifest(self, tag: str, raw: bytes, connection=None) -> None:
        kind = {"Content-Type": MANIFEST}
        self.call("PUT", f"/v2/team/bench/manifests/{tag}", raw, kind, connection)

    def processor_seconds(self) -> float:
        """Return what the server has computed so far: other programs on the machine do not count."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self) -> float:
        """Return how much memory the server has now."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) / 1024

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)


def digest_of(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


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
