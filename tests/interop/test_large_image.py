"""A real image of more than 100 MB and several layers: signed, pushed, wiped, pulled, and the same."""

import os
import shutil
from pathlib import Path

import pytest

from interop.conftest import require
from interop.processes import run

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.timeout(1200)]
LAYERS = ("usr/lib", "usr/share", ".")


@pytest.fixture(scope="module")
def debian():
    """The folder of a Debian minbase tree; made once and kept for the next run."""
    require(os.geteuid() == 0, "debootstrap needs root; run `make interop` as root")
    require(shutil.which("debootstrap"), "debootstrap is not installed")
    cache = Path(os.environ.get("INKAN_TEST_CACHE", "/tmp/inkan-test-cache"))
    tree = cache / "bookworm"
    if not (tree / "etc" / "debian_version").exists():
        shutil.rmtree(tree, ignore_errors=True)
        cache.mkdir(parents=True, exist_ok=True)
        half = cache / "bookworm.part"
        shutil.rmtree(half, ignore_errors=True)
        run("debootstrap", "--variant=minbase", "bookworm", half, timeout=900)
        half.rename(tree)
    return tree


def build(owner, tree: Path, folder: Path, reference: str):
    """Build an image with a layer for each part of the tree, without a network."""
    folder.mkdir()
    (folder / "Dockerfile").write_text(
        "FROM scratch\n"
        + "".join(f"ADD {n}.tar /\n" for n in range(len(LAYERS)))
        + 'CMD ["/bin/bash"]\n'
    )
    done = []
    for number, part in enumerate(LAYERS):
        excluded = [f"--exclude=./{other}" for other in done] if part == "." else []
        run(
            "tar",
            "-C",
            tree,
            *excluded,
            "-cf",
            folder / f"{number}.tar",
            f"./{part}" if part != "." else ".",
            timeout=300,
        )
        done.append(part)
    owner("build", "-q", "-t", reference, folder, timeout=600, env={"DOCKER_BUILDKIT": "0"})


def test_a_large_image_comes_back_as_it_went(owner, debian, repository, person, tmp_path, server):
    reference = f"{repository}:bookworm"
    build(owner, debian, tmp_path / "build", reference)
    image = owner.image_id(reference)
    assert int(owner("image", "inspect", "-f", "{{.Size}}", reference).out) > 100_000_000
    assert "Successfully signed" in owner("push", reference, trust=True, timeout=600).text
    owner("rmi", "-f", image, timeout=300)
    owner("image", "prune", "-f", timeout=300)
    assert not owner.has_image(image)
    consumer = person("consumer")
    consumer("pull", reference, trust=True, timeout=600)
    assert consumer.image_id(reference) == image
    consumer("rmi", "-f", image, timeout=300)
