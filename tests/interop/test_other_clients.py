"""notary, skopeo, podman and containerd read what docker wrote, and docker what they wrote."""

import base64
import json
import shutil
import tempfile

import pytest

from interop.conftest import require
from interop.docker_client import DockerClient
from interop.inkan_server import PASSWORD
from interop.processes import run

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


@pytest.fixture
def signed(owner, repository):
    owner.make_image(f"{repository}:1.0")
    pushed = owner("push", f"{repository}:1.0", trust=True)
    return repository, pushed.out.split("digest: sha256:")[1][:64]


def notary(server, folder, *words):
    require(shutil.which("notary"), "notary is not installed")
    auth = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
    command = ("notary", "-s", server.trust_url, "--tlscacert", server.ca, "-d", folder)
    return run(*command, *words, env={"NOTARY_AUTH": auth})


def test_notary_lists_and_looks_up_what_docker_signed(server, signed, tmp_path):
    repository, digest = signed
    listed = notary(server, tmp_path / "notary", "list", repository).out
    assert "1.0" in listed
    assert digest in listed
    assert digest in notary(server, tmp_path / "notary", "lookup", repository, "1.0").out


def skopeo(server, *words, timeout=120):
    require(shutil.which("skopeo"), "skopeo is not installed")
    return run("skopeo", *words, timeout=timeout)


def authfile(server, folder):
    auth = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
    file = folder / "auth.json"
    file.write_text(json.dumps({"auths": {server.host: {"auth": auth}}}))
    return ("--authfile", file)


@pytest.mark.parametrize("form", ["v2s2", "oci"])
def test_skopeo_copies_in_and_out(server, signed, tmp_path, form, person):
    repository, _ = signed
    auth = authfile(server, tmp_path)
    certificates = tmp_path / "certs"
    certificates.mkdir()
    shutil.copy(server.ca, certificates / "ca.crt")
    source = f"docker://{repository}:1.0"
    target = f"docker://{repository}-copy:{form}"
    folder = f"dir:{tmp_path}/out"
    both = ("--src-cert-dir", certificates, "--dest-cert-dir", certificates)
    skopeo(server, "copy", "--format", form, *auth, *both, source, target)
    skopeo(server, "copy", *auth, "--src-cert-dir", certificates, target, folder)
    inspected = skopeo(server, "inspect", "--raw", *auth, "--cert-dir", certificates, target).out
    expected = {"v2s2": "docker.distribution.manifest.v2", "oci": "oci.image.manifest.v1"}[form]
    assert expected in inspected
    # and back in under another name: the bytes, and so the digest, are the same
    again = f"docker://{repository}-again:{form}"
    skopeo(
        server, "copy", "--preserve-digests", *auth, "--dest-cert-dir", certificates, folder, again
    )
    assert (
        skopeo(server, "inspect", "--raw", *auth, "--cert-dir", certificates, again).out
        == inspected
    )
    consumer = person("consumer")
    consumer("pull", f"{repository}-again:{form}")


def test_podman_pulls_and_pushes(server, signed, tmp_path, person):
    require(shutil.which("podman"), "podman is not installed")
    repository, _ = signed
    certificates = tmp_path / "certs"
    certificates.mkdir()
    shutil.copy(server.ca, certificates / "ca.crt")
    options = ("--cert-dir", certificates, "--authfile", tmp_path / "auth.json")
    # podman takes no run folder of a longer name
    with tempfile.TemporaryDirectory(prefix="podman-") as short:
        podman = ("podman", "--root", f"{short}/root", "--runroot", f"{short}/run")
        podman += ("--storage-driver", "vfs")
        login = ("login", server.host, "-u", "admin", "--password-stdin")
        run(*podman, *login, *options, stdin=PASSWORD.encode())
        run(*podman, "pull", "-q", *options, f"{repository}:1.0")
        run(*podman, "push", "-q", *options, f"{repository}:1.0", f"{repository}-podman:1.0")
    person("consumer")("pull", f"{repository}-podman:1.0")


def test_containerd_pulls_and_pushes(server, signed, engine, person, tmp_path):
    require(shutil.which("ctr"), "containerd is not installed")
    repository, _ = signed
    # the docker engine runs a containerd of its own
    socket = f"{engine.removeprefix('unix://').removesuffix('docker.sock')}exec/containerd/containerd.sock"
    ctr = ("ctr", "-a", socket, "-n", "inkan-test", "images")
    # without a word on it, containerd speaks plain HTTP to localhost
    hosts = tmp_path / "hosts" / server.host
    hosts.mkdir(parents=True)
    (hosts / "hosts.toml").write_text(f'[host."https://{server.host}"]\nca = "{server.ca}"\n')
    options = ("--hosts-dir", tmp_path / "hosts", "--user", f"admin:{PASSWORD}")
    run(*ctr, "pull", "--snapshotter", "native", *options, f"{repository}:1.0")
    run(*ctr, "push", *options, f"{repository}-ctr:1.0", f"{repository}:1.0")
    person("consumer")("pull", f"{repository}-ctr:1.0")


def test_S27_after_inkan_login_docker_is_logged_in(server, signed, cli, engine, tmp_path):
    repository, _ = signed
    client = DockerClient(cli, tmp_path / "fresh", engine)
    refused = client("pull", f"{repository}:1.0", check=False)
    assert refused.code == 1
    words = ("login", server.host, "--ca", server.ca, "-u", "admin", "--password-stdin")
    said = server.inkan(
        *words,
        stdin=PASSWORD.encode(),
        env={"DOCKER_CONFIG": str(client.home), "DOCKER_CONTENT_TRUST": "1"},
    )
    assert said.out == f"export DOCKER_CONTENT_TRUST_SERVER={server.trust_url}\n"
    assert said.err.startswith("The CA is kept in")
    assert f"Logging in to '{server.host}'...\nLogged in to '{server.host}'.\n" in said.err
    client("pull", f"{repository}:1.0", trust=True, server=server.trust_url)
