"""A registry and trust client over one plain HTTP connection, for tests that look at every byte."""

import base64
import http.client
import json
import os
import random
import socket
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

PASSWORD = "correct-horse-battery"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """`inkan serve` in a process of its own."""

    def __init__(self, data: Path, *arguments, environment=None):
        self.environment = environment or {}
        self.data, self.port = data, free_port()
        self.arguments = arguments
        self.program = [str(Path(sys.executable).with_name("inkan"))]
        self.process = None

    def start(self, *, is_encrypted=False):
        address = f"127.0.0.1:{self.port}"
        command = [
            *self.program,
            "serve",
            "--data",
            str(self.data),
            "--listen",
            address,
            "--trust-listen",
            "off",
        ]
        # who tests a tree that is not installed says so by PYTHONPATH
        tree = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
        env = {
            "INKAN_ADMIN_PASSWORD": PASSWORD,
            "PATH": "/usr/bin:/bin",
            **tree,
            **self.environment,
        }
        with (self.data.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--tls", "off", "--log-level", "warning", *self.arguments],
                stderr=log,
                stdout=log,
                stdin=subprocess.DEVNULL,
                env=env,
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                with Wire(self.port) as wire:
                    if is_encrypted:
                        wire.connection.connect()
                    else:
                        wire.call("GET", "/health/ready", expect=200)
                return self
            except (OSError, http.client.HTTPException, AssertionError):
                assert self.process.poll() is None, (self.data.parent / "server.log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.03)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(timeout=20)

    def resident_kib(self) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0])

    def peak_kib(self) -> int:
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmHWM:")[1].split()[0])


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def code(self) -> str:
        return json.loads(self.body)["errors"][0]["code"]


class Wire:
    """One connection, as the admin."""

    def __init__(self, port: int):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        pair = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
        self.headers = {"Authorization": f"Basic {pair}", "Host": f"localhost:{port}"}

    def call(self, method, path, body=b"", headers=None, expect=None) -> Answer:
        self.connection.request(
            method,
            path,
            body=body,
            headers={**self.headers, **(headers or {})},
            encode_chunked=not isinstance(body, bytes),
        )
        answer = Answer(self.connection.getresponse())
        if expect is not None:
            assert answer.status == expect, (method, path, answer.status, answer.body)
        return answer

    def close(self):
        self.connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def make_namespace(self, name: str):
        self.call("PUT", f"/api/v1/namespaces/{name}")

    def push_blob(self, name: str, content: bytes) -> str:
        digest = f"sha256:{sha256(content).hexdigest()}"
        session = self.call("POST", f"/v2/{name}/blobs/uploads/", expect=202).headers["location"]
        self.call("PATCH", session, content, expect=202)
        self.call("PUT", f"{session}?digest={digest}", expect=201)
        return digest

    def push_image(self, name: str, tag: str, content: bytes) -> tuple[str, str]:
        """Push a blob and a manifest over it; return both digests."""
        blob = self.push_blob(name, content)
        config = {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": blob,
            "size": len(content),
        }
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}
        raw = json.dumps(manifest).encode()
        answer = self.call(
            "PUT", f"/v2/{name}/manifests/{tag}", raw, {"Content-Type": MANIFEST}, 201
        )
        return blob, answer.headers["docker-content-digest"]

    def publish(self, gun: str, files, expect=200) -> Answer:
        boundary = f"{random.getrandbits(128):032x}"
        body = b"".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{role}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n".encode()
            + raw
            + b"\r\n"
            for role, raw in files.items()
        )
        body += f"--{boundary}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self.call("POST", f"/v2/{gun}/_trust/tuf/", body, kind, expect)

    def metadata(self, gun: str, file: str) -> bytes:
        return self.call("GET", f"/v2/{gun}/_trust/tuf/{file}.json", expect=200).body
