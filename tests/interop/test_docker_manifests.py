"""docker puts images for several platforms together, with no engine, and looks at what it put there."""

import base64
import json

import pytest

from inkan.testing.images import make_image
from interop.container_tools import ContainerTool
from interop.docker_client import DockerClient
from interop.inkan_server import PASSWORD
from interop.tars import tar_of

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]
PLATFORMS = ("amd64", "arm64")


@pytest.fixture
def place(plain_server, tmp_path):
    """A repository with an image for each platform, of the kind that docker 20 knows, on a server that has no certificate to doubt."""
    made = f"{plain_server.host}/team/{tmp_path.name.replace('_', '-')}"
    with ContainerTool("skopeo", tmp_path, plain_server) as skopeo:
        skopeo.log_in()
        way = ("--authfile", skopeo.authfile, "--dest-tls-verify=false", "--format", "v2s2")
        for platform in PLATFORMS:
            folder = tmp_path / platform
            make_image(folder, tar_of(name=platform.encode()), platform=f"linux/{platform}")
            skopeo("copy", *way, f"oci:{folder}", f"docker://{made}:{platform}")
    return made


@pytest.fixture
def docker(cli, plain_server, tmp_path):
    client = DockerClient(cli, tmp_path / "home", "unix:///nowhere")
    auth = base64.b64encode(f"admin:{PASSWORD}".encode()).decode()
    config = {"auths": {plain_server.host: {"auth": auth}}}
    (client.home / "config.json").write_text(json.dumps(config))
    return client


def test_a_list_is_made_of_what_is_in_the_registry_and_pushed(docker, place):
    parts = [f"{place}:{platform}" for platform in PLATFORMS]
    docker("manifest", "create", "--insecure", f"{place}:all", *parts)
    docker("manifest", "annotate", "--arch", "arm64", "--variant", "v8", f"{place}:all", parts[1])
    digest = docker("manifest", "push", "--insecure", f"{place}:all").out.split()[-1]
    pushed = json.loads(docker("manifest", "inspect", "--insecure", f"{place}:all").out)
    assert [one["platform"]["architecture"] for one in pushed["manifests"]] == list(PLATFORMS)
    assert pushed["manifests"][1]["platform"]["variant"] == "v8"
    docker("manifest", "inspect", "--insecure", f"{place}@{digest}")


def test_our_reason_is_shown(docker, plain_server, place):
    nowhere = f"{plain_server.host}/nowhere/app:all"
    docker("manifest", "create", "--insecure", nowhere, f"{place}:amd64")
    refused = docker("manifest", "push", "--insecure", nowhere, check=False)
    assert refused.code == 1
    assert "namespace nowhere does not exist" in refused.err
