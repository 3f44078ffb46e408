"""containerd, of its own and with no docker, pulls, tags, checks and pushes by `ctr`."""

import pytest

from interop.inkan_server import PASSWORD
from interop.processes import run

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]


class Ctr:
    """One person's `ctr`."""

    def __init__(self, containerd, registry, folder):
        self.environment = containerd
        self.words = ("ctr", "-n", registry.host.replace(":", "-"))
        self.way = ("--user", f"admin:{PASSWORD}", "--plain-http")
        if not registry.is_plain:
            # without a word on it, containerd speaks plain HTTP to localhost
            hosts = folder / "hosts" / registry.host
            hosts.mkdir(parents=True)
            text = f'[host."https://{registry.host}"]\nca = "{registry.ca}"\n'
            (hosts / "hosts.toml").write_text(text)
            self.way = ("--user", f"admin:{PASSWORD}", "--hosts-dir", folder / "hosts")

    def __call__(self, *words, check=True):
        return run(*self.words, *words, env=self.environment, check=check, timeout=90)


@pytest.fixture
def ctr(containerd, registry, tmp_path):
    return Ctr(containerd, registry, tmp_path)


def test_every_platform_comes_and_goes(ctr, place, pushed):
    pull = ("images", "pull", "--all-platforms", *ctr.way)
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
    words = ("--platform", "linux/arm64", *ctr.way)
    ctr("images", "pull", *words, f"{place}:1.0")
    ctr("content", "fetch", "--platform", "linux/amd64", *ctr.way, f"{place}:1.0")


def test_what_is_refused_is_refused(ctr, place, pushed, registry):
    ctr("images", "pull", "--all-platforms", *ctr.way, f"{place}:1.0")
    nowhere = f"{registry.host}/nowhere/app:1.0"
    refused = ctr("images", "push", *ctr.way, nowhere, f"{place}:1.0", check=False)
    assert refused.code == 1
    assert "403 Forbidden" in refused.err
    nobody = ctr("images", "pull", *ctr.way[2:], f"{place}:1.0", check=False)
    assert nobody.code == 1
    assert "authorization failed" in nobody.err or "401" in nobody.err
