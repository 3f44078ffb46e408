"""The clients that `go_clients.txt` names, in the versions that it names, each in a home of its own."""

import json
import os
import shutil
from pathlib import Path

import pytest

from interop.conftest import require
from interop.inkan_server import PASSWORD
from interop.processes import run

LIST = Path(__file__).with_name("go_clients.txt").read_text()
VERSIONS = {name: version for name, _, version, _ in map(str.split, LIST.splitlines())}


def find_program(name: str) -> Path:
    """Return where a client is; its suite is skipped where there is no Go to build it with, in CI too."""
    version = VERSIONS[name]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "inkan-interop"
    program = cache / "go" / f"{name}@{version}" / name
    has_go = shutil.which("go") or Path("/usr/local/go/bin/go").exists()
    if not program.exists() and not has_go:
        pytest.skip(f"{name} is not installed, and there is no Go to build it with")
    require(program.exists(), f"{name} {version} is not built; run tests/interop/install.sh")
    return program


class GoClient:
    """One person's use of a client. The server's CA is the one that it believes."""

    def __init__(self, name: str, home: Path, server):
        self.program = find_program(name)
        self.home = home
        self.home.mkdir(parents=True, exist_ok=True)
        self.server = server
        self.environment = {
            "HOME": str(home),
            "DOCKER_CONFIG": str(home / ".docker"),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "XDG_CACHE_HOME": str(home / ".cache"),
            "SSL_CERT_FILE": "" if server.is_plain else str(server.ca),
        }

    def __call__(self, *words, check=True, stdin=b"", env=None):
        """Run the client in its home."""
        chosen = {**self.environment, **(env or {})}
        return run(self.program, *words, env=chosen, check=check, stdin=stdin, cwd=self.home)

    def log_in(self, *words, name="admin", password=PASSWORD, check=True):
        """Log in by the words that this client has for it."""
        given = ("-u", name, "--password-stdin")
        return self(*words, self.server.host, *given, stdin=password.encode(), check=check)

    def kept_credentials(self) -> dict:
        """Return what is kept in docker's configuration, by host."""
        file = self.home / ".docker" / "config.json"
        return json.loads(file.read_text()).get("auths", {}) if file.exists() else {}
