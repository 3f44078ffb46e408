"""An Inkan server as a person starts it, on ports of its own."""

import base64
import json
import os
import shutil
import ssl
import sys
import urllib.request
from pathlib import Path

from interop.processes import Daemon, free_port, run

PASSWORD = "correct-horse-battery"


def inkan_program() -> str:
    beside = Path(sys.executable).with_name("inkan")
    return os.environ.get("INKAN_PROGRAM") or (
        str(beside) if beside.exists() else shutil.which("inkan")
    )


class InkanServer:
    """A server with the namespace `team`, and a command line that is logged in to it."""

    def __init__(self, folder: Path, *arguments, name="localhost", address="127.0.0.1", prefix=()):
        self.folder = folder
        self.data = folder / "data"
        self.name = name
        self.port, self.trust_port = free_port(), free_port()
        self.host = f"{name}:{self.port}"
        self.trust_url = f"https://{name}:{self.trust_port}"
        self.prefix = prefix
        self.is_plain = "off" in arguments
        self.command = [
            *prefix,
            inkan_program(),
            "serve",
            "--data",
            self.data,
            "--listen",
            f"{address}:{self.port}",
            "--trust-listen",
            f"{address}:{self.trust_port}",
            "--host",
            name,
            *arguments,
        ]
        self.environment = {
            "INKAN_CONFIG": str(folder / "inkan.json"),
            "DOCKER_CONFIG": str(folder / "inkan-docker"),
        }
        self.daemon = None

    def start(self):
        env = {**self.environment, "INKAN_ADMIN_PASSWORD": PASSWORD}
        log = self.folder / "inkan.log"
        said_before = log.read_text(errors="replace") if log.exists() else ""
        self.daemon = Daemon(self.command, log, env)
        # a person reads these words before anything else is done
        words = "Log in and make a namespace"
        self.daemon.wait_until(lambda: words in self.log()[len(said_before) :])
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.daemon.end()

    def log(self) -> str:
        return self.daemon.log.read_text(errors="replace")

    def stop(self) -> int:
        return self.daemon.end()

    @property
    def ca(self) -> Path:
        return self.data / "ca.crt"

    def inkan(self, *words, stdin=b"", check=True, env=None):
        return run(
            *self.prefix,
            inkan_program(),
            *words,
            env={**self.environment, **(env or {})},
            stdin=stdin,
            check=check,
        )

    def log_in(self):
        where = (f"http://{self.host}",) if self.is_plain else (self.host, "--ca", self.ca)
        words = ("login", *where, "-u", "admin", "--password-stdin")
        self.inkan(*words, stdin=PASSWORD.encode())
        return self

    def get(self, path: str, headers=None) -> bytes:
        context = None if self.is_plain else ssl.create_default_context(cafile=str(self.ca))
        url = f"{'http' if self.is_plain else 'https'}://{self.host}{path}"
        request = urllib.request.Request(url, headers=headers or {})
        with urllib.request.urlopen(request, context=context, timeout=10) as answer:
            return answer.read()

    def referrers(self, repository: str, digest: str) -> list[dict]:
        """Return what is attached to an image, as the registry lists it to the administrator."""
        pair = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
        said = self.get(f"/v2/{repository}/referrers/{digest}", {"Authorization": f"Basic {pair}"})
        return json.loads(said)["manifests"]
