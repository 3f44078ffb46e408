"""The how-to pages, typed: each `inkan` on them in its order, by an administrator at a terminal, against a server that has what the page takes for granted."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from inkan.testing.images import make_image
from interop.inkan_server import PASSWORD, InkanServer, inkan_program
from interop.terminal import type_in

PAGES = Path(__file__).parents[2] / "docs" / "how-to"
ANSWERS = {"assword": PASSWORD, "[y/N]": "y", "Enter a number": "1", "passcode": "BBBB"}
# what stands for something that only a reader has
ELSEWHERE = ("us.icr.io", "old-registry.example.com")


class Reader:
    """Somebody with a home of their own, logged in as an administrator, who types what a page says."""

    def __init__(self, server: InkanServer, home: Path):
        self.server, self.home = server, home
        (home / "bin").mkdir(parents=True)
        (home / "bin" / "inkan").symlink_to(inkan_program())
        self.environment = {
            **os.environ, "HOME": str(home), "DOCKER_CONFIG": str(home / "docker"), "INKAN_CONFIG": str(home / "inkan.json"),
            "REGISTRY_AUTH_FILE": str(home / "auth.json"), "INKAN_CA": str(server.ca),
            "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": "a root passphrase", "TERM": "dumb",
            "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": "a repository passphrase", "PATH": f"{home / 'bin'}:{os.environ['PATH']}",
        }  # fmt: skip
        make_image(home / "image", b"a layer")
        for line in (
            f"inkan login {server.host} -u admin", "inkan namespace-add team", "inkan namespace-add other",
            "inkan push --from image team/app:1.0", "inkan push --from image team/app:old",
        ):  # fmt: skip
            self.types(line)

    def types(self, line: str) -> str:
        shown, code = type_in(line, self.home, self.environment, ANSWERS)
        assert code == 0, f"{line}\n{shown}"
        return shown

    def asks(self, *words):
        done = subprocess.run([inkan_program(), *words, "-o", "json"], env=self.environment, cwd=self.home, check=True, capture_output=True)  # fmt: skip
        return json.loads(done.stdout)

    def filled_in(self, line: str) -> str:
        """Return a line with this server, and with what the page only hints at."""
        line = re.sub(r"\b(?:eu\.)?registry\.example\.com", self.server.host, line)
        if " ID" in line:
            noun = line.split()[1].rpartition("-")[0]
            everybodys = ["--all"] if noun == "api-key" else []
            found = self.asks(f"{noun}-list", *everybodys)[f"{noun.replace('-', '_')}s"]
            line = line.replace(" ID", f" {found[-1]['id']}")
        if "sha256:…" in line:
            line = line.replace("sha256:…", self.asks("trash-list")["trash"][-1]["digest"])
        return line


def lines(page: str):
    for block in re.findall(r"```(?:console|sh)\n(.*?)```", (PAGES / page).read_text(), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            typed = line.strip().removeprefix("$ ")
            if re.match(r"inkan |eval ", typed) and not any(one in typed for one in ELSEWHERE):
                yield typed


@pytest.fixture
def reader(tmp_path):
    server = InkanServer(tmp_path)
    regions = tmp_path / "regions.toml"
    regions.write_text(f'regions = ["eu={server.host}", "us={server.host}"]\n')
    server.command += ["--config", str(regions)]
    with server:
        yield Reader(server, tmp_path / "home")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "before"),
    [
        ("manage-people.md", []),
        # the webhook's address leads to nobody
        ("manage-images.md", ["webhook-test", "image-restore team/app@"]),
        ("regions.md", []),
        ("robots-in-ci.md", []),
        ("move-from-another-registry.md", ["login", "namespace-add", "trust signer add"]),
    ],
)
def test_what_a_page_tells_to_type_does_what_it_says(reader, page, before):
    """A line of `before` needs somebody else's machine, or was typed already, and is only read."""
    typed = [line for line in lines(page) if not line.startswith(tuple(f"inkan {one}" for one in before))]  # fmt: skip
    assert len(typed) > 3
    for line in typed:
        reader.types(reader.filled_in(line))
