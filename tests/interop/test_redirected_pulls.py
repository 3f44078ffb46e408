"""Where pulls are sent to the bucket, docker and skopeo follow, and have the same bytes; the registry's own name and the bucket's are two."""

import itertools
import json
import random
import shutil

import pytest

from faults.wire import PASSWORD, Server, Wire
from interop.conftest import require
from interop.docker_client import DockerClient
from interop.processes import run
from interop.strait import FROM_STORE, Strait
from interop.test_two_servers import environment, write_image

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]
_numbers = itertools.count(1)
LARGE = random.Random(12).randbytes(9_000_000)


class Place:
    """A server, and the strait that the bucket is behind: what goes through it past the server is counted."""

    def __init__(self, folder, postgresql, ceph):
        self.strait = Strait(ceph.port)
        # the server by one name and the bucket by another, as clients send their token along to the same name
        self.shared = environment(
            postgresql,
            ceph,
            "redirected",
            INKAN_BLOB_REDIRECT="true",
            AWS_ENDPOINT_URL=f"http://127.0.0.1:{self.strait.port}",
        )
        self.log = folder / "server.log"
        self.server = Server(folder / "data", "--log-level", "info", environment=self.shared).start()  # fmt: skip
        with Wire(self.server.port) as wire:
            wire.make_namespace("team")

    @property
    def host(self) -> str:
        return f"localhost:{self.server.port}"

    def sent_elsewhere(self) -> int:
        """How many pulls of blobs were answered with an address."""
        lines = [json.loads(one) for one in self.log.read_text().splitlines() if '"status": 307' in one]  # fmt: skip
        return len(lines)


@pytest.fixture(scope="module")
def place(postgresql, ceph, tmp_path_factory):
    running = Place(tmp_path_factory.mktemp("redirected"), postgresql, ceph)
    yield running
    assert running.server.stop() == 0
    running.strait.end()
    # an address opens an object to whoever has it
    assert "X-Amz-Signature" not in running.log.read_text()


def test_docker_follows_to_the_bucket_and_has_the_same_image(place, cli, engine, tmp_path):
    client = DockerClient(cli, tmp_path / "home", engine)
    client.log_in(place.host)
    reference = f"{place.host}/team/app{next(_numbers)}:v1"
    image = client.make_image(reference, LARGE)
    client("push", reference)
    client("rmi", reference)
    before, passed = place.sent_elsewhere(), place.strait.passed[FROM_STORE]
    client("pull", reference)
    assert client("image", "inspect", "-f", "{{.Id}}", reference).out.strip().endswith(image.removeprefix("sha256:"))  # fmt: skip
    assert place.sent_elsewhere() > before
    # docker has packed it; random bytes are not made smaller
    assert place.strait.passed[FROM_STORE] - passed > len(LARGE)
    client("rmi", reference)


def test_docker_goes_on_when_the_way_to_the_bucket_is_cut(place, cli, engine, tmp_path):
    client = DockerClient(cli, tmp_path / "home", engine)
    client.log_in(place.host)
    reference = f"{place.host}/team/app{next(_numbers)}:v1"
    client.make_image(reference, LARGE)
    client("push", reference)
    client("rmi", reference)
    place.strait.cut_after(4_000_000, FROM_STORE)
    # by itself: it asks for the rest with a range, at a new address
    client("pull", reference)
    client("rmi", reference)


def test_skopeo_follows_to_the_bucket_and_has_the_same_bytes(place, tmp_path):
    require(shutil.which("skopeo"), "skopeo is not installed")
    source, back = tmp_path / "source", tmp_path / "back"
    write_image(source, [LARGE, b"small"])
    target = f"docker://{place.host}/team/app{next(_numbers)}:v1"
    run("skopeo", "copy", "--preserve-digests", "--dest-creds", f"admin:{PASSWORD}", "--dest-tls-verify=false", f"dir:{source}", target)  # fmt: skip
    before = place.sent_elsewhere()
    run("skopeo", "copy", "--src-creds", f"admin:{PASSWORD}", "--src-tls-verify=false", target, f"dir:{back}")  # fmt: skip
    # the small ones are served from here: an address would cost more than the bytes
    assert place.sent_elsewhere() == before + 1
    for path in source.iterdir():
        assert (back / path.name).read_bytes() == path.read_bytes(), path.name
