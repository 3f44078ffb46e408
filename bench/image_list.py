"""`inkan image-list` of 10,000 tags, each signed: how many requests it makes, and how long a person waits.

`python bench/image_list.py [--tags N] [--rounds N] [--write]`. The whole process, over TLS, against a server of its own.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import page
from collection import Collection
from peers import Peer, digest_of, make_certificate
from servers import PASSWORD, inkan

REPOSITORY = "team/bench"
_COUNTED = re.compile(
    r'^inkan_http_requests_total\{[^}]*operation="([^"]+)"[^}]*\} ([\d.e+]+)$', re.MULTILINE
)


def fill(peer: Peer, tags: int) -> None:
    """Push an image under many tags, and sign each of them."""
    raw = peer.push_image("t0")
    connection = peer.connect()
    for number in range(1, tags):
        peer.put_manifest(f"t{number}", raw, connection)
    digest = bytes.fromhex(digest_of(raw).partition(":")[2])
    Collection(peer, REPOSITORY, tags, digest, len(raw))


def requests_so_far(peer: Peer) -> Counter:
    """Return how many requests there were of each kind, but for those that ask this."""
    _, body = peer.call("GET", "/metrics")
    made: Counter = Counter()
    for operation, count in _COUNTED.findall(body.decode()):
        made[operation] += int(float(count))
    del made["metrics"]
    return made


def listed(peer: Peer, environment: dict[str, str]) -> tuple[Counter, float, int]:
    """Return which requests were made, how many seconds it took, and how many lines said who signed."""
    before, began = requests_so_far(peer), time.perf_counter()
    command = [Path(sys.executable).with_name("inkan"), "image-list", "--restrict", REPOSITORY]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - began
    signed = sum("Repo Admin" in line for line in ended.stdout.splitlines())
    return requests_so_far(peer) - before, seconds, signed


def log_in(peer: Peer, folder: Path, certificate: Path) -> dict[str, str]:
    """Log a command line in; return its environment."""
    files = {"INKAN_CONFIG": folder / "inkan.json", "DOCKER_CONFIG": folder / "docker", "INKAN_CA": certificate}  # fmt: skip
    environment = {**os.environ, **{name: str(path) for name, path in files.items()}}
    program = Path(sys.executable).with_name("inkan")
    command = [program, "login", peer.host, "--ca", certificate, "-u", "admin", "--password-stdin"]
    subprocess.run(command, env=environment, input=PASSWORD.encode(), capture_output=True, check=True)  # fmt: skip
    return environment


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tags", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the table into bench/README.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inkan-bench-") as name:
        folder = Path(name)
        certificate = make_certificate(folder)
        peer = inkan(folder, certificate)
        try:
            fill(peer, options.tags)
            environment = log_in(peer, folder, certificate.certificate)
            taken = [listed(peer, environment) for _ in range(options.rounds)]
        finally:
            peer.stop()
    made, signed = max((one[0] for one in taken), key=Counter.total), min(one[2] for one in taken)
    requests = ", ".join(f"{count} {operation}" for operation, count in made.items())
    seconds = [one[1] for one in taken]
    lines = [
        "| tags | of them shown as signed | requests | seconds, median | least to most |",
        "|---|---|---|---|---|",
        f"| {options.tags:,} | {signed:,} | {requests} | {statistics.median(seconds):.2f} | {min(seconds):.2f} to {max(seconds):.2f} |",
    ]
    print("\n".join(lines))
    if options.write:
        page.put("image-list", [f"{page.machine()}.", "", *lines])


if __name__ == "__main__":
    main()
