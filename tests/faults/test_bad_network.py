"""Whatever a network does to a push and a pull, they go through or end with one clear error, and what is there in the end is right."""

import contextlib
import os
from hashlib import sha256

import pytest

from faults.toxic_proxy import ToxicProxy, Toxics
from faults.wire import PASSWORD, Server, Wire
from inkan.client.credentials import Credential
from inkan.client.layout import ImageLayout
from inkan.client.progress import Silence
from inkan.client.registry import Registry
from inkan.client.session import Session
from inkan.client.transfer import pull, push
from inkan.errors import ServerUnreachableError
from inkan.oci.media_types import OCI_MANIFEST
from inkan.oci.reference import RepositoryName
from inkan.testing.images import make_image

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
KIB = 1024
# a layer that goes in one request, and one that goes in pieces and is gone on with
LAYERS = (200 * KIB, 5 * KIB * KIB)
# in the head of the first request, at its end, in a token, an answer, a small body, a large one, and late in it
CUTS = (0, 1, 40, 200, 400, 700, 1_200, 3_000, 20_000, 150_000, 204_000, 210_000, 2_000_000, 5_200_000)  # fmt: skip


class World:
    """A registry behind a bad network, and images that nobody has pushed yet."""

    def __init__(self, folder, proxy, server):
        self.folder, self.proxy, self.server = folder, proxy, server
        self.count = 0

    def image(self, *sizes):
        """Return the layout of a new image, and its manifest."""
        self.count += 1
        folder = self.folder / f"image{self.count}"
        digest = make_image(folder, *(os.urandom(size) for size in sizes))
        layout = ImageLayout(folder)
        return layout, layout.manifest(digest, OCI_MANIFEST)

    def registry(self, port):
        session = Session(f"http://localhost:{port}", Credential("admin", PASSWORD))
        return Registry(session, RepositoryName("team/app"))

    def push(self, port, layout, manifest, tag):
        with contextlib.closing(self.registry(port)) as registry:
            push(layout, manifest, registry, Silence())
            registry.push_manifest(manifest, tag)

    def pull(self, port, manifest, name):
        layout = ImageLayout(self.folder / name)
        with contextlib.closing(self.registry(port)) as registry:
            pull(registry, registry.manifest(str(manifest.digest)), layout, Silence())
        return layout

    def require_whole(self, layout, manifest):
        for one in (manifest.digest, *(blob.digest for blob in _blobs(manifest))):
            content = b"".join(layout.blob(str(one), 0))
            assert f"sha256:{sha256(content).hexdigest()}" == str(one)


def _blobs(manifest):
    from inkan.oci.manifest import parse

    return parse(manifest.raw, manifest.media_type).blobs


@pytest.fixture
def world(tmp_path):
    server = Server(tmp_path / "data").start()
    with Wire(server.port) as wire:
        wire.make_namespace("team")
    with ToxicProxy(server.port) as proxy:
        yield World(tmp_path, proxy, server)
    assert server.stop() == 0


def test_NET_013_a_connection_is_cut_at_every_kind_of_byte(world):
    outcomes = {}
    for at in CUTS:
        layout, manifest = world.image(*LAYERS)
        for act in ("push", "pull"):
            # the first connections are cut, and those that come after them are not
            world.proxy.toxics = Toxics(cuts=[at] * 2)
            name = f"{act}{at}"
            with contextlib.suppress(ServerUnreachableError):
                if act == "push":
                    world.push(world.proxy.port, layout, manifest, name)
                else:
                    world.pull(world.proxy.port, manifest, name)
                outcomes[act, at] = "went through"
            world.proxy.toxics = Toxics()
            if act == "push":
                world.push(world.proxy.port, layout, manifest, name)
            got = world.pull(world.proxy.port, manifest, name)
            world.require_whole(got, manifest)
    through = {act: sum(one == act for one, _ in outcomes) for act in ("push", "pull")}
    print(f"{world.proxy.resets} resets; of {len(CUTS)} each went through: {through}")
    assert world.proxy.resets > len(CUTS)
    assert min(through.values()) >= len(CUTS) // 2


@pytest.mark.parametrize(
    "toxics",
    [
        Toxics(latency_seconds=0.15),
        Toxics(latency_seconds=0.02, jitter_seconds=0.2),
        Toxics(slice_bytes=700, jitter_seconds=0.002),
    ],
    ids=["late", "unsteady", "in crumbs"],
)
def test_NET_013_a_network_that_is_late_unsteady_or_gives_crumbs_is_only_slow(world, toxics):
    layout, manifest = world.image(200 * KIB, 40 * KIB)
    world.proxy.toxics = toxics
    world.push(world.proxy.port, layout, manifest, "v1")
    world.require_whole(world.pull(world.proxy.port, manifest, "pulled"), manifest)
    assert world.proxy.resets == 0


def test_NET_013_at_8_KiB_a_second_nobody_is_taken_for_one_who_stands_still(world):
    layout, manifest = world.image(40 * KIB)
    world.proxy.toxics = Toxics(bytes_per_second=8 * KIB, slice_bytes=2 * KIB)
    world.push(world.proxy.port, layout, manifest, "v1")
    world.require_whole(world.pull(world.proxy.port, manifest, "pulled"), manifest)
    assert world.proxy.resets == 0
