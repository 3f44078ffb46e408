"""skopeo, podman and buildah push, pull, copy, list and delete, single images and such for several platforms."""

import json

import pytest

from inkan.testing.images import make_image
from interop.container_tools import ContainerTool
from interop.tars import tar_of

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]


def tool(program):
    @pytest.fixture
    def logged_in(registry, tmp_path):
        with ContainerTool(program, tmp_path, registry) as made:
            made.log_in()
            yield made

    return logged_in


skopeo, podman, buildah = tool("skopeo"), tool("podman"), tool("buildah")


def ends(tool):
    """Return the options of a command that asks two registries, which are the same here."""
    tls = str(not tool.server.is_plain).lower()
    return [
        word
        for end in ("src", "dest")
        for word in (f"--{end}-tls-verify={tls}", f"--{end}-cert-dir={tool.certificates}")
    ]


def skopeo_tags(skopeo, place):
    return json.loads(skopeo("list-tags", *skopeo.way, f"docker://{place}").out)["Tags"]


def test_skopeo_copies_every_platform_byte_for_byte(skopeo, place, pushed, tmp_path):
    both = ("--authfile", skopeo.authfile, *ends(skopeo))
    # without the second word it compresses what is not
    words = ("copy", "--all", "--preserve-digests", *both)
    skopeo(*words, f"docker://{place}:1.0", f"docker://{place}-copy:1.0")
    raw = skopeo("inspect", "--raw", *skopeo.way, f"docker://{place}-copy:1.0").out
    (tmp_path / "raw").write_text(raw)
    assert skopeo("manifest-digest", tmp_path / "raw").out.strip() == pushed
    one = skopeo("--override-arch", "arm64", "inspect", *skopeo.way, f"docker://{place}:1.0").out
    assert json.loads(one)["Architecture"] == "arm64"
    assert skopeo_tags(skopeo, place) == ["1.0"]


def test_skopeo_mirrors_a_repository_out_and_in_again(skopeo, place, pushed, tmp_path):
    both = ("--authfile", skopeo.authfile, *ends(skopeo))
    skopeo("copy", "--all", *both, f"docker://{place}:1.0", f"docker://{place}:2.0")
    (tmp_path / "mirror").mkdir()
    words = ("--all", "--src", "docker", "--dest", "dir", "--authfile", skopeo.authfile)
    skopeo("sync", *words, *ends(skopeo)[:2], place, tmp_path / "mirror")
    name = place.rpartition("/")[2]
    folders = sorted(one.name for one in (tmp_path / "mirror").iterdir())
    assert folders == [f"{name}:1.0", f"{name}:2.0"]
    words = ("--all", "--src", "dir", "--dest", "docker", "--authfile", skopeo.authfile)
    again = f"{skopeo.server.host}/team/mirror-{name}"
    skopeo("sync", *words, *ends(skopeo)[2:], tmp_path / "mirror", again)
    assert skopeo_tags(skopeo, f"{again}/{name}") == ["1.0", "2.0"]


def test_skopeo_deletes_and_says_why_it_may_not(skopeo, place, pushed, tmp_path):
    skopeo("delete", *skopeo.way, f"docker://{place}:1.0")
    gone = skopeo("inspect", *skopeo.way, f"docker://{place}:1.0", check=False)
    assert gone.code == 1
    assert "manifest unknown" in gone.err
    words = ("--authfile", skopeo.authfile, *ends(skopeo)[2:])
    made, elsewhere = f"oci:{tmp_path}/made", f"docker://{skopeo.server.host}/nowhere/app:1.0"
    refused = skopeo("copy", "--all", *words, made, elsewhere, check=False)
    assert refused.code == 1
    assert "namespace nowhere does not exist" in refused.err


def imported(podman, tmp_path, reference, content):
    (tmp_path / "layer.tar").write_bytes(tar_of(hello=content))
    podman("import", "-q", tmp_path / "layer.tar", reference)


def test_podman_pushes_pulls_and_searches(podman, place, tmp_path):
    imported(podman, tmp_path, f"{place}:1.0", b"hello")
    podman("push", "-q", *podman.way, f"{place}:1.0")
    podman("push", "-q", "--format", "v2s2", *podman.way, f"{place}:1.0", f"{place}:2.0")
    podman("rmi", "-a", "-f")
    podman("pull", "-q", *podman.way, f"{place}:1.0")
    podman("pull", "-q", *podman.way, f"{place}:2.0")
    pulled = podman("images", "--format", "{{.Tag}}", place).out.split()
    assert sorted(pulled) == ["1.0", "2.0"]
    # this command of podman 4 has no word for a CA of one's own
    words = ("--list-tags", "--authfile", podman.authfile, "--tls-verify=false", place)
    listed = podman("search", *words).out
    assert [line.split()[-1] for line in listed.splitlines()[1:]] == ["1.0", "2.0"]


def test_podman_makes_an_image_for_several_platforms(podman, place, tmp_path):
    for architecture in ("amd64", "arm64"):
        (tmp_path / "layer.tar").write_bytes(tar_of(name=architecture.encode()))
        words = ("--arch", architecture, tmp_path / "layer.tar", f"{place}:{architecture}")
        podman("import", "-q", *words)
        podman("push", "-q", *podman.way, f"{place}:{architecture}")
    podman("manifest", "create", "all")
    for architecture in ("amd64", "arm64"):
        podman("manifest", "add", *podman.way, "all", f"docker://{place}:{architecture}")
    podman("manifest", "push", *podman.way, "--all", "all", f"docker://{place}:1.0")
    podman("rmi", "-a", "-f")
    podman("pull", "-q", "--arch", "arm64", *podman.way, f"{place}:1.0")
    inspected = json.loads(podman("image", "inspect", f"{place}:1.0").out)
    assert inspected[0]["Architecture"] == "arm64"


def test_buildah_builds_pushes_and_pulls(buildah, place, tmp_path):
    (tmp_path / "hello").write_text("hello")
    container = buildah("from", "scratch").out.strip()
    buildah("add", container, tmp_path / "hello", "/hello")
    buildah("config", "--label", "stage=test", "--cmd", "/hello", container)
    buildah("commit", "-q", container, f"{place}:1.0")
    buildah("push", "-q", *buildah.way, f"{place}:1.0", f"docker://{place}:1.0")
    buildah("push", "-q", "--format", "v2s2", *buildah.way, f"{place}:1.0", f"docker://{place}:2.0")
    buildah("rm", "-a")
    buildah("rmi", "-a", "-f")
    buildah("pull", "-q", *buildah.way, f"{place}:1.0")
    inspected = json.loads(buildah("inspect", "--type", "image", f"{place}:1.0").out)
    assert inspected["OCIv1"]["config"]["Labels"]["stage"] == "test"
    # what is in the registry is what a build begins with
    container = buildah("from", *buildah.way, f"{place}:2.0").out.strip()
    buildah("commit", "-q", *buildah.way, container, f"docker://{place}:3.0")


def test_buildah_pushes_a_list_with_the_images_in_it(buildah, skopeo, place, tmp_path):
    buildah("manifest", "create", "all")
    for architecture in ("amd64", "arm64"):
        make_image(tmp_path / architecture, tar_of(n=architecture.encode()), platform=f"linux/{architecture}")  # fmt: skip
        buildah("manifest", "add", "all", f"oci:{tmp_path}/{architecture}")
    words = ("--all", "--format", "oci", "all", f"docker://{place}:1.0")
    buildah("manifest", "push", *buildah.way, *words)
    listed = json.loads(skopeo("inspect", "--raw", *skopeo.way, f"docker://{place}:1.0").out)
    assert {one["platform"]["architecture"] for one in listed["manifests"]} == {"amd64", "arm64"}


@pytest.mark.parametrize("program", ["podman", "buildah"])
def test_our_reason_is_shown_and_a_log_out_ends_it(program, registry, tmp_path, place):
    with ContainerTool(program, tmp_path, registry) as tool:
        tool.log_in()
        make_image(tmp_path / "made", tar_of(hello=b"hello"))
        tool("pull", "-q", f"oci:{tmp_path}/made")
        image = tool("images", "-q").out.split()[0]
        elsewhere = f"docker://{registry.host}/nowhere/app:1.0"
        refused = tool("push", "-q", *tool.way, image, elsewhere, check=False)
        assert refused.code != 0
        assert "namespace nowhere does not exist" in refused.err
        tool("push", "-q", *tool.way, image, f"docker://{place}:1.0")
        tool.log_out()
        assert tool("pull", "-q", *tool.way, f"{place}:1.0", check=False).code != 0
