"""Quotas: what crosses a limit is let finish, the next is refused, and a layer counts once."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest
from test_lifecycle import push
from test_repeated_requests import TOKEN_SCOPES, serving

from inkan.limits import MIB
from inkan.store.sql.database import Statement

PATH = "/api/v1/quotas"
LARGE = b"x" * (MIB + 1)


async def set_quota(client, namespace="", **megabytes):
    query = f"?namespace={namespace}" if namespace else ""
    body = json.dumps({f"{name}_megabytes": count for name, count in megabytes.items()})
    return await client("PATCH", f"{PATH}{query}", body.encode(), expect=200)


async def usage(client, namespace=""):
    query = f"?namespace={namespace}" if namespace else ""
    return (await client("GET", f"{PATH}{query}", expect=200)).json["usage"]


def blob(content):
    return f"/v2/team/app/blobs/sha256:{sha256(content).hexdigest()}"


async def upload(client, name, content, **options):
    digest = f"sha256:{sha256(content).hexdigest()}"
    return await client("POST", f"/v2/{name}/blobs/uploads/?digest={digest}", content, **options)


async def test_a_quota_is_set_by_halves_and_lifted(admin):
    shown = (await admin("GET", PATH, expect=200)).json
    nothing = {"storage_bytes": None, "traffic_bytes": None}
    assert shown == {
        "namespace": "",
        "limit": nothing,
        "usage": {"storage_bytes": 0, "traffic_bytes": 0},
    }
    await set_quota(admin, storage=512)
    done = (await set_quota(admin, traffic=5120)).json
    assert done["limit"] == {"storage_bytes": 512 * MIB, "traffic_bytes": 5120 * MIB}
    assert (await set_quota(admin, storage=-1)).json["limit"]["storage_bytes"] is None
    assert (await set_quota(admin, "team", storage=0)).json["limit"]["storage_bytes"] == 0
    for body in (b'{"storage": 1}', b'{"storage_megabytes": -2}', b'{"storage_megabytes": "1"}'):
        await admin("PATCH", PATH, body, expect=400)
    await admin("PATCH", f"{PATH}?namespace=nobody", b"{}", expect=404)


async def test_quotas_are_a_managers(world):
    bob = world.client(user="bob", password="other-password")
    assert (await bob("PATCH", PATH, b"{}")).status == 403


@pytest.mark.parametrize("namespace", ["", "team"])
async def test_the_push_that_crosses_the_limit_ends_and_the_next_is_refused(admin, namespace):
    await set_quota(admin, namespace, storage=1)
    await push(admin, "team/app", "v1", LARGE)
    refused = await upload(admin, "team/app", b"more", expect=403)
    assert refused.code == "DENIED"
    where = " --namespace team" if namespace else ""
    message = refused.json["errors"][0]["message"]
    assert "(1.0 of 1.0 MB)" in message
    assert message.endswith(f"inkan quota-set --storage MB{where}")
    # what is there already is pushed by its manifest alone, and brings nothing
    await set_quota(admin, namespace, storage=2)
    await push(admin, "team/app", "v2", b"more")


async def test_a_namespaces_quota_is_not_anothers_and_deleting_makes_room(world, admin):
    await admin("PUT", "/api/v1/namespaces/other", expect=201)
    await set_quota(admin, "team", storage=1)
    digest = await push(admin, "team/app", "v1", LARGE)
    await push(admin, "other/app", "v1", LARGE)
    assert await usage(admin) == {"storage_bytes": MIB + 3, "traffic_bytes": 0}
    assert (await usage(admin, "other"))["storage_bytes"] == MIB + 3
    await upload(admin, "team/app", b"more", expect=403)
    await admin("DELETE", f"/v2/team/app/manifests/{digest}", expect=202)
    assert (await usage(admin, "team"))["storage_bytes"] == 0
    world.clock.move(timedelta(seconds=2))
    await push(admin, "team/app", "v2", b"more")


async def test_a_push_over_the_limit_that_never_ends_is_ended(world, admin):
    await set_quota(admin, storage=1)
    for number in range(3):
        await upload(admin, "team/app", LARGE + b"%d" % number, expect=201)
    await upload(admin, "team/beside", b"other", expect=403)
    world.clock.move(timedelta(minutes=31))
    await upload(admin, "team/app", b"late", expect=403)


async def test_the_pull_that_crosses_the_limit_ends_and_the_next_is_refused(world, admin):
    await push(admin, "team/app", "v1", LARGE)
    await push(admin, "team/beside", "v1", b"beside")
    await set_quota(admin, "team", traffic=1)
    manifest = "/v2/team/app/manifests/v1"
    await admin("HEAD", manifest, expect=200)
    await admin("HEAD", blob(LARGE), expect=200)
    assert (await usage(admin))["traffic_bytes"] == 0
    size = len((await admin("GET", manifest, expect=200)).body)
    # to ask begins, for docker whose manifest is still there
    await admin("HEAD", manifest, expect=200)
    await admin("GET", blob(LARGE), expect=200)
    assert (await usage(admin, "team"))["traffic_bytes"] == size + MIB + 1
    # begun in time: goes on, once, and is resumed; what docker asks for whose manifest is still there, it has had
    await admin("GET", blob(b"{}"), expect=200)
    await admin("HEAD", manifest, expect=200)
    for content in (b"{}", LARGE):
        await admin("GET", blob(content), expect=403)
    for _ in range(4):
        await admin("GET", blob(b"{}"), headers=[("Range", "bytes=1-")], expect=206)
    await admin("GET", blob(b"{}"), headers=[("Range", "bytes=1-")], expect=403)
    refused = await admin("GET", manifest, expect=403)
    assert refused.code == "DENIED"
    message = refused.json["errors"][0]["message"]
    assert "the traffic quota of namespace team is used up" in message
    assert "inkan quota-set --traffic MB --namespace team" in message
    await admin("HEAD", manifest, expect=200)
    await admin("GET", blob(b"beside").replace("app", "beside"), expect=403)
    world.clock.move(timedelta(days=31))
    job = next(one for one in world.product.jobs if one.name == "count traffic")
    await job.run()
    await admin("GET", manifest, expect=200)


async def test_answers_from_memory_are_counted_and_end_with_the_limit(world, admin):
    await push(admin, "team/app", "v1")
    token = (await admin("GET", f"/token?service=inkan&{TOKEN_SCOPES}", expect=200)).json["token"]
    text = (
        "GET /v2/team/app/manifests/v1 HTTP/1.1\r\nHost: localhost:5000\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    )
    await set_quota(admin, traffic=1)
    async with serving(world) as served:
        status, _, body = await served.ask(text)
        for _ in range(9):
            assert (await served.ask(text))[0] == "200"
        assert served.repeats == 9
        assert (await usage(admin))["traffic_bytes"] == 10 * len(body)
        for _ in range(2000 * 1024 // len(body)):
            status = (await served.ask(text))[0]
            if status != "200":
                break
        assert status == "403"
        assert MIB <= (await usage(admin))["traffic_bytes"] < MIB + len(body)
        assert served.repeats > 1000


async def test_what_was_counted_survives_the_end_of_the_server(world, admin):
    await push(admin, "team/app", "v1")
    await admin("GET", blob(b"layer"), expect=200)
    await world.product.end()
    month = world.clock.now().strftime("%Y-%m")

    def counted():
        rows = yield Statement("SELECT namespace, bytes FROM traffic WHERE month = ?", (month,))
        return [tuple(row) for row in rows]

    assert await world.stores.database.read(counted) == [("team", 5)]


async def test_without_a_limit_what_is_pulled_is_written_once_a_minute(world, admin):
    """Each write makes every answer in memory old, on a server that thousands ask the same."""
    await push(admin, "team/app", "v1")
    turn = next(one for one in world.product.jobs if one.name == "count traffic").run
    await turn()
    before = world.stores.database.generation
    for _ in range(5):
        await admin("GET", "/v2/team/app/manifests/v1", expect=200)
        world.clock.move(timedelta(seconds=10))
        await turn()
    assert world.stores.database.generation == before
    world.clock.move(timedelta(seconds=10))
    await turn()
    assert world.stores.database.generation == before + 1
    # with a limit, somebody may be waiting for it
    await admin("PATCH", "/api/v1/quotas?namespace=team", b'{"traffic_megabytes": 100}', expect=200)
    before = world.stores.database.generation
    await admin("GET", "/v2/team/app/manifests/v1", expect=200)
    await turn()
    assert world.stores.database.generation == before + 1
