"""skopeo, podman and buildah, each with storage, credentials and certificates of its own."""

import os
import shutil
import tempfile
from pathlib import Path

from interop.conftest import require
from interop.inkan_server import PASSWORD
from interop.processes import run


class ContainerTool:
    """One person's use of one of them."""

    def __init__(self, program: str, folder: Path, server):
        require(shutil.which(program), f"{program} is not installed; run `make interop` as root")
        require(program == "skopeo" or os.geteuid() == 0, f"{program} needs root here")
        self.program = program
        self.server = server
        self.authfile = folder / f"{program}-auth.json"
        self.certificates = folder / "certs"
        self.certificates.mkdir(exist_ok=True)
        if not server.is_plain:
            shutil.copy(server.ca, self.certificates / "ca.crt")
        # podman takes no run folder of a longer name
        self._storage = tempfile.TemporaryDirectory(prefix=f"{program}-")
        self._global = ()
        if program != "skopeo":
            where = self._storage.name
            self._global = ("--root", f"{where}/root", "--runroot", f"{where}/run")
            self._global += ("--storage-driver", "vfs")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._storage.cleanup()

    @property
    def way(self):
        """The options of a command that asks one registry."""
        tls = (f"--tls-verify={str(not self.server.is_plain).lower()}",)
        return ("--authfile", self.authfile, "--cert-dir", self.certificates, *tls)

    def __call__(self, *words, check=True, stdin=b""):
        return run(self.program, *self._global, *words, check=check, stdin=stdin, timeout=120)

    def log_in(self, name="admin", password=PASSWORD, check=True):
        words = ("login", *self.way, "-u", name, "--password-stdin", self.server.host)
        return self(*words, stdin=password.encode(), check=check)

    def log_out(self):
        return self("logout", "--authfile", self.authfile, self.server.host)
