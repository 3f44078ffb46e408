"""A person logs in at a real identity provider in a real browser, and works with real clients afterwards."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from interop.browser import Browser
from interop.conftest import require
from interop.inkan_server import InkanServer, inkan_program
from interop.organisation import SECRET, IdentityProvider, log_in_at_provider
from interop.processes import run

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def sso(tmp_path_factory):
    """A server that is a client of the provider; the group `developers` may read in `team`."""
    folder = tmp_path_factory.mktemp("sso")
    server = InkanServer(folder)
    with IdentityProvider(server, folder), server:
        server.log_in()
        server.inkan("namespace-add", "team")
        server.inkan("group-add", "developers")
        for role in ("reader", "writer"):
            server.inkan("policy-add", role, "developers", "--group", "--namespace", "team")
        yield server
        assert SECRET not in server.log()


@pytest.fixture
def browser(tmp_path):
    with Browser(tmp_path) as one:
        yield one


def own_folder(tmp_path, server):
    """The environment of a person who has a home of their own and the server's CA."""
    return {
        "INKAN_CONFIG": str(tmp_path / "inkan.json"),
        "DOCKER_CONFIG": str(tmp_path / "docker"),
        "REGISTRY_AUTH_FILE": str(tmp_path / "auth.json"),
        "INKAN_CA": str(server.ca),
    }


def test_S24_a_passcode_from_a_browser_logs_in_once_and_stock_clients_work_afterwards(
    sso, browser, tmp_path
):
    env = own_folder(tmp_path, sso)
    browser.open(f"https://{sso.host}/sso/passcode")
    log_in_at_provider(browser, "dora")
    passcode = browser.text("#passcode")
    words = ("login", "--sso", "--client", "podman", "--password-stdin", sso.host)
    done = sso.inkan(*words, stdin=passcode.encode(), env=env)
    assert f"https://{sso.host}/sso/passcode" in done.err
    assert "Logged in to" in done.err
    again = sso.inkan(*words, stdin=passcode.encode(), env=env, check=False)
    assert again.code != 0
    assert passcode not in done.text + sso.log()
    assert "dora" in sso.inkan("user-list").out
    require(shutil.which("skopeo"), "skopeo is not installed; run `make interop` as root")
    (tmp_path / "certs").mkdir()
    shutil.copy(sso.ca, tmp_path / "certs" / "ca.crt")
    image = small_layout(tmp_path / "image")
    certs = ("--dest-cert-dir", tmp_path / "certs")
    run("skopeo", "copy", *certs, f"oci:{image}:v1", f"docker://{sso.host}/team/app:v1", env=env)
    certs = ("--cert-dir", tmp_path / "certs")
    run("skopeo", "inspect", "--raw", *certs, f"docker://{sso.host}/team/app:v1", env=env)
    sso.inkan("user-disable", "dora")
    late = run("skopeo", "inspect", "--raw", *certs, f"docker://{sso.host}/team/app:v1", env=env, check=False)  # fmt: skip
    assert late.code != 0


def test_a_browser_confirms_a_device(sso, browser, tmp_path):
    env = {**os.environ, **own_folder(tmp_path, sso)}
    command = [inkan_program(), "login", "--sso", "--device", sso.host]
    waiting = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    said = [waiting.stderr.readline().decode() for _ in range(3)]
    code = said[2].strip()
    assert f"https://{sso.host}/sso/device" in said[0]
    browser.open(f"https://{sso.host}/sso/device")
    log_in_at_provider(browser, "emil")
    browser.type("input[name=user_code]", code.lower())
    browser.click("button")
    assert browser.shows("main", "127.0.0.1")
    browser.click("#confirm")
    assert browser.shows("main", "emil")
    _, error = waiting.communicate(timeout=60)
    assert waiting.returncode == 0, error
    kept = json.loads((tmp_path / "docker" / "config.json").read_text())
    assert list(kept["auths"]) == [sso.host]
    assert "team" in sso.inkan("namespace-list", env=own_folder(tmp_path, sso)).out
    sso.inkan("image-list", "--restrict", "team", env=own_folder(tmp_path, sso))


def small_layout(folder: Path) -> Path:
    """Write an image layout with one small image, `v1`."""
    from inkan.oci.digest import Digest

    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def blob(content: bytes, media_type: str) -> dict:
        digest = Digest.of(content)
        (blobs / str(digest).partition(":")[2]).write_bytes(content)
        return {"mediaType": media_type, "digest": str(digest), "size": len(content)}

    config = blob(
        b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}',
        "application/vnd.oci.image.config.v1+json",
    )
    kind = "application/vnd.oci.image.manifest.v1+json"
    tree = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []}
    manifest = blob(json.dumps(tree).encode(), kind)
    manifest["annotations"] = {"org.opencontainers.image.ref.name": "v1"}
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [manifest]}))
    return folder
