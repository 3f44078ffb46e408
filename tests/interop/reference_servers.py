"""docker-registry 2.8.2 and notary-server 0.7.0 from Debian on loopback: what people run today."""

import json
import socket
from pathlib import Path

from inkan.testing.certificates import make_certificate
from interop.processes import Daemon, free_port


class ReferenceServers:
    """A registry over plain HTTP and a trust server over TLS, both without authorisation; docker takes any certificate on loopback."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.port, self.trust_port = free_port(), free_port()
        self.host = f"localhost:{self.port}"
        self.trust_url = f"https://localhost:{self.trust_port}"
        self.ca = folder / "ca.crt"
        self.daemons = []

    def start(self):
        key = self.folder / "ca.key"
        make_certificate(self.ca, key)
        registry, trust = self.folder / "registry.yml", self.folder / "notary.json"
        registry.write_text(
            "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
            f"storage: {{filesystem: {{rootdirectory: {self.folder}/registry}}, delete: {{enabled: true}}}}\n"
            f"http: {{addr: 127.0.0.1:{self.port}, secret: reference}}\n"
        )
        tls = {"tls_cert_file": str(self.ca), "tls_key_file": str(key)}
        trust.write_text(
            json.dumps(
                {
                    "server": {"http_addr": f"127.0.0.1:{self.trust_port}", **tls},
                    "trust_service": {"type": "local"},
                    "logging": {"level": "fatal"},
                    "storage": {"backend": "memory"},
                }
            )
        )
        self.daemons = [
            Daemon(["docker-registry", "serve", registry], self.folder / "registry.log"),
            Daemon(["notary-server", "-config", trust], self.folder / "notary.log"),
        ]
        for daemon, port in zip(self.daemons, (self.port, self.trust_port), strict=True):
            daemon.wait_until(lambda port=port: opens(port))
        return self

    def stop(self) -> None:
        for daemon in self.daemons:
            daemon.end()


def opens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
