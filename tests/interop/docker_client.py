"""The docker command line as one person uses it: a home of their own, passphrases, a private engine."""

import json
import re
import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from interop.inkan_server import PASSWORD
from interop.processes import run

DEBIAN = "/usr/bin/docker"
PASSPHRASES = {
    "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": "root-pass-1234",
    "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": "repo-pass-1234",
}


def version_of(program: str) -> tuple[int, int]:
    text = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    match = re.search(r"(\d+)\.(\d+)", text)
    return int(match[1]), int(match[2])


def find_cli(generation: str) -> str | None:
    """Return a docker command line of a generation: `20` is Debian's, `28` the newest with content trust."""
    for program in (DEBIAN, shutil.which("docker"), "/usr/local/bin/docker"):
        if program and Path(program).exists():
            major, _ = version_of(program)
            if (generation == "20" and major == 20) or (generation == "28" and 23 <= major <= 28):
                return program
    return None


class DockerClient:
    """One person's docker."""

    def __init__(self, program: str, home: Path, socket: str, prefix=()):
        self.program = program
        self.home = home
        self.prefix = prefix
        self.home.mkdir(parents=True, exist_ok=True)
        self.environment = {
            "DOCKER_CONFIG": str(home),
            "DOCKER_HOST": socket,
            "DOCKER_CLI_HINTS": "false",
            "HOME": str(home),
            **PASSPHRASES,
        }

    def __call__(
        self, *words, check=True, trust=False, server="", timeout=120, stdin=b"", env=None
    ):
        chosen = {**self.environment, "DOCKER_CONTENT_TRUST": "1" if trust else "0", **(env or {})}
        chosen["DOCKER_CONTENT_TRUST_SERVER"] = server
        if not server:
            # an empty variable counts as none for docker 28 and as a bad address for nobody
            del chosen["DOCKER_CONTENT_TRUST_SERVER"]
        return run(
            *self.prefix,
            self.program,
            *words,
            env=chosen,
            check=check,
            timeout=timeout,
            stdin=stdin,
        )

    def log_in(self, host: str, password=PASSWORD, check=True):
        words = ("login", host, "-u", "admin", "--password-stdin")
        return self(*words, stdin=password.encode(), check=check)

    def make_image(self, reference: str, content: bytes = b"hello") -> str:
        """Make an image without a network; return its ID."""
        packed = BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            member = tarfile.TarInfo("hello")
            member.size = len(content)
            archive.addfile(member, BytesIO(content))
        return self("import", "-", reference, stdin=packed.getvalue()).out.strip()

    def image_id(self, reference: str) -> str:
        return self("image", "inspect", "-f", "{{.Id}}", reference).out.strip()

    def has_image(self, reference: str) -> bool:
        return self("image", "inspect", reference, check=False).code == 0

    def signatures(self, reference: str, **options) -> dict:
        return json.loads(self("trust", "inspect", reference, **options).out)[0]

    def key_headers(self) -> list[str]:
        """Return the role header of every private key file."""
        files = sorted((self.home / "trust" / "private").glob("*.key"))
        return sorted(
            re.search(r"^role: (.*)$", file.read_text(), re.MULTILINE)[1] for file in files
        )
