"""Long lists of images: one request, and a time that a person waits."""

import time

import pytest
from test_lifecycle import push

from inkan import limits
from inkan.cli.main import main
from inkan.client.administration import Administration
from inkan.client.targets import Target
from inkan.store.sql.database import Statement

TAGS = 10_000


def copy_tag(repository):
    for number in range(TAGS):
        yield Statement(
            "INSERT INTO tags (repository, name, namespace, digest, updated_at) "
            "SELECT repository, ?, namespace, digest, updated_at FROM tags WHERE repository = ? AND name = 'real'",
            (f"v{number}", repository),
        )


def spread(repository):
    columns = "digest, namespace, media_type, artifact_type, subject, image_bytes, payload, pushed_by, created_at, annotations"
    for number in range(TAGS // 10):
        name = f"{repository}{number}"
        yield Statement(
            f"INSERT INTO manifests (repository, {columns}) SELECT ?, {columns} FROM manifests WHERE repository = ?",
            (name, repository),
        )
        for tag in range(10):
            yield Statement(
                "INSERT INTO tags (repository, name, namespace, digest, updated_at) "
                "SELECT ?, ?, namespace, digest, updated_at FROM tags WHERE repository = ? AND name = 'real'",
                (name, f"v{tag}", repository),
            )


@pytest.mark.slow
async def test_S43_10000_tags_are_listed_in_one_request(world, admin):
    await push(admin, "team/app", "real")
    await world.stores.database.write(copy_tag, "team/app")
    began = time.perf_counter()
    answer = await admin("GET", "/api/v1/images?namespace=team", expect=200)
    seconds = time.perf_counter() - began
    assert len(answer.json["images"]) == TAGS + 1
    assert len(answer.body) < limits.METADATA_FILE_BYTES, "the client reads no more than that"
    print(f"image-list of {TAGS:,} tags: {seconds:.2f} s, {len(answer.body):,} bytes")
    assert seconds < 5


@pytest.mark.slow
async def test_1000_repositories_of_ten_tags_are_listed_in_one_request(world, admin):
    await push(admin, "team/app", "real")
    await world.stores.database.write(spread, "team/app")
    began = time.perf_counter()
    answer = await admin("GET", "/api/v1/images?namespace=team", expect=200)
    seconds = time.perf_counter() - began
    assert len(answer.json["images"]) == TAGS + 1
    print(f"image-list of {TAGS:,} tags in 1,000 repositories: {seconds:.2f} s")
    assert seconds < 5


@pytest.mark.slow
def test_10000_tags_are_printed_at_once(monkeypatch, capsys):
    signed = [{"gun": "localhost/team/app", "digest": "sha256:" + "a" * 64, "signers": ["alice"], "current": True}]  # fmt: skip
    image = {"repository": "team/app", "namespace": "team", "digest": "sha256:" + "a" * 64, "created": "2026-01-01T00:00:00+00:00", "size": 5_000_000, "mediaType": "m", "signed": signed}  # fmt: skip
    found = [{**image, "tag": f"v{number}"} for number in range(TAGS)]
    client = Administration.__new__(Administration)
    client.target = Target("localhost")
    monkeypatch.setattr(Administration, "of_target", classmethod(lambda _cls: client))
    monkeypatch.setattr(Administration, "images", lambda _self, _namespace: found)
    began = time.perf_counter()
    assert main(["image-list"]) == 0
    seconds = time.perf_counter() - began
    assert capsys.readouterr().out.count("alice") == TAGS
    print(f"{TAGS:,} tags printed: {seconds:.2f} s")
    assert seconds < 5
