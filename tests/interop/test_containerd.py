"""containerd, of its own and with no docker, pulls, tags, checks and pushes by `ctr`."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from interop.conftest import require
from interop.inkan_server import PASSWORD
from interop.processes import Daemon, run

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]
# what a registry needs none of, and what would need a kernel's goodwill
WITHOUT = ("cri", "aufs", "btrfs", "devmapper", "zfs", "overlayfs")


@pytest.fixture(scope="module")
def socket():
    """The address of a containerd."""
    require(os.geteuid() == 0, "containerd needs root; run `make interop` as root")
    require(shutil.which("containerd"), "containerd is not installed; run `make interop` as root")
    with tempfile.TemporaryDirectory(prefix="containerd-") as folder:
        names = ", ".join(f'"io.containerd.snapshotter.v1.{name}"' for name in WITHOUT[1:])
        config = Path(folder) / "config.toml"
        config.write_text(f'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri", {names}]\n')  # fmt: skip
        address = f"{folder}/containerd.sock"
        state = ("--root", f"{folder}/root", "--state", f"{folder}/state")
        command = ("containerd", "--config", config, "--address", address, *state)
        daemon = Daemon(command, Path(folder) / "containerd.log")
        daemon.wait_until(lambda: run("ctr", "-a", address, "version", check=False).code == 0)
        yield address
        daemon.end()


class Ctr:
    """One person's `ctr`."""

    def __init__(self, socket, registry, folder):
        self.words = ("ctr", "-a", socket, "-n", registry.host.replace(":", "-"))
        self.way = ("--user", f"admin:{PASSWORD}", "--plain-http")
        if not registry.is_plain:
            # without a word on it, containerd speaks plain HTTP to localhost
            hosts = folder / "hosts" / registry.host
            hosts.mkdir(parents=True)
            text = f'[host."https://{registry.host}"]\nca = "{registry.ca}"\n'
            (hosts / "hosts.toml").write_text(text)
            self.way = ("--user", f"admin:{PASSWORD}", "--hosts-dir", folder / "hosts")

    def __call__(self, *words, check=True):
        return run(*self.words, *words, check=check, timeout=90)


@pytest.fixture
def ctr(socket, registry, tmp_path):
    return Ctr(socket, registry, tmp_path)


def test_every_platform_comes_and_goes(ctr, place, pushed):
    pull = ("images", "pull", "--snapshotter", "native", "--all-platforms", *ctr.way)
    ctr(*pull, f"{place}:1.0")
    assert pushed in ctr("images", "ls", f"name=={place}:1.0").out
    assert "complete (" in ctr("images", "check", "--snapshotter", "native").out
    ctr("images", "tag", f"{place}:1.0", f"{place}-copy:2.0")
    ctr("images", "push", *ctr.way, f"{place}-copy:2.0")
    # within one registry, what is there is mounted, and comes back the same
    ctr("images", "rm", f"{place}:1.0", f"{place}-copy:2.0")
    ctr(*pull, f"{place}-copy:2.0")
    assert pushed in ctr("images", "ls", f"name=={place}-copy:2.0").out
    ctr(*pull, f"{place}@{pushed}")


def test_one_platform_is_pulled_alone(ctr, place, pushed):
    words = ("--snapshotter", "native", "--platform", "linux/arm64", *ctr.way)
    ctr("images", "pull", *words, f"{place}:1.0")
    ctr("content", "fetch", "--platform", "linux/amd64", *ctr.way, f"{place}:1.0")


def test_what_is_refused_is_refused(ctr, place, pushed, registry):
    ctr("images", "pull", "--snapshotter", "native", "--all-platforms", *ctr.way, f"{place}:1.0")
    nowhere = f"{registry.host}/nowhere/app:1.0"
    refused = ctr("images", "push", *ctr.way, nowhere, f"{place}:1.0", check=False)
    assert refused.code == 1
    assert "403 Forbidden" in refused.err
    nobody = ctr("images", "pull", *ctr.way[2:], f"{place}:1.0", check=False)
    assert nobody.code == 1
    assert "authorization failed" in nobody.err or "401" in nobody.err
