"""The commands of `ibmcloud cr` about images, on what docker has pushed."""

import json

import pytest

pytestmark = [pytest.mark.interop, pytest.mark.timeout(300)]


@pytest.fixture
def inkan(server):
    def call(*words, check=True):
        return server.inkan(*words, check=check)

    return call


@pytest.fixture
def pushed(owner, repository):
    image = owner.make_image(f"{repository}:1.0", repository.encode())
    owner("push", f"{repository}:1.0")
    return image


def test_a_tag_is_given_and_taken_in_the_registry(owner, inkan, repository, pushed):
    said = inkan("image-tag", f"{repository}:1.0", f"{repository}:stable")
    assert (said.out, "Tagging" in said.err, "not signed" in said.err) == ("OK\n", True, True)
    owner("rmi", "-f", pushed)
    owner("pull", f"{repository}:stable")
    assert owner.image_id(f"{repository}:stable") == pushed
    there = f"{repository}-copy"
    inkan("image", "tag", f"{repository}:1.0", there)
    owner("pull", f"{there}:latest")
    assert owner.image_id(f"{there}:latest") == pushed
    said = inkan("image-untag", f"{repository}:stable")
    assert said.out == f"Successfully removed tag 'stable' from image '{repository}:stable'.\n"
    refused = owner("pull", f"{repository}:stable", check=False)
    assert "not found" in refused.text
    owner("pull", f"{repository}:1.0")
    assert inkan("image-untag", repository, check=False).code == 2
    assert inkan("image-untag", f"{repository}:none", check=False).code == 3


def test_an_image_is_deleted_with_all_its_tags(owner, inkan, repository, pushed):
    inkan("image-tag", f"{repository}:1.0", f"{repository}:2.0")
    said = inkan("image-rm", f"{repository}:none", f"{repository}:1.0", check=False)
    assert said.code == 3
    assert said.out == f"Successfully deleted image '{repository}:1.0'.\n"
    for tag in ("1.0", "2.0"):
        assert owner("pull", f"{repository}:{tag}", check=False).code != 0
    name = repository.partition("/")[2]
    assert inkan("image-list", "--restrict", name, "-q").out == ""
    # pushed again, it is there again, whatever a collector has done meanwhile
    inkan("garbage-run")
    owner("push", f"{repository}:1.0")
    owner("rmi", "-f", pushed)
    owner("pull", f"{repository}:1.0")


def test_an_image_is_looked_at_as_docker_shows_it(owner, inkan, repository, pushed):
    (shown,) = json.loads(inkan("image-inspect", f"{repository}:1.0").out)
    theirs = json.loads(owner("image", "inspect", f"{repository}:1.0").out)[0]
    for field in ("Architecture", "Os", "DockerVersion", "Author", "Created"):
        assert shown[field] == theirs[field]
    assert (shown["ID"], shown["RootFS"]["Layers"]) == (theirs["Id"], theirs["RootFS"]["Layers"])
    words = ("image-inspect", "--format", "{{.Os}}/{{.Architecture}}", f"{repository}:1.0")
    assert inkan(*words).out == f"{theirs['Os']}/{theirs['Architecture']}\n"
    raw = inkan("manifest-inspect", f"{repository}:1.0").out
    digest = inkan("manifest-inspect", "-q", f"{repository}:1.0").out.strip()
    assert json.loads(raw)["config"]["digest"] == theirs["Id"]
    assert f"{repository}@{digest}" in theirs["RepoDigests"]


def test_what_has_no_tag_is_listed_and_pruned_unless_it_is_signed(owner, inkan, repository, pushed):
    owner("push", f"{repository}:1.0", trust=True)
    signed = inkan("manifest-inspect", "-q", f"{repository}:1.0").out.strip()
    for content in (b"two", b"three"):
        owner.make_image(f"{repository}:1.0", content)
        owner("push", f"{repository}:1.0")
    name = repository.partition("/")[2]
    listed = inkan("image-digests", "--restrict", name, "--format", "{{.Digest}} {{.KeptBy}}").out
    rows = dict(line.split(" ") for line in listed.splitlines())
    assert rows[signed] == "signature"
    assert sorted(rows.values()) == ["", "signature", "tag"]
    assert inkan("image-prune-untagged", "--restrict", "team", check=False).code == 2
    gone = json.loads(inkan("image-prune-untagged", "--restrict", "team", "-f", "-o", "json").out)
    mine = [one["Digest"] for one in gone if one["Repository"] == name]
    assert mine == [digest for digest, keeper in rows.items() if not keeper]
    # what was signed is still what a pull with content trust gives
    owner("rmi", "-f", pushed, check=False)
    owner("pull", f"{repository}:1.0", trust=True)
    assert owner.image_id(f"{repository}:1.0") == pushed
    template = "{{ if gt .Size 1 }}{{ .Repository }}:{{ .Tag }}{{end}}"
    assert inkan("images", "--restrict", name, "--format", template).out == f"{repository}:1.0\n"
