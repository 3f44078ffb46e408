"""A repository with 10,000 signed tags, as docker and Portieris see it; with times beside notary-server's."""

import base64
import http.client
import json
import random
import shutil
import ssl
import time
from datetime import UTC, datetime

import pytest

from inkan.testing.publisher import Publisher
from inkan.tuf.keys import PublicKey
from inkan.tuf.roles import SNAPSHOT, TIMESTAMP
from interop.conftest import require
from interop.docker_client import DockerClient, find_cli
from interop.inkan_server import PASSWORD
from interop.processes import run
from interop.reference_servers import ReferenceServers

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]
TAGS = 10_000
AUTH = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()


class Side:
    """A registry and its trust server, as an owner of many tags meets them."""

    def __init__(self, name, server, trust_port, *, logs_in):
        self.name, self.server, self.logs_in = name, server, logs_in
        context = ssl.create_default_context(cafile=str(server.ca))
        self.connection = http.client.HTTPSConnection(
            "localhost", trust_port, timeout=60, context=context
        )
        self.headers = {"Authorization": f"Basic {AUTH}"} if logs_in else {}

    def call(self, method, path, body=b"", headers=None) -> bytes:
        self.connection.request(method, path, body, {**self.headers, **(headers or {})})
        answer = self.connection.getresponse()
        content = answer.read()
        assert answer.status == 200, (self.name, answer.status, content[:300])
        return content

    def publish_many(self, gun, digest: bytes, size: int) -> None:
        base = f"/v2/{gun}/_trust/tuf/"
        keys = {
            role: PublicKey.from_json(json.loads(self.call("GET", f"{base}{role}.key")))
            for role in (SNAPSHOT, TIMESTAMP)
        }
        owner = Publisher(gun, keys, now=datetime.now(UTC))
        for number in range(TAGS - 1):
            some = base64.b64encode(random.randbytes(32)).decode()
            owner.tags[f"v{number}"] = {"hashes": {"sha256": some}, "length": 528}
        files = owner.first_push("real", digest, size)
        parts = b"".join(
            f'--b\r\nContent-Disposition: form-data; name="files"; filename="{role}"\r\n\r\n'.encode()
            + raw
            + b"\r\n"
            for role, raw in files.items()
        )
        kind = {"Content-Type": "multipart/form-data; boundary=b"}
        self.call("POST", base, parts + b"--b--\r\n", kind)


@pytest.fixture
def sides(server, tmp_path):
    for program in ("notary-server", "docker-registry", "notary"):
        require(shutil.which(program), f"{program} is not installed")
    reference = ReferenceServers(tmp_path).start()
    both = (
        Side("Inkan", server, server.trust_port, logs_in=True),
        Side("notary-server", reference, reference.trust_port, logs_in=False),
    )
    yield both
    for side in both:
        side.connection.close()
    reference.stop()


class Stopwatch:
    """Times what is called, in seconds, by its name."""

    def __init__(self):
        self.seconds = {}

    def __call__(self, what, work, *arguments, **options):
        began = time.perf_counter()
        result = work(*arguments, **options)
        self.seconds[what] = time.perf_counter() - began
        return result


def look_and_pull(side, client, gun, folder) -> dict[str, float]:
    """Return how long the same things take at a side."""
    timed, trust = Stopwatch(), {"server": side.server.trust_url}
    shown = timed("docker trust inspect", client.signatures, gun, **trust)
    assert len(shown["SignedTags"]) == TAGS
    timed("docker trust inspect again", client.signatures, gun, **trust)
    timed("signed docker pull", client, "pull", f"{gun}:real", trust=True, **trust)
    assert client.has_image(f"{gun}:real")
    # Portieris asks through notary's library: one target by name, by a client without a cache
    command = ("notary", "-s", side.server.trust_url, "--tlscacert", side.server.ca, "-d", folder)
    env = {"NOTARY_AUTH": AUTH} if side.logs_in else {}
    found = timed("notary lookup", run, *command, "lookup", gun, "real", env=env)
    assert found.out.startswith("real sha256:")
    return timed.seconds


def test_many_tags_are_inspected_looked_up_and_pulled(sides, engine, repository, tmp_path):
    program = find_cli("28")
    require(program, "no docker command line of generation 28 is installed")
    times = []
    for side in sides:
        gun = f"{side.server.host}/{repository.partition('/')[2]}"
        client = DockerClient(program, tmp_path / side.name, engine)
        if side.logs_in:
            client.log_in(side.server.host)
        client.make_image(f"{gun}:real", b"real")
        pushed = client("push", f"{gun}:real").out
        digest, size = pushed.rpartition("sha256:")[2].split()[0], int(pushed.split()[-1])
        side.publish_many(gun, bytes.fromhex(digest), size)
        client("rmi", "-f", f"{gun}:real")
        times.append(look_and_pull(side, client, gun, tmp_path / f"{side.name}-notary"))
    for what, ours in times[0].items():
        print(f"{what}: Inkan {ours:.2f} s, notary-server {times[1][what]:.2f} s")
