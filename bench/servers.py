"""The programs that are measured, each on loopback, with its data in a folder that goes away."""

import base64
import json
import sys
from pathlib import Path

from peers import MANIFEST, Certificate, Peer, digest_of, free_port, start, wait
from tokens import TokenServer

PASSWORD = "bench-password-1"
TAGS = (10, 1_000, 10_000)


def inkan(folder: Path, tls: Certificate | None = None, data: Path | None = None) -> Peer:
    """Inkan, with a bearer token in every request; on data of its own, or on some that is there."""
    port = free_port()
    program = Path(sys.executable).with_name("inkan")
    data = data or folder / f"inkan-{port}"
    filled = data.exists()
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
    if not filled:
        peer.call("PUT", "/api/v1/namespaces/team")
    names = ["team/bench", *(f"{peer.host}/team/tags-{n}" for n in TAGS)]
    scopes = "&".join(f"scope=repository:{name}:*" for name in names)
    _, body = peer.call("GET", f"/token?service=inkan&{scopes}")
    peer.headers["Authorization"] = f"Bearer {json.loads(body)['token']}"
    return peer


def docker_registry(folder: Path) -> Peer:
    """docker-registry 2.8.2 from Debian, files on disk, with a bearer token in every request."""
    port, tokens = free_port(), TokenServer.make(folder / "tokens")
    config = folder / "registry.yml"
    config.write_text(
        "version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/registry}}}}\n"
        f"http: {{addr: 127.0.0.1:{port}, secret: bench}}\n" + tokens.settings
    )
    process = start(["docker-registry", "serve", config])
    wait(port)
    shown = {"Authorization": f"Bearer {tokens.token('team/bench')}"}
    # without the other it answers 404 for an OCI manifest
    return Peer("docker-registry", port, process, {"Accept": MANIFEST, **shown})


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


class FileServer(Peer):
    """nginx-light from Debian on files that lie where a registry has its blobs: no tokens, no database, nothing to decide."""

    root: Path

    def push_blob(self, content: bytes, _connection=None) -> str:
        digest = digest_of(content)
        path = self.root / "v2" / "team" / "bench" / "blobs" / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return digest


def nginx(folder: Path) -> FileServer:
    """Return nginx with one worker, `sendfile` on, no log; one worker, as Inkan is one process."""
    port, home = free_port(), folder / "nginx"
    root = home / "root"
    root.mkdir(parents=True)
    config = home / "nginx.conf"
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    config.write_text(
        f"worker_processes 1; daemon off; user root; pid {home}/pid; error_log {home}/error.log;\n"
        "events { worker_connections 1024; }\n"
        "http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;\n"
        + "".join(f"{kind}_temp_path {home}/{kind};\n" for kind in kinds)
        + f"server {{ listen 127.0.0.1:{port}; root {root}; }} }}\n"
    )
    process = start(["/usr/sbin/nginx", "-c", config, "-p", home, "-e", home / "error.log"])
    wait(port)
    peer = FileServer("nginx", port, process, {})
    peer.root = root
    return peer
