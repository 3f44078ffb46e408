"""On an address that is not loopback docker verifies our certificate, with our CA where the server says it goes."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from interop.conftest import require, start_engine
from interop.docker_client import DockerClient
from interop.inkan_server import InkanServer
from interop.network import ADDRESS, private_network

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]
NAME = "registry.test"


@pytest.fixture
def network(tmp_path):
    require(os.geteuid() == 0, "a network namespace needs root; run `make interop` as root")
    require(shutil.which("ip") and shutil.which("nsenter"), "iproute2 is not installed")
    with private_network(tmp_path, NAME) as prefix:
        yield prefix


def test_the_ca_is_what_makes_docker_trust_the_server(network, cli, tmp_path):
    with InkanServer(tmp_path, name=NAME, address=ADDRESS, prefix=network) as server:
        server.log_in().inkan("namespace-add", "team")
        push_and_pull(server, network, cli, tmp_path)
        assert server.stop() == 0


def push_and_pull(server, network, cli, tmp_path):
    certificates = Path("/etc/docker/certs.d") / server.host
    with tempfile.TemporaryDirectory(prefix="inkan-engine-") as folder:
        engine = start_engine(Path(folder), network)
        try:
            owner = DockerClient(cli, tmp_path / "owner", f"unix://{folder}/docker.sock", network)
            reference = f"{server.host}/team/app:1"
            owner.make_image(reference)
            # the engine does not know the CA: nothing goes
            refused = owner.log_in(server.host, check=False)
            assert refused.code == 1
            assert "certificate signed by unknown authority" in refused.text
            certificates.mkdir(parents=True)
            shutil.copy(server.ca, certificates / "ca.crt")
            owner.log_in(server.host)
            # the engine does, the command line does not: the image is there, and not signed
            refused = owner("push", reference, trust=True, check=False)
            assert refused.code == 1
            assert "certificate signed by unknown authority" in refused.text
            trusted = owner.home / "tls" / server.host
            trusted.mkdir(parents=True)
            shutil.copy(server.ca, trusted / "ca.crt")
            assert f"Successfully signed {reference}" in owner("push", reference, trust=True).text
            # a person's own image goes, and the signed one comes
            owner("rmi", "-f", reference)
            owner("pull", reference, trust=True)
            # the trust listener has a port, and so a folder, of its own
            port_folder = owner.home / "tls" / f"{NAME}:{server.trust_port}"
            shutil.copytree(trusted, port_folder)
            inspected = owner("trust", "inspect", reference, server=server.trust_url)
            assert '"SignedTag": "1"' in inspected.out
        finally:
            engine.end()
            shutil.rmtree(certificates, ignore_errors=True)
