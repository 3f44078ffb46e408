"""crane pushes, pulls, copies, tags, lists, changes and deletes."""

import json

import pytest

from inkan.testing.images import make_image
from interop.go_clients import GoClient
from interop.tars import tar_of

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]


@pytest.fixture
def crane(registry, tmp_path):
    client = GoClient("crane", tmp_path / "home", registry)
    client.log_in("auth", "login")
    return client


def test_crane_pushes_and_pulls_byte_for_byte(crane, place, tmp_path):
    digest = make_image(tmp_path / "made", tar_of(hello=b"hello"))
    assert crane("push", tmp_path / "made", f"{place}:1.0").out.strip() == f"{place}@{digest}"
    assert crane("digest", f"{place}:1.0").out.strip() == digest
    assert json.loads(crane("manifest", f"{place}:1.0").out)["schemaVersion"] == 2
    crane("pull", "--format", "oci", f"{place}:1.0", tmp_path / "pulled")
    index = json.loads((tmp_path / "pulled" / "index.json").read_text())
    assert [one["digest"] for one in index["manifests"]] == [digest]


def test_crane_lists_tags_and_repositories(crane, place, registry, tmp_path):
    make_image(tmp_path / "made", tar_of(hello=b"hello"))
    crane("push", tmp_path / "made", f"{place}:1.0")
    crane("tag", f"{place}:1.0", "2.0")
    assert crane("ls", place).out.split() == ["1.0", "2.0"]
    assert place in crane("catalog", "--full-ref", registry.host).out.split()


def test_crane_copies_an_index_with_all_that_it_names(crane, place, tmp_path):
    for platform in ("amd64", "arm64"):
        make_image(
            tmp_path / platform, tar_of(name=platform.encode()), platform=f"linux/{platform}"
        )
        crane("push", tmp_path / platform, f"{place}:{platform}")
    parts = ("-m", f"{place}:amd64", "-m", f"{place}:arm64")
    digest = crane("index", "append", *parts, "-t", f"{place}:1.0").out.strip().rpartition("@")[2]
    crane("copy", f"{place}:1.0", f"{place}-copy:1.0")
    assert crane("digest", f"{place}-copy:1.0").out.strip() == digest
    exported = crane("export", "--platform", "linux/arm64", f"{place}-copy:1.0", "-")
    assert "arm64" in exported.out
    # every tag of a repository at once
    crane("copy", "--all-tags", place, f"{place}-all")
    assert crane("ls", f"{place}-all").out.split() == ["1.0", "amd64", "arm64"]


def test_crane_changes_what_is_in_the_registry(crane, place, tmp_path):
    (tmp_path / "base.tar").write_bytes(tar_of(hello=b"hello"))
    crane("append", "--oci-empty-base", "-f", tmp_path / "base.tar", "-t", f"{place}:1.0")
    (tmp_path / "more.tar").write_bytes(tar_of(more=b"more"))
    crane("append", "-b", f"{place}:1.0", "-f", tmp_path / "more.tar", "-t", f"{place}:1.1")
    crane("mutate", "--label", "stage=test", "-t", f"{place}:1.2", f"{place}:1.1")
    config = json.loads(crane("config", f"{place}:1.2").out)
    assert config["config"]["Labels"] == {"stage": "test"}
    assert len(config["rootfs"]["diff_ids"]) == 2
    crane("validate", "--remote", f"{place}:1.2")
    crane("flatten", "-t", f"{place}:1.3", f"{place}:1.2")
    assert len(json.loads(crane("manifest", f"{place}:1.3").out)["layers"]) == 1


def test_crane_deletes_a_tag_and_an_image(crane, place, tmp_path):
    digest = make_image(tmp_path / "made", tar_of(hello=b"hello"))
    for tag in ("1.0", "2.0"):
        crane("push", tmp_path / "made", f"{place}:{tag}")
    crane("delete", f"{place}:1.0")
    assert crane("ls", place).out.split() == ["2.0"]
    crane("delete", f"{place}@{digest}")
    gone = crane("manifest", f"{place}@{digest}", check=False)
    assert gone.code == 1
    assert "MANIFEST_UNKNOWN" in gone.err


def test_crane_shows_our_reason_and_nothing_is_left_after_a_log_out(crane, place, registry, tmp_path):  # fmt: skip
    make_image(tmp_path / "made", tar_of(hello=b"hello"))
    elsewhere = f"{registry.host}/nowhere/app:1.0"
    refused = crane("push", tmp_path / "made", elsewhere, check=False)
    assert refused.code == 1
    assert "DENIED: namespace nowhere does not exist" in refused.err
    crane("push", tmp_path / "made", f"{place}:1.0")
    crane("auth", "logout", registry.host)
    assert crane.kept_credentials() == {}
    assert crane("manifest", f"{place}:1.0", check=False).code == 1
