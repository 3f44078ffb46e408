"""regctl pushes in pieces, copies with what is attached, lists, edits and deletes."""

import json

import pytest

from inkan.testing.images import make_image
from interop.go_clients import GoClient
from interop.inkan_server import PASSWORD
from interop.tars import tar_of

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]


@pytest.fixture
def regctl(registry, tmp_path):
    client = GoClient("regctl", tmp_path / "home", registry)
    way = ("--tls", "disabled") if registry.is_plain else ("--cacert", registry.ca.read_text())
    client("registry", "set", "--skip-check", *way, registry.host)
    words = ("registry", "login", registry.host, "-u", "admin", "--pass-stdin")
    client(*words, stdin=PASSWORD.encode())
    return client


def tags(regctl, place):
    return regctl("tag", "ls", place).out.split()


def attach(regctl, subject, kind, content=b"{}"):
    words = ("--artifact-type", kind, "--subject", subject, "--format", "{{.Manifest.GetDescriptor.Digest}}")  # fmt: skip
    return regctl("artifact", "put", *words, stdin=content).out.strip()


def test_an_image_goes_in_and_out_byte_for_byte(regctl, place, pushed, tmp_path):
    assert regctl("image", "digest", f"{place}:1.0").out.strip() == pushed
    regctl("image", "copy", f"{place}:1.0", f"ocidir://{tmp_path}/out:1.0")
    index = json.loads((tmp_path / "out" / "index.json").read_text())
    assert [one["digest"] for one in index["manifests"]] == [pushed]
    regctl("image", "export", f"{place}:1.0", tmp_path / "image.tar")
    regctl("image", "import", f"{place}:imported", tmp_path / "image.tar")
    assert tags(regctl, place) == ["1.0", "imported"]


def test_repositories_are_listed(regctl, place, pushed, registry):
    assert place.partition("/")[2] in regctl("repo", "ls", registry.host).out.split()


def test_a_large_blob_goes_in_pieces(regctl, place, registry, tmp_path):
    chunked = ("--blob-chunk", "300000", "--blob-max", "500000")
    regctl("registry", "set", "--skip-check", *chunked, registry.host)
    content = bytes(range(256)) * 8_000
    digest = regctl("blob", "put", place, stdin=content).out.strip()
    regctl("blob", "head", place, digest)
    got = regctl("blob", "get", place, digest)
    assert len(got.out) > 0
    regctl("blob", "copy", place, f"{place}-copy", digest)
    regctl("blob", "delete", place, digest)
    assert regctl("blob", "head", place, digest, check=False).code == 1
    regctl("blob", "head", f"{place}-copy", digest)


def test_what_is_attached_is_listed_by_type_and_copied_along(regctl, place, pushed):
    sbom = attach(regctl, f"{place}:1.0", "application/spdx+json")
    scan = attach(regctl, f"{place}:1.0", "application/vnd.example.scan", b'{"a": 1}')
    listed = json.loads(regctl("artifact", "list", f"{place}:1.0", "--format", "body").out)
    assert {one["digest"] for one in listed["manifests"]} == {sbom, scan}
    words = ("--filter-artifact-type", "application/spdx+json", "--format", "body")
    listed = json.loads(regctl("artifact", "list", f"{place}:1.0", *words).out)
    assert [one["digest"] for one in listed["manifests"]] == [sbom]
    got = regctl("artifact", "get", "--subject", f"{place}:1.0", "--filter-artifact-type", "application/vnd.example.scan")  # fmt: skip
    assert got.out == '{"a": 1}'
    regctl("image", "copy", "--referrers", f"{place}:1.0", f"{place}-copy:1.0")
    assert sbom in regctl("artifact", "tree", f"{place}-copy:1.0").out
    assert tags(regctl, place) == ["1.0"]


def test_an_image_is_changed_in_the_registry(regctl, place, tmp_path):
    digest = make_image(tmp_path / "one", tar_of(hello=b"hello"))
    regctl("image", "copy", f"ocidir://{tmp_path}/one@{digest}", f"{place}:1.0")
    regctl("image", "mod", f"{place}:1.0", "--create", f"{place}:1.1", "--label", "stage=test")
    config = json.loads(regctl("image", "inspect", f"{place}:1.1").out)
    assert config["config"]["Labels"] == {"stage": "test"}
    # a digest of the other algorithm
    regctl("image", "mod", f"{place}:1.0", "--create", f"{place}:1.2", "--digest-algo", "sha512")
    assert regctl("image", "digest", f"{place}:1.2").out.startswith("sha512:")


def test_tags_and_manifests_are_deleted(regctl, place, pushed):
    attached = attach(regctl, f"{place}:1.0", "application/spdx+json")
    regctl("image", "copy", f"{place}:1.0", f"{place}:2.0")
    regctl("tag", "delete", f"{place}:1.0")
    assert tags(regctl, place) == ["2.0"]
    regctl("manifest", "delete", "--referrers", f"{place}@{attached}")
    assert attached not in regctl("artifact", "list", f"{place}:2.0").out
    regctl("manifest", "delete", f"{place}@{pushed}")
    assert regctl("manifest", "head", f"{place}@{pushed}", check=False).code == 1


def test_a_log_out_ends_it(regctl, place, pushed, registry):
    assert regctl("registry", "whoami", registry.host).out.strip() == "admin"
    regctl("registry", "logout", registry.host)
    assert regctl("manifest", "head", f"{place}:1.0", check=False).code == 1
