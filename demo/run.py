"""Inkan in a minute, with no Docker: `make demo`. Each step is a command that a person would type; each line says what came of it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from inkan.testing.images import make_image

PASSWORD = "demo-password-1"


class Demo:
    """A server in a folder that goes away, and people with trust folders of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.host = f"localhost:{self.port}"
        self.server: subprocess.Popen[bytes] | None = None
        (folder / "backup-pass").write_text("a passphrase for the backup")

    def start(self, data: str) -> None:
        """Start the server on a data folder."""
        program = Path(sys.executable).with_name("inkan")
        command = [
            program,
            "serve",
            "--data",
            self.folder / data,
            "--listen",
            f"127.0.0.1:{self.port}",
            "--trust-listen",
            "off",
        ]
        log = (self.folder / "server.log").open("ab")
        self.server = subprocess.Popen(
            command, stderr=log, env={**os.environ, "INKAN_ADMIN_PASSWORD": PASSWORD}
        )
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        sys.exit((self.folder / "server.log").read_text())

    def stop(self) -> None:
        """Stop the server."""
        if self.server is not None:
            self.server.terminate()
            self.server.wait()

    def inkan(self, who: str, *words: object, code: int = 0, stdin: str = "") -> str:
        """Run a command as somebody; return what it printed, having checked how it ended."""
        environment = {
            **os.environ,
            "DOCKER_CONFIG": str(self.folder / who),
            "INKAN_CONFIG": str(self.folder / who / "inkan.json"),
            "INKAN_CA": str(self.folder / "data" / "ca.crt"),
            "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": f"root-passphrase-of-{who}",
            "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": f"passphrase-of-{who}",
            "INKAN_BACKUP_PASSPHRASE_FILE": str(self.folder / "backup-pass"),
        }
        environment.pop("DOCKER_CONTENT_TRUST_SERVER", None)
        program = str(Path(sys.executable).with_name("inkan"))
        ended = subprocess.run(
            [program, *map(str, words)],
            input=stdin,
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        said = ended.stdout + ended.stderr
        if ended.returncode != code:
            sys.exit(f"inkan {' '.join(map(str, words))}: {ended.returncode}, not {code}\n{said}")
        return said

    def log_in(self, who: str) -> None:
        """Log somebody in."""
        (self.folder / who).mkdir(exist_ok=True)
        self.inkan(who, "login", self.host, "-u", "admin", "--password-stdin", stdin=PASSWORD)

    def image(self, name: str, content: bytes) -> Path:
        """Make an image without any engine; return its folder."""
        make_image(self.folder / name, content)
        return self.folder / name


def step(text: str) -> None:
    """Say what was done."""
    print(f"  {text}", flush=True)


def play(demo: Demo) -> None:
    """Tell the whole story."""
    app = f"{demo.host}/team/app"
    demo.start("data")
    step(f"a server                      https://{demo.host}, nothing installed")
    for who in ("owner", "alice", "consumer"):
        demo.log_in(who)
    demo.inkan("owner", "namespace-add", "team")
    step("a namespace                   team")
    demo.inkan("owner", "push", "--from", demo.image("one", b"first" * 999), f"{app}:1.0")
    step("an image pushed and signed    team/app:1.0, with keys made on the way")
    demo.inkan("alice", "trust", "key", "generate", "alice", "--dir", demo.folder / "alice")
    demo.inkan(
        "owner",
        "trust",
        "signer",
        "add",
        "--key",
        demo.folder / "alice" / "alice.pub",
        "alice",
        app,
    )
    demo.inkan("alice", "push", "--from", demo.image("two", b"second" * 999), f"{app}:2.0")
    step("a second signer               alice signs team/app:2.0")
    digest = demo.inkan("consumer", "trust", "verify", f"{app}:2.0").strip()
    demo.inkan("consumer", "pull", "--to", demo.folder / "pulled", f"{app}:2.0")
    step(f"a verified pull               {digest[:26]}…")
    demo.inkan(
        "alice",
        "push",
        "--disable-content-trust",
        "--from",
        demo.image("three", b"x"),
        f"{app}:3.0",
    )
    said = demo.inkan("consumer", "pull", "--to", demo.folder / "pulled", f"{app}:3.0", code=6)
    step(f"an unsigned tag refused       {said.splitlines()[-1]}")
    blob = next(
        path
        for path in (demo.folder / "data" / "blobs").rglob("*")
        if path.is_file() and path.stat().st_size == 5994
    )
    good = blob.read_bytes()
    blob.write_bytes(b"S" + good[1:])
    shutil.rmtree(demo.folder / "pulled")
    said = demo.inkan("consumer", "pull", "--to", demo.folder / "pulled", f"{app}:2.0", code=6)
    step(f"a tampered blob refused       {said.splitlines()[-1][:90]}…")
    blob.write_bytes(good)
    demo.stop()
    shutil.copytree(demo.folder / "data", demo.folder / "old")
    demo.start("data")
    demo.inkan("alice", "push", "--from", demo.image("four", b"newest"), f"{app}:2.0")
    demo.inkan("consumer", "trust", "verify", f"{app}:2.0")
    demo.stop()
    demo.start("old")
    said = demo.inkan("consumer", "trust", "verify", f"{app}:2.0", code=6)
    step(f"a rolled-back server refused  {said.splitlines()[-1][:90]}…")
    demo.stop()
    demo.start("data")
    demo.inkan("owner", "keys", "backup", demo.folder / "keys.inkan")
    demo.inkan("owner", "keys", "check", demo.folder / "keys.inkan")
    step("keys backed up                one encrypted file, every key in it opened")
    shutil.rmtree(demo.folder / "owner" / "trust")
    demo.inkan("owner", "trust", "signer", "remove", "--force", "alice", app, code=3)
    step("the key folder lost           nothing can be signed")
    demo.inkan("owner", "keys", "restore", demo.folder / "keys.inkan")
    public = demo.folder / "owner" / "owner.pub"
    demo.inkan("owner", "trust", "key", "generate", "owner", "--dir", public.parent)
    demo.inkan("owner", "trust", "signer", "add", "--key", public, "owner", app)
    demo.inkan("owner", "trust", "sign", f"{app}:2.0")
    step("restored, and signed again    the owner is a signer, and team/app:2.0 has two signatures")
    demo.stop()


def main() -> None:
    """Run the demo in a folder of its own."""
    began = time.monotonic()
    print("Inkan, from nothing, with no Docker:")
    with tempfile.TemporaryDirectory(prefix="inkan-demo-") as folder:
        demo = Demo(Path(folder))
        try:
            play(demo)
        finally:
            demo.stop()
    print(f"{time.monotonic() - began:.0f} seconds.")


if __name__ == "__main__":
    main()
