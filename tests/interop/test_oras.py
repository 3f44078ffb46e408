"""oras pushes artifacts of every type, attaches, discovers, copies with all that is attached, backs up and deletes."""

import json

import pytest

from interop.go_clients import GoClient

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]
TYPE = "application/vnd.example.report+json"


@pytest.fixture
def way(registry):
    """The words that say how the registry is reached: without one, oras takes a registry on localhost for plain."""
    if registry.is_plain:
        return ("--plain-http=true",)
    return ("--plain-http=false", f"--ca-file={registry.ca}")


@pytest.fixture
def oras(registry, way, tmp_path):
    client = GoClient("oras", tmp_path / "home", registry)
    client.log_in("login", *way)
    (client.home / "report.json").write_text('{"findings": []}')
    return client


@pytest.fixture
def pushed(oras, way, place):
    """The digest of an artifact, which is tagged 1.0."""
    words = ("--artifact-type", TYPE, "--annotation", "made-by=test", "--format", "json")
    said = oras("push", *way, *words, f"{place}:1.0", "report.json:application/json")
    return json.loads(said.out)["digest"]


def attach(oras, way, subject, kind):
    words = ("--artifact-type", kind, "--format", "json", subject, "report.json")
    return json.loads(oras("attach", *way, *words).out)["digest"]


def discover(oras, way, subject, *words):
    found = json.loads(oras("discover", *way, *words, "--format", "json", subject).out)
    return {(one["artifactType"], one["digest"]) for one in found["referrers"]}


def test_an_artifact_is_kept_as_what_it_is(oras, way, place, pushed, tmp_path):
    manifest = json.loads(oras("manifest", "fetch", *way, f"{place}:1.0").out)
    assert manifest["artifactType"] == TYPE
    assert manifest["annotations"]["made-by"] == "test"
    oras("pull", *way, "-o", tmp_path / "pulled", f"{place}@{pushed}")
    assert (tmp_path / "pulled" / "report.json").read_text() == '{"findings": []}'
    assert oras("resolve", *way, f"{place}:1.0").out.strip() == pushed
    assert oras("manifest", "fetch-config", *way, f"{place}:1.0").out == "{}"


def test_tags_and_repositories_are_listed(oras, way, place, pushed, registry):
    oras("tag", *way, f"{place}:1.0", "2.0", "latest")
    assert oras("repo", "tags", *way, place).out.split() == ["1.0", "2.0", "latest"]
    assert place.partition("/")[2] in oras("repo", "ls", *way, registry.host).out.split()
    assert place.rpartition("/")[2] in oras("repo", "ls", *way, f"{registry.host}/team").out.split()


def test_what_is_attached_is_found_by_type_and_no_tag_is_left_over(oras, way, place, pushed):
    sbom = attach(oras, way, f"{place}:1.0", "application/spdx+json")
    scan = attach(oras, way, f"{place}:1.0", TYPE)
    nested = attach(oras, way, f"{place}@{sbom}", "application/vnd.example.signature")
    direct = {("application/spdx+json", sbom), (TYPE, scan)}
    assert discover(oras, way, f"{place}:1.0", "--depth", "1") == direct
    assert discover(oras, way, f"{place}:1.0", "--artifact-type", TYPE) == {(TYPE, scan)}
    assert discover(oras, way, f"{place}@{sbom}") == {("application/vnd.example.signature", nested)}
    # the referrers API did it: no tag of the older scheme
    assert oras("repo", "tags", *way, place).out.split() == ["1.0"]


def test_a_deep_copy_takes_what_is_attached_along(oras, way, place, pushed):
    sbom = attach(oras, way, f"{place}:1.0", "application/spdx+json")
    both = [word.replace("--", f"--{end}-", 1) for word in way for end in ("from", "to")]
    oras("cp", "-r", *both, f"{place}:1.0", f"{place}-copy:1.0,stable")
    assert oras("repo", "tags", *way, f"{place}-copy").out.split() == ["1.0", "stable"]
    assert discover(oras, way, f"{place}-copy:1.0") == {("application/spdx+json", sbom)}


def test_the_older_scheme_of_referrers_is_kept_too_and_both_are_found(oras, way, place, pushed):
    older = ("--distribution-spec", "v1.1-referrers-tag")
    by_tag = attach(oras, (*way, *older), f"{place}:1.0", "application/x-old")
    assert pushed.replace(":", "-") in oras("repo", "tags", *way, place).out.split()
    by_api = attach(oras, way, f"{place}:1.0", "application/x-new")
    found = {digest for _, digest in discover(oras, way, f"{place}:1.0")}
    assert found == {by_tag, by_api}


def test_blobs_and_manifests_come_and_go_by_themselves(oras, way, place, pushed, tmp_path):
    (oras.home / "blob").write_bytes(b"bytes")
    descriptor = json.loads(oras("blob", "push", *way, "--descriptor", place, "blob").out)
    blob = f"{place}@{descriptor['digest']}"
    oras("blob", "fetch", *way, "-o", "fetched", blob)
    assert (oras.home / "fetched").read_bytes() == b"bytes"
    oras("blob", "delete", *way, "--force", blob)
    assert oras("blob", "fetch", *way, "-o", "again", blob, check=False).code == 1
    oras("manifest", "delete", *way, "--force", f"{place}@{pushed}")
    gone = oras("manifest", "fetch", *way, f"{place}:1.0", check=False)
    assert gone.code == 1
    assert "not found" in gone.err


def test_a_backup_in_a_folder_brings_everything_back(oras, way, place, pushed):
    sbom = attach(oras, way, f"{place}:1.0", "application/spdx+json")
    oras("backup", *way, "--include-referrers", "-o", "kept", f"{place}:1.0")
    oras("restore", *way, "--input", "kept", f"{place}-again:1.0")
    assert oras("resolve", *way, f"{place}-again:1.0").out.strip() == pushed
    assert discover(oras, way, f"{place}-again:1.0") == {("application/spdx+json", sbom)}


def test_our_reason_is_shown_and_a_log_out_ends_it(oras, way, place, pushed, registry):
    refused = oras("push", *way, f"{registry.host}/nowhere/app:1.0", "report.json", check=False)
    assert refused.code == 1
    assert "namespace nowhere does not exist" in refused.err
    oras("logout", registry.host)
    assert oras.kept_credentials() == {}
    assert oras("resolve", *way, f"{place}:1.0", check=False).code == 1
