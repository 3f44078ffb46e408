"""Each client logs in by each kind of credential; logging out, revoking a key and disabling an account end what it may."""

import base64
import contextlib
import itertools
import json
import shutil
from functools import partial

import pytest

from inkan.testing.images import make_image
from interop.conftest import require
from interop.container_tools import ContainerTool
from interop.docker_client import PASSPHRASES, DockerClient, find_cli
from interop.go_clients import GoClient
from interop.processes import run
from interop.tars import tar_of

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]
PERSON, SECRET, ROBOT = "matrix", "a-password-of-matrix", "matrix-robot"


class Docker:
    """docker; the engine asks the registry."""

    def __init__(self, generation, request, server, folder):
        program = find_cli(generation)
        require(program, f"no docker command line of generation {generation} is installed")
        self.docker = DockerClient(program, folder / "docker", request.getfixturevalue("engine"))
        self.host, self.image = server.host, f"{server.host}/team/matrix:1.0"

    def log_in(self, name, secret):
        words = ("login", self.host, "-u", name, "--password-stdin")
        self.docker(*words, stdin=secret.encode())

    def look(self):
        self.docker("rmi", self.image, check=False)
        return self.docker("pull", self.image, check=False)

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
        image = f"{server.host}/team/matrix:1.0"
        self.words = {
            "skopeo": ("inspect", *self.tool.way, f"docker://{image}"),
            "podman": ("pull", "-q", *self.tool.way, image),
            "buildah": ("pull", "-q", "--policy", "always", *self.tool.way, image),
        }[program]

    def look(self):
        return self.tool(*self.words, check=False)


class OfGo:
    """A client that keeps credentials as docker does."""

    def __init__(self, program, words, request, server, folder):
        self.client = GoClient(program, folder / program, server)
        self.host = server.host
        places = {
            "IMAGE": f"{server.host}/team/matrix:1.0",
            "HOST": server.host,
            "CHART": f"oci://{server.host}/team/matrix-chart",
            "CA": server.ca,
        }
        self.log_in_words, self.look_words, self.log_out_words = (
            [str(places.get(word, word)) for word in line.split()] for line in words
        )

    def log_in(self, name, secret):
        user = ["-u", name, "--pass-stdin" if "regctl" in str(self.client.program) else "--password-stdin"]  # fmt: skip
        self.client(*self.log_in_words, *user, stdin=secret.encode())

    def look(self):
        return self.client(*self.look_words, check=False)

    def log_out(self):
        self.client(*self.log_out_words)


WORDS = {
    "crane": ("auth login HOST", "manifest IMAGE", "auth logout HOST"),
    "oras": (
        "login --plain-http=false --ca-file CA HOST",
        "manifest fetch --plain-http=false --ca-file CA IMAGE",
        "logout HOST",
    ),
    "regctl": ("registry login HOST", "manifest head IMAGE", "registry logout HOST"),
    "helm": (
        "registry login --ca-file CA HOST",
        "show chart --ca-file CA CHART --version 0.1.0",
        "registry logout HOST",
    ),
}
CLIENTS = {
    "docker-20": partial(Docker, "20"),
    "docker-28": partial(Docker, "28"),
    "notary": Notary,
    **{name: partial(Tool, name) for name in ("skopeo", "podman", "buildah")},
    **{name: partial(OfGo, name, words) for name, words in WORDS.items()},
}


@pytest.fixture(scope="module")
def there(server, tmp_path_factory):
    """A person, a robot and a signed image that both may pull."""
    folder = tmp_path_factory.mktemp("matrix")
    make_image(folder / "made", tar_of(hello=b"hello"))
    words = ("push", "--from", folder / "made", f"{server.host}/team/matrix:1.0")
    server.inkan(*words, env=PASSPHRASES)
    server.inkan("user-add", PERSON, "--password-stdin", stdin=SECRET.encode())
    server.inkan("service-id-add", ROBOT)
    for account in (PERSON, ROBOT):
        server.inkan("policy-add", "writer", account, "--namespace", "team")
    return server


@pytest.fixture(scope="module")
def chart(there, tmp_path_factory):
    """A chart, for the client that takes nothing else."""
    helm = GoClient("helm", tmp_path_factory.mktemp("chart"), there)
    helm.log_in("registry", "login")
    helm("create", "matrix-chart")
    helm("package", "matrix-chart")
    helm("push", "matrix-chart-0.1.0.tgz", f"oci://{there.host}/team")


@pytest.fixture
def kept():
    """What a client wants closed when it is needed no more."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture(params=CLIENTS)
def client(request, there, tmp_path):
    if request.param == "helm":
        request.getfixturevalue("chart")
    return CLIENTS[request.param](request, there, tmp_path)


def new_key(server, account):
    made = server.inkan("api-key-create", "matrix", "--for", account, "-o", "json").out
    return json.loads(made)


def ask_token(server):
    """Return what the token service says to a person who shall be remembered."""
    pair = base64.b64encode(f"{PERSON}:{SECRET}".encode()).decode()
    path = "/token?service=inkan&offline_token=true"
    return json.loads(server.get(path, {"Authorization": f"Basic {pair}"}))


CREDENTIALS = {
    "password": lambda _: (PERSON, SECRET),
    "api-key": lambda server: ("iamapikey", new_key(server, PERSON)["api_key"]),
    "robot": lambda server: ("iamapikey", new_key(server, ROBOT)["api_key"]),
    "token": lambda server: ("iambearer", ask_token(server)["token"]),
    "refresh-token": lambda server: ("iamrefresh", ask_token(server)["refresh_token"]),
}


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_a_client_is_let_in_until_it_logs_out(client, kind, there):
    client.log_in(*CREDENTIALS[kind](there))
    looked = client.look()
    assert looked.code == 0, looked.text
    client.log_out()
    assert client.look().code != 0


def test_a_key_that_is_revoked_opens_nothing_any_more(client, there):
    made = new_key(there, ROBOT)
    client.log_in("iamapikey", made["api_key"])
    assert client.look().code == 0
    there.inkan("api-key-rm", made["id"])
    assert client.look().code != 0


def test_an_account_that_is_disabled_gets_nothing(client, there):
    client.log_in(PERSON, SECRET)
    assert client.look().code == 0
    there.inkan("user-disable", PERSON)
    try:
        assert client.look().code != 0
    finally:
        there.inkan("user-enable", PERSON)
    # what docker has kept in place of the password has ended for good
    client.log_in(PERSON, SECRET)
    assert client.look().code == 0
