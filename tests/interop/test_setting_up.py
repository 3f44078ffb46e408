"""An organisation set up from nothing with the real docker, each command with what it prints: one story, told once by each generation of docker."""

import itertools
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from interop.browser import Browser
from interop.docker_client import DockerClient
from interop.inkan_server import PASSWORD, InkanServer, inkan_program
from interop.organisation import SECRET, IdentityProvider, log_in_at_provider
from interop.processes import run

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]
_numbers = itertools.count(1)
_COLUMNS = ["REPOSITORY", "NAMESPACE", "TAG", "DIGEST", "CREATED", "SIZE", "SIGNED BY"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server of a region, a client of the organisation's provider, to which nobody has logged in."""
    folder = tmp_path_factory.mktemp("site")
    site = InkanServer(folder)
    regions = folder / "regions.toml"
    regions.write_text(f'regions = ["us-south={site.host}", "eu-de=eu.registry.test"]\n')
    site.command += ["--config", str(regions)]
    with IdentityProvider(site, folder):
        site.start()
        yield site
        assert site.stop() == 0, site.log()
    assert SECRET not in site.log()


class Person:
    """Somebody's machine: their docker and their `inkan`, with one folder of configuration."""

    def __init__(self, name, site, cli, engine, home: Path):
        self.name, self.site = name, site
        self.password = PASSWORD if name == "admin" else f"{name}-has-a-password"
        self.docker = DockerClient(cli, home, engine)
        self.environment = {
            **self.docker.environment,
            "INKAN_CONFIG": str(home / "inkan.json"),
            "REGISTRY_AUTH_FILE": str(home / "auth.json"),
            "DOCKER_CONTENT_TRUST": "1",
            "DOCKER_CONTENT_TRUST_SERVER": "",
        }

    def inkan(self, *words, stdin="", check=True):
        return run(inkan_program(), *words, env=self.environment, stdin=stdin.encode(), check=check)

    def log_in(self, *words):
        words = words or ("-u", self.name, "--password-stdin")
        return self.inkan("login", self.site.host, "--ca", self.site.ca, *words, stdin=self.password)  # fmt: skip


@dataclass
class Place:
    """Where the story plays: two teams' namespaces that no other telling uses, and whoever comes along."""

    site: InkanServer
    cli: str
    engine: str
    folder: Path
    number: int

    @property
    def red(self):
        return f"red-team-{self.number}"

    @property
    def blue(self):
        return f"blue-team-{self.number}"

    @property
    def image(self):
        return f"{self.site.host}/{self.red}/app:1.0"

    def person(self, name):
        """Return somebody with a machine of their own."""
        unique = name if name == "admin" else f"{name}-{self.number}"
        return Person(unique, self.site, self.cli, self.engine, self.folder / unique)


def added(admin, someone, role, namespace):
    """Have a person added, with a role in a namespace; they log in."""
    made = admin.inkan("user-add", someone.name, "--password-stdin", stdin=someone.password)
    assert made.err == f"Added user '{someone.name}'.\n"
    assert made.out == f"Give a role with: inkan policy-add writer {someone.name} --namespace NAMESPACE\n"  # fmt: skip
    given = admin.inkan("policy-add", role, someone.name, "--namespace", namespace)
    assert given.err == f"{someone.name} is {role} in namespace {namespace}.\n"
    assert f"Logged in to '{someone.site.host}'.\n" in someone.log_in().err
    return someone


def is_refused(result):
    return result.code != 0 and ("denied" in result.text or "unauthorized" in result.text)


def test_S23_to_S30_S8_S61_S24_an_organisation_is_set_up(site, cli, engine, tmp_path):
    """Log in, region, namespaces, signed push, list; a second team; a signer who may not push; a robot; somebody from single sign-on."""
    place = Place(site, cli, engine, tmp_path, next(_numbers))
    admin = place.person("admin")
    the_administrator_logs_in_and_makes_namespaces(admin, place)
    alice = added(admin, place.person("alice"), "manager", place.red)
    a_signed_push_is_listed_and_pulled(admin, alice, place)
    bob = added(admin, place.person("bob"), "manager", place.blue)
    a_second_team_may_not_touch_the_firsts(bob, place)
    a_signer_signs_and_may_not_push(admin, alice, place)
    a_robot_pushes_by_its_key_and_signs_nothing(admin, place)
    somebody_comes_by_single_sign_on(admin, place)


def the_administrator_logs_in_and_makes_namespaces(admin, place):
    site, red, blue = place.site, place.red, place.blue
    said = admin.log_in()
    assert said.err.splitlines()[1:] == [
        f"Logging in to '{site.host}'...",
        f"Logged in to '{site.host}'.",
        "",
        "To set up your Docker client with content trust,",
        "export the following environment variable:",
    ]
    assert said.out == f"export DOCKER_CONTENT_TRUST_SERVER={site.trust_url}\n"
    assert admin.inkan("region-set", "us-south").out == (
        f"The region is set to 'us-south', the registry is '{site.host}'.\n"
    )
    assert admin.inkan("region").out == (
        f"You are targeting region 'us-south', the registry is '{site.host}'.\n"
    )
    assert admin.inkan("region-set", "mars", check=False).err == (
        "inkan: there is no region 'mars'; there are: eu-de, us-south\n"
    )
    for namespace in (red, blue):
        made = admin.inkan("namespace-add", namespace)
        assert made.err == f"Adding namespace '{namespace}'...\n"
        assert made.out == f"Successfully added namespace '{namespace}'\n"
    assert {red, blue} <= set(admin.inkan("namespaces").out.split())


def a_signed_push_is_listed_and_pulled(admin, alice, place):
    image = place.image
    alice.docker.make_image(image, place.red.encode())
    pushed = alice.docker("push", image, trust=True)
    assert "Signing and pushing trust metadata" in pushed.text
    assert f"Successfully signed {image}" in pushed.text
    listed = alice.inkan("image-list")
    assert listed.err == "Listing images...\n"
    heading, row = listed.out.splitlines()
    assert re.split(r"\s{3,}", heading) == _COLUMNS
    shown = re.split(r"\s{3,}", row)
    assert shown[:3] == [image.rpartition(":")[0], place.red, "1.0"]
    assert shown[-1] != "-", "it is signed"
    reader = added(admin, place.person("rita"), "reader", place.red)
    reader.docker("pull", image, trust=True)
    assert is_refused(reader.docker("push", image, check=False))


def a_second_team_may_not_touch_the_firsts(bob, place):
    """Neither see, nor pull, nor push, nor sign."""
    image, own = place.image, f"{place.site.host}/{place.blue}/app:1.0"
    assert bob.inkan("image-list", "-q").out == ""
    assert is_refused(bob.docker("pull", image, check=False))
    bob.docker.make_image(image, b"of another team")
    for trust in (False, True):
        assert is_refused(bob.docker("push", image, trust=trust, check=False))
    bob.docker.make_image(own, b"of the second team")
    bob.docker("push", own, trust=True)
    assert bob.inkan("images", "-q").out == f"{own}\n"


def a_signer_signs_and_may_not_push(admin, alice, place):
    image, repository = place.image, place.image.rpartition(":")[0]
    sam = added(admin, place.person("sam"), "signer", place.red)
    for person, name in ((alice, "alice"), (sam, "sam")):
        made = person.docker("trust", "key", "generate", name, "--dir", person.docker.home)
        assert f"Successfully generated and loaded private key. Corresponding public key available: {person.docker.home}/{name}.pub" in made.text  # fmt: skip
        key = person.docker.home / f"{name}.pub"
        let = alice.docker("trust", "signer", "add", "--key", key, name, repository)
        assert f"Successfully added signer: {name} to {repository}" in let.text
    alice.docker("pull", image)
    assert f"Successfully signed {image}" in alice.docker("trust", "sign", image).text
    sam.docker("pull", image)
    assert f"Successfully signed {image}" in sam.docker("trust", "sign", image).text
    shown = sam.docker("trust", "inspect", "--pretty", repository).out
    assert re.search(r"^1\.0 +[0-9a-f]{64} +alice, sam$", shown, re.MULTILINE), shown
    sneaked = f"{repository}:2.0"
    sam.docker.make_image(sneaked, b"sneaked in")
    assert is_refused(sam.docker("push", sneaked, check=False))
    listed = alice.inkan("image-list").out.splitlines()
    assert [re.split(r"\s{3,}", row)[2] for row in listed[1:]] == ["1.0"]
    assert listed[1].endswith("alice, sam")


def a_robot_pushes_by_its_key_and_signs_nothing(admin, place):
    site, red, name = place.site, place.red, f"robot-{place.number}"
    made = admin.inkan("service-id-add", name)
    assert made.err == f"Added service id '{name}'.\n"
    assert made.out == f"Make it a key with: inkan api-key-create KEY-NAME --for {name}\n"
    admin.inkan("policy-add", "pusher", name, "--namespace", red)
    key = json.loads(admin.inkan("api-key-create", "ci", "--for", name, "-o", "json").out)
    robot = place.person("robot")
    shutil.copytree(admin.docker.home / "tls", robot.docker.home / "tls")
    words = ("login", site.host, "-u", "iamapikey", "--password-stdin")
    assert "Login Succeeded" in robot.docker(*words, stdin=key["api_key"].encode()).text
    image = f"{site.host}/{red}/built:1"
    robot.docker.make_image(image, b"by a robot")
    robot.docker("push", image)
    assert robot.docker("push", image, trust=True, check=False).code != 0
    elsewhere = f"{site.host}/{place.blue}/built:1"
    robot.docker("tag", image, elsewhere)
    assert is_refused(robot.docker("push", elsewhere, check=False))
    assert admin.inkan("api-key-rm", key["id"]).out == "OK\n"
    robot.docker("rmi", image)
    assert is_refused(robot.docker("pull", image, check=False))


def somebody_comes_by_single_sign_on(admin, place):
    """What their group may they may with docker itself, until they log out: then no copy of what was kept is good either."""
    site, image = place.site, place.image
    group = "developers"
    admin.inkan("group-add", group, check=False)
    admin.inkan("policy-add", "reader", group, "--group", "--namespace", place.red)
    dora = place.person("dora")
    plain = dora.inkan("login", site.host, "--ca", site.ca, "-u", dora.name, "--password-stdin", stdin="x", check=False)  # fmt: skip
    assert plain.code != 0
    assert plain.err.endswith(f"inkan login --sso {site.host}\n")
    with Browser(place.folder) as browser:
        browser.open(f"https://{site.host}/sso/passcode")
        log_in_at_provider(browser, dora.name)
        dora.password = browser.text("#passcode")
    said = dora.log_in("--sso", "--password-stdin")
    assert f"Get a one-time passcode from https://{site.host}/sso/passcode\n" in said.err
    assert f"Logged in to '{site.host}'.\n" in said.err
    assert said.out == f"export DOCKER_CONTENT_TRUST_SERVER={site.trust_url}\n"
    listed = dora.inkan("image-list", "-q", "--restrict", place.red).out.split()
    assert listed == [image, f"{site.host}/{place.red}/built:1"]
    dora.docker("rmi", "-f", image, check=False)
    assert f"Tagging {image.rpartition(':')[0]}@sha256:" in dora.docker("pull", image, trust=True).text  # fmt: skip
    assert is_refused(dora.docker("push", image, check=False))
    again = place.person("thief")
    again.password = dora.password
    twice = again.inkan("login", "--sso", "--password-stdin", site.host, "--ca", site.ca, stdin=dora.password, check=False)  # fmt: skip
    assert twice.code != 0
    copy = place.person("copy")
    shutil.copytree(dora.docker.home, copy.docker.home, dirs_exist_ok=True)
    copy.docker("pull", image)
    out = dora.inkan("logout", site.host)
    assert out.err == f"Removing login credentials for {site.host}\n"
    for one in (dora, copy):
        one.docker("rmi", "-f", image, check=False)
        assert is_refused(one.docker("pull", image, check=False))
