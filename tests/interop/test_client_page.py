"""What the page about clients tells to type works, line by line."""

import re
import shutil
from pathlib import Path

import pytest

from inkan.testing.images import make_image
from interop.conftest import require
from interop.go_clients import VERSIONS, find_program
from interop.inkan_server import PASSWORD, InkanServer
from interop.processes import run
from interop.tars import tar_of

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-your-client.md"
BLOCKS = re.findall(
    r"^## ([^\n]+)\n(?:(?!^## ).)*?```sh\n(.*?)```", PAGE.read_text(), re.MULTILINE | re.DOTALL
)
PROGRAMS = ("skopeo", "podman", "buildah", "ctr")


@pytest.fixture(scope="module")
def called_by_number(tmp_path_factory):
    """A server that no client takes for plain because of its name, with the image `team/app:1.0`."""
    with InkanServer(tmp_path_factory.mktemp("page"), name="127.0.0.1") as server:
        server.log_in().inkan("namespace-add", "team")
        folder = server.folder / "image"
        make_image(folder, tar_of(hello=b"hello"))
        words = ("push", "--disable-content-trust", "--from", folder, "team/app:1.0")
        server.inkan(*words)
        yield server
        assert server.stop() == 0, server.log()


@pytest.fixture
def home(called_by_number, tmp_path):
    """A folder with what the page says is in it."""
    shutil.copy(called_by_number.ca, tmp_path / "ca.crt")
    shutil.copytree(called_by_number.folder / "image", tmp_path / "image")
    (tmp_path / "password").write_text(PASSWORD)
    return tmp_path


@pytest.fixture
def environment(home, tmp_path_factory):
    """What keeps clients off everything that is not the test's."""
    made = tmp_path_factory.mktemp("s")
    storage = f'[storage]\ndriver = "vfs"\ngraphroot = "{made}/graph"\nrunroot = "{made}/run"\n'
    (made / "storage.conf").write_text(storage)
    return {
        "HOME": str(home),
        "DOCKER_CONFIG": str(home / ".docker"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "CONTAINERS_STORAGE_CONF": str(made / "storage.conf"),
        "REGISTRY_AUTH_FILE": str(made / "auth.json"),
    }


@pytest.mark.parametrize(("title", "block"), BLOCKS, ids=[title for title, _ in BLOCKS])
def test_what_the_page_tells_to_type_works(title, block, called_by_number, home, environment, request):  # fmt: skip
    named = set(re.findall(r"^(?:\w+=\$\()?(\w+) ", block, re.MULTILINE))
    for program in named & set(PROGRAMS):
        require(shutil.which(program), f"{program} is not installed")
    folders = [str(find_program(program).parent) for program in sorted(named & set(VERSIONS))]
    environment["PATH"] = ":".join([*folders, "/usr/bin", "/bin", "/usr/sbin", "/sbin"])
    if "ctr" in named:
        environment |= request.getfixturevalue("containerd")
    typed = block.replace("registry.example.com:5000", called_by_number.host)
    typed = typed.replace("/etc/containerd", str(home / "containerd"))
    run("bash", "-euo", "pipefail", "-c", typed, env=environment, cwd=home, timeout=150)


def test_the_page_tells_of_every_client():
    told = PAGE.read_text()
    for program in (*PROGRAMS, *VERSIONS):
        assert re.search(rf"^(?:\w+=\$\()?{program} ", told, re.MULTILINE), program
