"""Rows of the catalogue about clocks and stores, in process, each under its number."""

from datetime import UTC, datetime, timedelta

import pytest
from test_registry import REPOSITORY, image, push_blob, put

from inkan.errors import StorageUnavailableError

JUMPS = [
    timedelta(hours=-1),
    timedelta(hours=1),
    datetime(1970, 1, 2, tzinfo=UTC),
    datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC),
]


@pytest.mark.parametrize("jump", JUMPS, ids=str)
async def test_OPS_004_a_clock_that_jumps_ends_no_service(world, admin, jump):
    raw = await image(admin)
    await put(admin, "before", raw)
    before = world.clock.now()
    world.clock.instant = jump if isinstance(jump, datetime) else before + jump
    answer = await admin("GET", "/token?service=inkan&scope=repository:team/app:pull", expect=200)
    expires_in = answer.json["expires_in"]
    assert 0 < expires_in <= 24 * 3600
    bearer = [("Authorization", f"Bearer {answer.json['token']}")]
    await admin("GET", f"{REPOSITORY}/manifests/before", headers=bearer, expect=200)
    await put(admin, "after", raw)
    # what was minted is good for its time and no longer
    world.clock.move(timedelta(seconds=expires_in + 120))
    await admin("GET", f"{REPOSITORY}/manifests/before", headers=bearer, expect=401)
    for tag in ("before", "after"):
        await admin("GET", f"{REPOSITORY}/manifests/{tag}", expect=200)


async def test_STO_034_nothing_that_clients_do_depends_on_listing_a_store(world, admin, monkeypatch):  # fmt: skip
    async def keys(_):
        raise StorageUnavailableError("a list that lags behind is as good as none")
        yield

    monkeypatch.setattr(type(world.stores.blobs), "keys", keys)
    await put(admin, "v1", await image(admin))
    digest = await push_blob(admin, b"unused")
    await admin("GET", f"{REPOSITORY}/blobs/{digest}", expect=200)
    await admin("DELETE", f"{REPOSITORY}/manifests/v1", expect=202)
    for job in world.product.jobs:
        if "garbage" in job.name or "trash" in job.name or "upload" in job.name:
            world.clock.move(timedelta(days=40))
            await job.run()


async def test_STO_022_a_collection_goes_on_past_what_is_damaged(world, admin):
    lost, kept = await push_blob(admin, b"lost"), await push_blob(admin, b"unused")
    (key,) = [key for key in world.stores.blobs.contents if lost.split(":")[1] in key]
    del world.stores.blobs.contents[key]
    for job in world.product.jobs * 3:
        if "garbage" in job.name:
            await job.run()
            world.clock.move(timedelta(days=40))
            await job.run()
    assert world.stores.blobs.contents == {}
    for digest in (lost, kept):
        await admin("HEAD", f"{REPOSITORY}/blobs/{digest}", expect=404)
    # and what is pushed again is there again
    assert await push_blob(admin, b"lost") == lost
    await admin("GET", f"{REPOSITORY}/blobs/{lost}", expect=200)
