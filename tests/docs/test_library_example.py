"""What the guide says to a program is what a program can do: its example, against a server."""

import re
from pathlib import Path

import pytest

from faults.wire import PASSWORD, Server, Wire
from inkan.errors import TargetUnsignedError
from inkan.testing.images import make_image

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "sign-without-docker.md"


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server with a namespace, and the variables of a CI job that may sign there."""
    made = Server(tmp_path / "data").start()
    with Wire(made.port) as wire:
        wire.make_namespace("team")
    for name, value in {
        "DOCKER_CONFIG": str(tmp_path / "docker"),
        "INKAN_CONFIG": str(tmp_path / "inkan.json"),
        "INKAN_USERNAME": "admin",
        "INKAN_PASSWORD": PASSWORD,
        "DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE": "the root's passphrase",
        "DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE": "the repository's passphrase",
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "inkan.json").write_text(f'{{"target": "http://127.0.0.1:{made.port}"}}')
    monkeypatch.delenv("DOCKER_CONTENT_TRUST_SERVER", raising=False)
    monkeypatch.chdir(tmp_path)
    yield made
    made.stop()


@pytest.mark.slow
def test_the_guides_example_releases_admits_and_fetches(server, tmp_path):
    [block] = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    example: dict = {}
    exec(compile(block, GUIDE.name, "exec"), example)
    image = f"127.0.0.1:{server.port}/team/app:1.0"
    digest = make_image(tmp_path / "built", b"content" * 100)
    assert example["release"](image, "built") == digest
    assert example["admit"](image) == f"127.0.0.1:{server.port}/team/app@{digest}"
    example["fetch"](image)
    assert digest.removeprefix("sha256:").encode() in (tmp_path / "app.tar").read_bytes()
    with pytest.raises(TargetUnsignedError):
        example["admit"](image.replace("1.0", "2.0"))


@pytest.mark.slow
def test_latest_is_what_no_tag_means_where_content_trust_is_off_and_only_there(server, tmp_path, capsys):  # fmt: skip
    """S45: unsigned as docker does it, signed only with a tag."""
    from inkan.cli.main import main

    name = f"127.0.0.1:{server.port}/team/app"
    digest = make_image(tmp_path / "built", b"content" * 100)
    assert main(["push", "--from", "built", name]) == 2
    assert "a tag is mandatory with content trust" in capsys.readouterr().err
    assert main(["push", "--disable-content-trust", "--from", "built", name]) == 0
    assert f"latest: digest: {digest}" in capsys.readouterr().out
    assert main(["pull", "--to", "there", name]) == 2
    assert main(["pull", "--to", "there", "--disable-content-trust", name]) == 0
    assert digest in capsys.readouterr().out
    assert main(["copy", "--disable-content-trust", name, f"{name}-copy"]) == 0
    assert main(["pull", "--to", "there", "--disable-content-trust", f"{name}-copy:latest"]) == 0
    capsys.readouterr()
    # S56: nothing is signed there, and that is what it is called
    assert main(["trust", "inspect", f"{name}:latest"]) == 3
    assert f"No signatures or cannot access {name}:latest" in capsys.readouterr().err
