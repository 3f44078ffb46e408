"""helm pushes charts, with their provenance, finds versions, shows and renders them straight from the registry."""

import json

import pytest

from interop.go_clients import GoClient

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]
CONFIG = "application/vnd.cncf.helm.config.v1+json"
CHART = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
PROVENANCE = "application/vnd.cncf.helm.chart.provenance.v1.prov"


@pytest.fixture
def way(registry):
    return ("--plain-http",) if registry.is_plain else ("--ca-file", registry.ca)


@pytest.fixture
def helm(registry, way, tmp_path):
    client = GoClient("helm", tmp_path / "home", registry)
    client.log_in("registry", "login", *way)
    return client


@pytest.fixture
def chart(helm, place):
    """The name of a chart, which is in its folder."""
    name = place.rpartition("/")[2]
    helm("create", name)
    return name


def push(helm, way, registry, chart, version):
    helm("package", chart, "--version", version)
    helm("push", f"{chart}-{version}.tgz", f"oci://{registry.host}/team", *way)
    return f"oci://{registry.host}/team/{chart}"


def test_a_chart_is_kept_as_what_it_is_and_comes_back_whole(helm, way, registry, chart):
    where = push(helm, way, registry, chart, "0.1.0")
    manifest = json.loads(registry.inkan("manifest-inspect", f"team/{chart}:0.1.0").out)
    assert manifest["config"]["mediaType"] == CONFIG
    assert [one["mediaType"] for one in manifest["layers"]] == [CHART]
    packed = (helm.home / f"{chart}-0.1.0.tgz").read_bytes()
    helm("pull", where, "--version", "0.1.0", "-d", "..", *way)
    assert (helm.home.parent / f"{chart}-0.1.0.tgz").read_bytes() == packed


def test_a_chart_is_shown_and_rendered_straight_from_the_registry(helm, way, registry, chart):
    where = push(helm, way, registry, chart, "0.1.0")
    shown = helm("show", "chart", where, "--version", "0.1.0", *way).out
    assert f"name: {chart}\n" in shown
    assert "replicaCount: 1\n" in helm("show", "values", where, *way).out
    rendered = helm("template", "it", where, "--set", "replicaCount=3", *way).out
    assert "replicas: 3\n" in rendered


def test_the_newest_version_and_a_range_are_found_among_many(helm, way, registry, chart):
    for version in ("0.1.0", "0.2.0", "0.10.0", "1.0.0-rc.1", "1.0.0+build.5"):
        where = push(helm, way, registry, chart, version)
    assert "\nversion: 1.0.0+build.5\n" in helm("show", "chart", where, *way).out
    assert "\nversion: 0.10.0\n" in helm("show", "chart", where, "--version", "^0.x", *way).out
    # a tag has no plus: helm writes an underscore
    assert registry.inkan("image-list", "-q", "--restrict", f"team/{chart}").out.count("1.0.0_build.5") == 1  # fmt: skip


def test_a_chart_depends_on_one_in_the_registry(helm, way, registry, chart):
    push(helm, way, registry, chart, "0.1.0")
    helm("create", "above")
    with (helm.home / "above" / "Chart.yaml").open("a") as file:
        file.write(f"dependencies:\n- name: {chart}\n  version: ^0.1.0\n  repository: oci://{registry.host}/team\n")  # fmt: skip
    helm("dependency", "update", "above", *way)
    assert (helm.home / "above" / "charts" / f"{chart}-0.1.0.tgz").exists()


def test_the_provenance_of_a_chart_goes_with_it(helm, way, registry, chart):
    helm("package", chart, "--version", "0.3.0")
    (helm.home / f"{chart}-0.3.0.tgz.prov").write_text("who made it")
    helm("push", f"{chart}-0.3.0.tgz", f"oci://{registry.host}/team", *way)
    manifest = json.loads(registry.inkan("manifest-inspect", f"team/{chart}:0.3.0").out)
    assert {one["mediaType"] for one in manifest["layers"]} == {CHART, PROVENANCE}
    helm("pull", f"oci://{registry.host}/team/{chart}", "--prov", "-d", "..", *way)
    assert (helm.home.parent / f"{chart}-0.3.0.tgz.prov").read_text() == "who made it"


def test_our_reason_is_shown_and_a_log_out_ends_it(helm, way, registry, chart):
    where = push(helm, way, registry, chart, "0.1.0")
    pushed = ("push", f"{chart}-0.1.0.tgz", f"oci://{registry.host}/nowhere", *way)
    refused = helm(*pushed, check=False)
    assert refused.code == 1
    assert "namespace nowhere does not exist" in refused.err
    helm("registry", "logout", registry.host)
    assert helm("show", "chart", where, "--version", "0.1.0", *way, check=False).code == 1
