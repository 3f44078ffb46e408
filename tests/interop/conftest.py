"""A private docker engine, docker's command lines of two generations, and an Inkan server."""

import contextlib
import itertools
import os
import shutil
import tempfile
from pathlib import Path

import pytest

from inkan.testing.images import make_index
from interop.ceph_server import CephServer, has_programs
from interop.docker_client import DockerClient, find_cli
from interop.inkan_server import InkanServer
from interop.postgresql_server import PostgresServer, find_binaries
from interop.processes import Daemon, run
from interop.tars import tar_of

ENGINE_FLAGS = ("--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs")
_numbers = itertools.count(1)


def require(condition, reason: str):
    """Go on if what a suite needs is there; a lack is a skip with its reason at home, and a failure in CI."""
    if condition:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"needed in CI: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def engine():
    """The socket of a private docker engine."""
    require(os.geteuid() == 0, "a docker engine needs root; run `make interop` as root")
    dockerd = shutil.which("dockerd") or "/usr/sbin/dockerd"
    require(Path(dockerd).exists(), "dockerd is not installed; run `make interop` as root")
    with tempfile.TemporaryDirectory(prefix="inkan-engine-") as folder:
        daemon = start_engine(Path(folder))
        yield f"unix://{folder}/docker.sock"
        daemon.end()


def start_engine(folder: Path, prefix=()) -> Daemon:
    socket = f"unix://{folder}/docker.sock"
    command = [
        *prefix,
        shutil.which("dockerd") or "/usr/sbin/dockerd",
        *ENGINE_FLAGS,
        f"--data-root={folder}/root",
        f"--exec-root={folder}/exec",
        f"--pidfile={folder}/docker.pid",
        "-H",
        socket,
    ]
    daemon = Daemon(command, folder / "dockerd.log")
    program = find_cli("20") or find_cli("28")
    daemon.wait_until(lambda: run(program, "-H", socket, "version", check=False).code == 0)
    return daemon


@pytest.fixture(scope="session", params=["20", "28"])
def cli(request):
    """A docker command line."""
    program = find_cli(request.param)
    require(program, f"no docker command line of generation {request.param} is installed")
    return program


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """An Inkan server with the namespace `team`; it must end well."""
    server = InkanServer(tmp_path_factory.mktemp("inkan")).start().log_in()
    server.inkan("namespace-add", "team")
    yield server
    assert server.stop() == 0, server.log()


@pytest.fixture(scope="session")
def plain_server(tmp_path_factory):
    """A server without TLS, with the namespace `team`."""
    server = InkanServer(tmp_path_factory.mktemp("plain"), "--tls", "off").start().log_in()
    server.inkan("namespace-add", "team")
    yield server
    assert server.stop() == 0, server.log()


@pytest.fixture(params=["server", "plain_server"])
def registry(request):
    """A server with TLS, and one without."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def place(registry):
    """A repository of either, that no other test uses."""
    return f"{registry.host}/team/app{next(_numbers)}"


@pytest.fixture
def pushed(registry, place, tmp_path):
    """The digest of an image for two platforms, which is tagged 1.0 at `place`, and was put there by `inkan`."""
    layers = {"linux/amd64": [tar_of(name=b"amd64")], "linux/arm64": [tar_of(name=b"arm64")]}
    digest = make_index(tmp_path / "made", layers)
    words = ("push", "--disable-content-trust", "--from", tmp_path / "made", f"{place}:1.0")
    registry.inkan(*words)
    return digest


@pytest.fixture
def person(cli, engine, tmp_path, server):
    """Makes people, each with a docker of their own that is logged in."""

    def make(name: str) -> DockerClient:
        client = DockerClient(cli, tmp_path / name, engine)
        client.log_in(server.host)
        return client

    return make


@pytest.fixture
def owner(person):
    return person("owner")


@pytest.fixture
def repository(server):
    """A repository that no other test uses, without a tag."""
    return f"{server.host}/team/app{next(_numbers)}"


@pytest.fixture(scope="session")
def postgresql():
    """A PostgreSQL server with the empty database `contract`."""
    require(find_binaries(), "PostgreSQL is not installed; run `make interop` as root")
    server = PostgresServer().start()
    server.new_database("contract")
    yield server
    server.stop()


@pytest.fixture
def own_postgresql():
    """A PostgreSQL server that a test may kill."""
    require(find_binaries(), "PostgreSQL is not installed; run `make interop` as root")
    server = PostgresServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def ceph():
    """A Ceph object gateway."""
    require(has_programs(), "Ceph's object gateway is not installed; run `make interop` as root")
    server = CephServer()
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
def kept():
    """What a client wants closed when it is needed no more."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture(scope="session")
def containerd():
    """A containerd, as the environment by which `ctr` finds it."""
    require(os.geteuid() == 0, "containerd needs root; run `make interop` as root")
    require(shutil.which("containerd"), "containerd is not installed; run `make interop` as root")
    with tempfile.TemporaryDirectory(prefix="containerd-") as folder:
        # what a registry needs none of, and what would need a kernel's goodwill
        unneeded = ["grpc.v1.cri", *(f"snapshotter.v1.{name}" for name in ("aufs", "btrfs", "devmapper", "overlayfs", "zfs"))]  # fmt: skip
        names = ", ".join(f'"io.containerd.{name}"' for name in unneeded)
        (Path(folder) / "config.toml").write_text(f"version = 2\ndisabled_plugins = [{names}]\n")
        found = {"CONTAINERD_ADDRESS": f"{folder}/socket", "CONTAINERD_SNAPSHOTTER": "native"}
        state = ("--root", f"{folder}/root", "--state", f"{folder}/state")
        command = ("containerd", "--config", f"{folder}/config.toml", "--address", f"{folder}/socket")  # fmt: skip
        daemon = Daemon([*command, *state], Path(folder) / "log")
        daemon.wait_until(lambda: run("ctr", "version", env=found, check=False).code == 0)
        yield found
        daemon.end()
