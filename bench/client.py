"""`inkan` beside docker and skopeo, as whole processes: what a person waits for. `python bench/client.py [--rounds N] [--write]`.

Needs root for a docker engine of its own, and docker, skopeo and Inkan's own server, as the interop suites do. Everyone talks to the same server.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests"))

import page  # noqa: E402

from inkan.testing.images import make_image  # noqa: E402
from interop.conftest import start_engine  # noqa: E402
from interop.docker_client import PASSPHRASES, DockerClient, find_cli  # noqa: E402
from interop.inkan_server import PASSWORD, InkanServer, inkan_program  # noqa: E402

SIZE = 100 * 2**20


@dataclass
class Scene:
    """The server, two people, and an image of 100 MiB for every round."""

    folder: Path
    server: InkanServer
    docker: DockerClient

    def __post_init__(self) -> None:
        self.environment = {
            **os.environ, **PASSPHRASES, "DOCKER_CONFIG": str(self.docker.home),
            "INKAN_CA": str(self.server.ca), "INKAN_CONFIG": str(self.folder / "inkan.json"),
        }  # fmt: skip
        self.auth = f"admin:{PASSWORD}"

    def name(self, who: str, number: int) -> str:
        return f"{self.server.host}/team/{who}:v{number}"

    def prepare(self, number: int) -> None:
        """Make an image for each program, of its own bytes: nobody may find a layer that is there already."""
        for who in ("inkan", "skopeo"):
            make_image(self.folder / f"{who}{number}", os.urandom(SIZE))
        self.docker.make_image(self.name("docker", number), os.urandom(SIZE))

    def timed(self, *command: object, trust: bool = False) -> float:
        environment = {**self.environment, "DOCKER_HOST": self.docker.environment["DOCKER_HOST"]}
        environment["DOCKER_CONTENT_TRUST"] = "1" if trust else "0"
        began = time.monotonic()
        ended = subprocess.run([str(word) for word in command], env=environment, capture_output=True, check=False)  # fmt: skip
        if ended.returncode:
            sys.exit(f"{command}: {ended.stdout.decode()}{ended.stderr.decode()}")
        return time.monotonic() - began


def rows(scene: Scene) -> dict[str, dict[str, Callable[[int], float]]]:
    """Return, for each thing to do, how each program does it; each returns seconds."""
    ours, docker = inkan_program(), scene.docker.program
    tls = ("--src-tls-verify=false", "--dest-tls-verify=false")

    def pull_by_docker(number: int) -> float:
        scene.docker("rmi", "-f", scene.name("docker", number))
        return scene.timed(docker, "pull", scene.name("docker", number), trust=True)

    return {
        "start-up: --help": {
            "inkan": lambda _: scene.timed(ours, "--help"),
            "docker": lambda _: scene.timed(docker, "--help"),
            "skopeo": lambda _: scene.timed("skopeo", "--help"),
        },
        "signed push of 100 MiB (skopeo: unsigned)": {
            "inkan": lambda n: scene.timed(ours, "push", "--from", scene.folder / f"inkan{n}", scene.name("inkan", n), trust=True),
            "docker": lambda n: scene.timed(docker, "push", scene.name("docker", n), trust=True),
            "skopeo": lambda n: scene.timed("skopeo", "copy", *tls, "--dest-creds", scene.auth, "--preserve-digests",
                                            f"oci:{scene.folder / f'skopeo{n}'}", f"docker://{scene.name('skopeo', n)}"),
        },
        "signed pull of 100 MiB (skopeo: unsigned)": {
            "inkan": lambda n: scene.timed(ours, "pull", "--to", scene.folder / f"pulled{n}", scene.name("inkan", n), trust=True),
            "docker": pull_by_docker,
            "skopeo": lambda n: scene.timed("skopeo", "copy", *tls, "--src-creds", scene.auth,
                                            f"docker://{scene.name('skopeo', n)}", f"oci:{scene.folder / f'by-skopeo{n}'}:v"),
        },
        "trust inspect": {
            "inkan": lambda n: scene.timed(ours, "trust", "inspect", scene.name("docker", n).rpartition(":")[0]),
            "docker": lambda n: scene.timed(docker, "trust", "inspect", scene.name("docker", n).rpartition(":")[0]),
        },
    }  # fmt: skip


def measure(scene: Scene, rounds: int) -> dict[str, dict[str, list[float]]]:
    made = rows(scene)
    taken: dict[str, dict[str, list[float]]] = {
        row: {who: [] for who in programs} for row, programs in made.items()
    }
    for number in range(rounds):
        scene.prepare(number)
        for row, programs in made.items():
            order = list(programs) if number % 2 else list(reversed(programs))
            for who in order:
                taken[row][who].append(programs[who](number))
        print(f"{number + 1} of {rounds}", file=sys.stderr)
    return taken


def table(taken: dict[str, dict[str, list[float]]]) -> list[str]:
    lines = ["| row | inkan, s | docker, s | skopeo, s | docker ÷ inkan | skopeo ÷ inkan |", "|---|---|---|---|---|---|"]  # fmt: skip
    for row, programs in taken.items():
        medians = {who: statistics.median(times) for who, times in programs.items()}
        cells = [f"{medians[who]:.2f}" if who in medians else "" for who in ("inkan", "docker", "skopeo")]  # fmt: skip
        for who in ("docker", "skopeo"):
            ratios = [theirs / ours for theirs, ours in zip(programs.get(who, []), programs["inkan"], strict=False)]  # fmt: skip
            cells.append(f"**{statistics.median(ratios):.2f}**" if ratios else "")
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="write the table into bench/README.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inkan-bench-") as name:
        folder = Path(name)
        (folder / "engine").mkdir()
        daemon = start_engine(folder / "engine")
        try:
            with InkanServer(folder) as server:
                server.log_in().inkan("namespace-add", "team")
                program = find_cli("28") or find_cli("20")
                client = DockerClient(program, folder / "person", f"unix://{folder}/engine/docker.sock")  # fmt: skip
                client.log_in(server.host)
                lines = table(measure(Scene(folder, server, client), options.rounds))
        finally:
            daemon.end()
    print("\n".join(lines))
    if options.write:
        page.put("client", lines)


if __name__ == "__main__":
    main()
