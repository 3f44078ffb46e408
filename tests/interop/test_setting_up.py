"""An organisation set up from nothing, each command with what it prints."""

import itertools
import json
import re
import shutil
from pathlib import Path

import pytest

from interop.docker_client import DockerClient
from interop.inkan_server import PASSWORD, InkanServer, inkan_program
from interop.processes import run

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server of a region, to which nobody has logged in."""
    folder = tmp_path_factory.mktemp("site")
    site = InkanServer(folder)
    regions = folder / "regions.toml"
    regions.write_text(f'regions = ["us-south={site.host}", "eu-de=eu.registry.test"]\n')
    site.command += ["--config", str(regions)]
    site.start()
    yield site
    assert site.stop() == 0, site.log()


class Person:
    """Somebody's machine: their docker and their `inkan`, with one folder of configuration."""

    def __init__(self, name, site, cli, engine, home: Path):
        self.name, self.site = name, site
        self.password = PASSWORD if name == "admin" else f"{name}-has-a-password"
        self.docker = DockerClient(cli, home, engine)
        self.environment = {
            **self.docker.environment,
            "INKAN_CONFIG": str(home / "inkan.json"),
            "DOCKER_CONTENT_TRUST": "1",
            "DOCKER_CONTENT_TRUST_SERVER": "",
        }

    def inkan(self, *words, stdin="", check=True):
        return run(inkan_program(), *words, env=self.environment, stdin=stdin.encode(), check=check)

    def log_in(self):
        words = ("login", self.site.host, "--ca", self.site.ca, "-u", self.name, "--password-stdin")
        return self.inkan(*words, stdin=self.password)


@pytest.fixture
def person(site, cli, engine, tmp_path):
    """Makes people: the administrator, or somebody with a role in a namespace."""

    def make(name, role="", namespace=""):
        unique = name if name == "admin" else f"{name}-of-{namespace}"
        someone = Person(unique, site, cli, engine, tmp_path / unique)
        if role:
            admin = Person("admin", site, cli, engine, tmp_path / "admin")
            admin.inkan("user-add", unique, "--password-stdin", stdin=someone.password)
            given = admin.inkan("policy-add", role, unique, "--namespace", namespace)
            assert given.err == f"{unique} is {role} in namespace {namespace}.\n"
        return someone

    return make


@pytest.fixture
def namespaces():
    """Names for two teams that no other test uses."""
    number = next(_numbers)
    return f"red-team-{number}", f"blue-team-{number}"


def test_S23_to_S30_and_S8_an_organisation_is_set_up(site, person, namespaces):
    red, blue = namespaces
    admin = person("admin")
    said = admin.log_in()
    assert said.err.splitlines()[1:] == [
        f"Logging in to '{site.host}'...",
        f"Logged in to '{site.host}'.",
        "",
        "To set up your Docker client with content trust,",
        "export the following environment variable:",
    ]
    assert said.out == f"export DOCKER_CONTENT_TRUST_SERVER={site.trust_url}\n"
    shown = admin.inkan("region-set", "us-south").out
    assert shown == f"The region is set to 'us-south', the registry is '{site.host}'.\n"
    assert admin.inkan("region-set", "mars", check=False).err == (
        "inkan: there is no region 'mars'; there are: eu-de, us-south\n"
    )
    for namespace in (red, blue):
        made = admin.inkan("namespace-add", namespace)
        assert made.err == f"Adding namespace '{namespace}'...\n"
        assert made.out == f"Successfully added namespace '{namespace}'\n"
    assert {red, blue} <= set(admin.inkan("namespaces").out.split())
    alice, bob = person("alice", "manager", red), person("bob", "manager", blue)
    reader = person("rita", "reader", red)
    for someone in (alice, bob, reader):
        someone.log_in()
    image = f"{site.host}/{red}/app:1.0"
    alice.docker.make_image(image, red.encode())
    pushed = alice.docker("push", image, trust=True)
    assert f"Successfully signed {image}" in pushed.text
    listed = alice.inkan("image-list")
    assert listed.err == "Listing images...\n"
    heading, row = listed.out.splitlines()
    assert re.split(r"\s{3,}", heading) == ["REPOSITORY", "NAMESPACE", "TAG", "DIGEST", "CREATED", "SIZE", "SIGNED BY"]  # fmt: skip
    assert re.split(r"\s{3,}", row)[:3] == [f"{site.host}/{red}/app", red, "1.0"]
    reader.docker("pull", image, trust=True)
    # the second team may neither see, nor pull, nor push, nor sign what the first one has
    assert bob.inkan("image-list", "-q").out == ""
    assert bob.docker("pull", image, check=False).code != 0
    bob.docker.make_image(image, b"of another team")
    for trust in (False, True):
        refused = bob.docker("push", image, trust=trust, check=False)
        assert refused.code != 0
        assert "denied" in refused.text or "unauthorized" in refused.text
    bob.docker.make_image(f"{site.host}/{blue}/app:1.0", b"of the second team")
    bob.docker("push", f"{site.host}/{blue}/app:1.0", trust=True)
    assert bob.inkan("images", "-q").out == f"{site.host}/{blue}/app:1.0\n"
    # who reads may not push
    assert reader.docker("push", image, check=False).code != 0


def test_S61_a_robot_pushes_by_its_key_and_signs_nothing(site, person, namespaces, cli, engine, tmp_path):  # fmt: skip
    red, _ = namespaces
    admin = person("admin")
    admin.log_in()
    admin.inkan("namespace-add", red)
    name = f"robot-{red}"
    admin.inkan("service-id-add", name)
    admin.inkan("policy-add", "pusher", name, "--namespace", red)
    made = json.loads(admin.inkan("api-key-create", "ci", "--for", name, "-o", "json").out)
    robot = DockerClient(cli, tmp_path / "robot", engine)
    shutil.copytree(tmp_path / "admin" / "tls", tmp_path / "robot" / "tls")
    words = ("login", site.host, "-u", "iamapikey", "--password-stdin")
    robot(*words, stdin=made["api_key"].encode())
    image = f"{site.host}/{red}/built:1"
    robot.make_image(image, b"by a robot")
    robot("push", image)
    assert robot("push", image, trust=True, check=False).code != 0
    assert robot("push", f"{site.host}/blue-team/built:1", check=False).code != 0
    admin.inkan("api-key-rm", made["id"])
    robot("rmi", image)
    assert robot("pull", image, check=False).code != 0
