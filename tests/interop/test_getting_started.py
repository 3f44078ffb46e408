"""L2: a getting-started script written for `ibmcloud cr` runs with `ibmcloud cr` replaced by `inkan`, and nothing else changed."""

import hashlib
import os
import ssl
import subprocess

import pytest

from interop.inkan_server import PASSWORD, inkan_program

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]

SCRIPT = """
set -e
ibmcloud cr login
ibmcloud cr region
ibmcloud cr namespace-add "$NAMESPACE"
ibmcloud cr namespace-list
docker tag hello-world:latest "$REGISTRY/$NAMESPACE/hello-world:1"
ibmcloud cr login
docker push "$REGISTRY/$NAMESPACE/hello-world:1"
ibmcloud cr image-list --restrict "$NAMESPACE"
ibmcloud cr image-list --format "{{ .Repository }}:{{ .Tag }}"
ibmcloud cr images --no-trunc --show-type --include-ibm --no-va
ibmcloud cr images --format '{{ if gt .Size 100 }}{{ if not (eq .Tag "2") }}{{ .Repository }}:{{ .Tag }} is large{{end}}{{end}}'
ibmcloud cr exemption-add --scope "$NAMESPACE" --issue-type cve --issue-id CVE-2018-9999
ibmcloud cr exemptions
ibmcloud cr exemption-rm --scope "$NAMESPACE" --issue-type cve --issue-id CVE-2018-9999
ibmcloud cr image-digests -q --restrict "$NAMESPACE"
ibmcloud cr image-inspect "$REGISTRY/$NAMESPACE/hello-world:1" --format '{{ .Os }}'
ibmcloud cr image-tag "$REGISTRY/$NAMESPACE/hello-world:1" "$REGISTRY/$NAMESPACE/hello-world:2"
ibmcloud cr image-untag "$REGISTRY/$NAMESPACE/hello-world:2"
ibmcloud cr quota
ibmcloud cr api
ibmcloud cr info
ibmcloud cr image-rm "$REGISTRY/$NAMESPACE/hello-world:1"
ibmcloud cr namespace-rm "$NAMESPACE" -f
"""


def test_L2_the_script_of_getting_started(owner, server, tmp_path):
    owner.make_image("hello-world:latest", b"hello")
    program = tmp_path / "bin"
    program.mkdir()
    (program / "docker").symlink_to(owner.program)
    (program / "inkan").symlink_to(inkan_program())
    namespace = f"getting-{os.getpid()}"[:30]
    environment = {
        **os.environ, **owner.environment, **server.environment,
        "PATH": f"{program}:{os.environ['PATH']}",
        # the same docker is logged in by both
        "DOCKER_CONFIG": str(owner.home / ".docker") if (owner.home / ".docker").exists() else owner.environment["DOCKER_CONFIG"],
        "DOCKER_CONTENT_TRUST": "0", "INKAN_CA": str(server.ca),
        "NAMESPACE": namespace, "REGISTRY": server.host,
    }  # fmt: skip
    done = subprocess.run(
        ["sh", "-c", SCRIPT.replace("ibmcloud cr", "inkan")],
        env=environment, capture_output=True, text=True, timeout=200, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    repository = f"{server.host}/{namespace}/hello-world"
    for sentence in (
        f"Logging in to '{server.host}'...",
        f"Logged in to '{server.host}'.",
        f"You are targeting region 'local', the registry is '{server.host}'.",
        f"Adding namespace '{namespace}'...",
        f"Successfully added namespace '{namespace}'",
        "Listing images...",
        f"{repository}:1\n",
        f"{repository}:1 is large\n",
        f"Creating exemption for 'CVE-2018-9999' in '{namespace}'...",
        f"Deleting exemption for 'CVE-2018-9999' in '{namespace}'...",
        f"{repository}@sha256:",
        f"Tagging '{repository}:1' to '{repository}:2'...",
        f"Successfully removed tag '2' from image '{repository}:2'.",
        "Pull traffic",
        f"Registry API endpoint   https://{server.host}/api",
        f"Successfully deleted image '{repository}:1'.",
        f"Removing namespace '{namespace}'...",
    ):
        assert sentence in said, sentence


def test_a_ca_of_the_registrys_own_is_kept_by_its_fingerprint(server, tmp_path):
    der = ssl.PEM_cert_to_DER_cert(server.ca.read_text())
    right = hashlib.sha256(der).hexdigest()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }  # fmt: skip

    def login(*words):
        return subprocess.run(
            [inkan_program(), "login", server.host, "-u", "admin", "--password-stdin", *words],
            env=environment, input=PASSWORD, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    unsaid = login()
    assert (unsaid.returncode, "SHA-256 fingerprint" in unsaid.stderr) == (2, True)
    assert login("--ca-fingerprint", "00" * 32).returncode == 6
    assert not (tmp_path / ".docker").exists()
    done = login("--ca-fingerprint", right)
    assert done.returncode == 0, done.stderr
    assert login().returncode == 0
