"""The tutorial, typed: every command of its pages in their order, by three people with a home each, against a server on its defaults."""

import os
import re
import shutil
from pathlib import Path

import pytest

from interop.docker_client import PASSPHRASES, DockerClient
from interop.inkan_server import inkan_program
from interop.processes import Daemon, free_port
from interop.terminal import type_in

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]
PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"


def blocks(port: int) -> dict[int, list[str]]:
    """Return what is to be typed, by the number of its step; the server is on another port."""
    found = {}
    for number, text in re.findall(r"^## (\d)\. [^\n]*\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.DOTALL | re.MULTILINE):  # fmt: skip
        typed = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
        found[int(number)] = [one.replace("localhost:5000", f"localhost:{port}") for one in typed]
    return found


class Somebody:
    """A home with a docker and an `inkan` in it, and somebody at a terminal who answers what is asked."""

    def __init__(self, name, cli, engine, folder: Path, answers=()):
        self.home = folder / name
        self.docker = DockerClient(cli, self.home / ".docker", engine)
        self.answers = dict(answers)
        (self.home / "bin").mkdir()
        (self.home / "bin" / "docker").symlink_to(cli)
        (self.home / "bin" / "inkan").symlink_to(inkan_program())
        # all that is typed before counts, as in one terminal
        self.before = ""
        self.environment = {
            **os.environ, **PASSPHRASES, "HOME": str(self.home), "DOCKER_HOST": engine, "DOCKER_CLI_HINTS": "false",
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}", "TERM": "dumb",
        }  # fmt: skip
        for inherited in ("DOCKER_CONFIG", "INKAN_CONFIG", "DOCKER_CONTENT_TRUST"):
            self.environment.pop(inherited, None)

    def types(self, text: str, folder=None, check=True) -> str:
        """Type a block; return what the terminal shows."""
        script = f"set -e\n{self.before}\n{text}"
        shown, code = type_in(script, folder or self.home, self.environment, self.answers)
        self.before += "".join(f"{line}\n" for line in text.splitlines() if re.match(r"export |inkan\(\)", line))  # fmt: skip
        assert (code == 0) == check, f"{text}\n{shown}"
        return shown


@pytest.fixture
def started(tmp_path, cli, engine):
    """What `make run` starts, in a folder as a checkout is; its port, and the folder."""
    port, trust_port = free_port(), free_port()
    checkout = tmp_path / "checkout"
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "inkan").symlink_to(inkan_program())
    words = ["--listen", f"127.0.0.1:{port}", "--trust-listen", f"127.0.0.1:{trust_port}"]
    command = ["env", "-C", checkout, inkan_program(), "serve", *words]
    server = Daemon(command, tmp_path / "server.log", {"INKAN_ADMIN_PASSWORD": ""})
    server.wait_until(lambda: "Log in and make a namespace" in server.log.read_text())
    yield port, checkout
    assert server.end() == 0


def test_the_tutorial_is_typed_and_shows_what_it_says(started, cli, engine, tmp_path):
    port, checkout = started
    steps = blocks(port)
    assert sorted(steps) == [1, 2, 3, 4, 5, 6, 7]
    image = f"localhost:{port}/team/alpine"
    admin = Somebody("admin", cli, engine, tmp_path)
    admin.docker.make_image("alpine:3", b"small")
    assert "Successfully added namespace 'team'" in admin.types(steps[2][0], checkout)
    # the engine of this suite has no way to a public registry
    signed = admin.types(re.sub(r"^docker pull .*\n", "", steps[3][0]), checkout)
    assert f'Finished initializing "{image}"' in signed
    assert f"Successfully signed {image}:3" in signed
    seen = admin.types(steps[4][0], checkout)
    assert "(Repo Admin)" in seen
    assert "Listing images..." in seen
    refused = admin.types(steps[5][0], checkout, check=False)
    assert re.search(r"No valid trust data for plain", refused)
    assert len(list((admin.home / ".docker" / "trust" / "private").glob("*.key"))) == 2
    a_team(admin, steps[7], checkout, image, cli, engine)


def a_team(admin, typed, checkout, image, cli, engine):
    passwords = [line for line in admin.types(typed[0], checkout).splitlines() if re.fullmatch(r"[\w-]{20,}", line)]  # fmt: skip
    alice, bob = (
        Somebody(name, cli, engine, admin.home.parent, {"just this one?": "y", "Password: ": password})
        for name, password in zip(("alice", "bob"), passwords, strict=True)
    )  # fmt: skip
    made = alice.types(typed[1])
    assert "Did its administrator give you just this one?" in made
    assert (alice.home / "alice.pub").exists()
    shutil.copy(alice.home / "alice.pub", checkout)
    by_owner, by_alice = typed[2].splitlines()
    assert "Successfully added signer: alice" in admin.types(by_owner, checkout)
    assert f"Successfully signed {image}:3" in alice.types(by_alice)
    shown = bob.types(typed[3])
    assert f"Tagging {image}@sha256:" in shown
    row = next(line for line in shown.splitlines() if line.startswith(f"{image} "))
    assert row.endswith("alice")
    bob.types(f"docker push --disable-content-trust {image}:3", check=False)
