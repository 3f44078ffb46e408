"""The catalogue's rows about lists that are very long: each page costs the same, however much there is before and behind it."""

import time

import pytest
from conformance import CONFIG, MANIFEST, REPO, descriptor, document, push

from inkan.store.sql.database import Statement

TAGS, REPOSITORIES, PAGES = 1_000_000, 100_000, 120
_NUMBERS = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {} - 1) "


def many_tags():
    yield Statement(
        "INSERT INTO tags (repository, name, namespace, digest, updated_at) "
        + _NUMBERS.format(TAGS)
        + "SELECT repository, 'v' || SUBSTR('0000000' || i, -7), namespace, digest, updated_at FROM n, tags WHERE name = 'real'"
    )


def many_repositories():
    columns = "digest, namespace, media_type, artifact_type, subject, image_bytes, payload, pushed_by, created_at, annotations"
    yield Statement(
        f"INSERT INTO manifests (repository, {columns}) "
        + _NUMBERS.format(REPOSITORIES)
        + f"SELECT 'team/r' || SUBSTR('00000' || i, -5), {columns} FROM n, (SELECT * FROM manifests WHERE repository = 'team/app') one"
    )


async def p99(client, targets):
    """Ask each and return the time that 99 of 100 answers stayed below, in seconds."""
    seconds = []
    for target in targets:
        began = time.perf_counter()
        yield await client("GET", target, expect=200)
        seconds.append(time.perf_counter() - began)
    seconds.sort()
    worst = seconds[int(len(seconds) * 0.99) - 1]
    print(f"p99 of {len(seconds)} pages: {worst * 1000:.1f} ms")
    assert worst < 0.2


@pytest.mark.slow
async def test_NET_016_a_million_tags_and_a_hundred_thousand_repositories_in_pages(world, admin):
    """Also for somebody who may list one namespace only, and at the far end as at the near one."""
    await push(admin, b"{}")
    raw = document(mediaType=MANIFEST, config=descriptor(b"{}", CONFIG), layers=[])
    await admin("PUT", f"{REPO}/manifests/real", raw, [("Content-Type", MANIFEST)], expect=201)
    for fill in (many_tags, many_repositories):
        await world.stores.database.write(fill)
    await admin("PUT", "/api/v1/namespaces/team/policies/reader/account/bob", expect=201)
    bob = world.client(user="bob", password="other-password")

    step = TAGS // PAGES
    starts = range(0, TAGS - 1_000, step)
    pages = p99(admin, [f"{REPO}/tags/list?n=1000&last=v{start:07}" for start in starts])
    async for answer in pages:
        assert len(answer.json["tags"]) == 1_000
        assert 'rel="next"' in answer["link"]
    assert (await admin("GET", f"{REPO}/tags/list", expect=200)).json["tags"][:2] == ["real", "v0000000"]  # fmt: skip

    starts = range(0, REPOSITORIES - 1_000, REPOSITORIES // PAGES)
    for client in (admin, bob):
        async for answer in p99(client, [f"/v2/_catalog?n=1000&last=team/r{start:05}" for start in starts]):  # fmt: skip
            assert len(answer.json["repositories"]) == 1_000
            assert 'rel="next"' in answer["link"]


@pytest.mark.slow
async def test_NET_016_every_name_is_on_one_page(world, admin):
    """Following the links from the first page to the last, each repository is met once."""
    await push(admin, b"{}")
    raw = document(mediaType=MANIFEST, config=descriptor(b"{}", CONFIG), layers=[])
    await admin("PUT", f"{REPO}/manifests/real", raw, [("Content-Type", MANIFEST)], expect=201)
    await world.stores.database.write(many_repositories)
    target, seen = "/v2/_catalog?n=1000", []
    while target:
        answer = await admin("GET", target, expect=200)
        seen += answer.json["repositories"]
        target = answer.headers.get("link", "").partition(">")[0].removeprefix("<")
    assert seen == ["team/app", *(f"team/r{number:05}" for number in range(REPOSITORIES))]
