"""One way to use ten clients: log in, look at an image, push an image, log out."""

import base64
import itertools
import shutil
from functools import partial

from interop.conftest import require
from interop.container_tools import ContainerTool
from interop.docker_client import DockerClient, find_cli
from interop.go_clients import GoClient
from interop.processes import run

IMAGE = "team/matrix:1.0"


class Docker:
    """docker; the engine asks the registry."""

    def __init__(self, generation, request, server, folder):
        program = find_cli(generation)
        require(program, f"no docker command line of generation {generation} is installed")
        self.docker = DockerClient(program, folder / "docker", request.getfixturevalue("engine"))
        self.host, self.image = server.host, f"{server.host}/{IMAGE}"
        self.configuration = self.docker.home / "config.json"

    def log_in(self, name, secret):
        words = ("login", self.host, "-u", name, "--password-stdin")
        self.docker(*words, stdin=secret.encode())

    def look(self):
        self.docker("rmi", self.image, check=False)
        return self.docker("pull", self.image, check=False)

    def push(self, folder, reference):
        self.docker.make_image(reference, folder.name.encode())
        return self.docker("push", reference, check=False)

    def log_out(self):
        self.docker("logout", self.host)


class Notary:
    """notary is handed a credential with each command, and keeps none."""

    def __init__(self, request, server, folder):
        require(shutil.which("notary"), "notary is not installed")
        self.words = ("notary", "-s", server.trust_url, "--tlscacert", server.ca)
        self.folders = (folder / f"notary{number}" for number in itertools.count())
        self.gun = f"{server.host}/team/matrix"
        self.log_out()

    def log_in(self, name, secret):
        self.auth = base64.b64encode(f"{name}:{secret}".encode()).decode()

    def look(self):
        # who knows the repository already is shown what they know
        words = (*self.words, "-d", next(self.folders), "list", self.gun)
        return run(*words, env={"NOTARY_AUTH": self.auth}, check=False)

    def log_out(self):
        self.auth = ""


class Tool:
    """skopeo, podman and buildah."""

    def __init__(self, program, request, server, folder):
        self.tool = request.getfixturevalue("kept").enter_context(
            ContainerTool(program, folder, server)
        )
        self.log_in, self.log_out = self.tool.log_in, self.tool.log_out
        self.configuration = self.tool.authfile
        image = f"{server.host}/{IMAGE}"
        self.words = {
            "skopeo": ("inspect", *self.tool.way, f"docker://{image}"),
            "podman": ("pull", "-q", *self.tool.way, image),
            "buildah": ("pull", "-q", "--policy", "always", *self.tool.way, image),
        }[program]

    def look(self):
        return self.tool(*self.words, check=False)

    def push(self, folder, reference):
        if self.tool.program == "skopeo":
            way = ("--authfile", self.tool.authfile, "--dest-cert-dir", self.tool.certificates)
            words = ("copy", *way, f"oci:{folder}", f"docker://{reference}")
        else:
            image = self.tool("pull", "-q", f"oci:{folder}").out.split()[-1]
            words = ("push", "-q", *self.tool.way, image, f"docker://{reference}")
        return self.tool(*words, check=False)


class OfGo:
    """A client that keeps credentials as docker does."""

    def __init__(self, program, words, request, server, folder):
        self.client = GoClient(program, folder / program, server)
        self.host = server.host
        self.configuration = self.client.home / ".docker" / "config.json"
        places = {
            "IMAGE": f"{server.host}/{IMAGE}",
            "HOST": server.host,
            "CHART": f"oci://{server.host}/team/matrix-chart",
            "CA": server.ca,
        }
        self.log_in_words, self.look_words, self.log_out_words, self.push_words = (
            [str(places.get(word, word)) for word in line.split()] for line in words
        )

    def log_in(self, name, secret):
        self.client(*self.log_in_words, "-u", name, stdin=secret.encode())

    def look(self):
        return self.client(*self.look_words, check=False)

    def push(self, folder, reference):
        if self.client.program.name == "helm":
            return self._push_chart(reference)
        words = [word.replace("LAYOUT", str(folder)) for word in self.push_words]
        return self.client(*(reference if word == "TO" else word for word in words), check=False)

    def _push_chart(self, reference):
        """Push a chart of the same name and version."""
        where, _, rest = reference.rpartition("/")
        name, version = rest.split(":")
        self.client("create", name)
        self.client("package", name, "--version", version)
        words = (f"{name}-{version}.tgz", f"oci://{where}")
        return self.client(*self.push_words, *words, check=False)

    def log_out(self):
        self.client(*self.log_out_words)


# to log in, to look, to log out, to push
WORDS = {
    "crane": (
        "auth login HOST --password-stdin",
        "manifest IMAGE",
        "auth logout HOST",
        "push LAYOUT TO",
    ),
    "oras": (
        "login --plain-http=false --ca-file CA HOST --password-stdin",
        "manifest fetch --plain-http=false --ca-file CA IMAGE",
        "logout HOST",
        "cp --from-oci-layout --to-plain-http=false --to-ca-file CA LAYOUT:1.0.0 TO",
    ),
    "regctl": (
        "registry login HOST --pass-stdin",
        "manifest head IMAGE",
        "registry logout HOST",
        "image copy ocidir://LAYOUT:1.0.0 TO",
    ),
    "helm": (
        "registry login --ca-file CA HOST --password-stdin",
        "show chart --ca-file CA CHART --version 0.1.0",
        "registry logout HOST",
        "push --ca-file CA",
    ),
}
CLIENTS = {
    "docker-20": partial(Docker, "20"),
    "docker-28": partial(Docker, "28"),
    "notary": Notary,
    **{name: partial(Tool, name) for name in ("skopeo", "podman", "buildah")},
    **{name: partial(OfGo, name, words) for name, words in WORDS.items()},
}
