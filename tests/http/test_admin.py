"""The management API, health and metrics."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest

from inkan.errors import StorageUnavailableError

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


async def test_namespaces_are_made_listed_and_removed(admin):
    made = await admin("PUT", "/api/v1/namespaces/my-team", expect=201)
    assert made.json["created_by"] == "admin"
    listed = (await admin("GET", "/api/v1/namespaces", expect=200)).json["namespaces"]
    assert [one["name"] for one in listed] == ["my-team", "team"]
    assert (await admin("PUT", "/api/v1/namespaces/my-team", expect=409)).code == "NAMESPACE_EXISTS"
    await admin("DELETE", "/api/v1/namespaces/my-team", expect=204)
    assert (
        await admin("DELETE", "/api/v1/namespaces/my-team", expect=404)
    ).code == "NAMESPACE_UNKNOWN"


@pytest.mark.parametrize(
    "name",
    [
        "abc",
        "a" * 31,
        "-team",
        "team-",
        "Team",
        "te.am",
        "te am",
        "localhost",
        "a___b",
        "t%C3%A9am",
    ],
)
async def test_L1_names_outside_the_grammar_are_refused(admin, name):
    await admin("PUT", f"/api/v1/namespaces/{name.replace(' ', '%20')}", expect=400)


@pytest.mark.parametrize("name", ["abcd", "a" * 30, "a-b_c", "1234", "a--b", "a__b"])
async def test_L1_names_within_the_grammar_are_made_and_can_be_pushed_to(admin, name):
    await admin("PUT", f"/api/v1/namespaces/{name}", expect=201)
    await admin("POST", f"/v2/{name}/app/blobs/uploads/", expect=202)


async def test_a_namespace_that_holds_something_is_kept_without_force(admin):
    await admin("POST", "/v2/team/app/blobs/uploads/?digest=sha256:" + EMPTY, b"", expect=201)
    refused = await admin("DELETE", "/api/v1/namespaces/team", expect=409)
    assert "--force" in refused.json["errors"][0]["message"]
    await admin("DELETE", "/api/v1/namespaces/team?force=maybe", expect=400)
    await admin("DELETE", "/api/v1/namespaces/team?force=true", expect=204)


async def test_a_hundred_namespaces_are_all(admin):
    for number in range(99):
        await admin("PUT", f"/api/v1/namespaces/team{number}", expect=201)
    assert (await admin("PUT", "/api/v1/namespaces/one-more", expect=409)).code == "NAMESPACE_QUOTA"


async def test_the_trust_server_is_named_as_the_caller_names_the_registry(world):
    client = world.client(host="registry.test:5000")
    assert (await client("GET", "/api/v1/version", expect=200)).json[
        "trust_server"
    ] == "https://registry.test:4443"


async def test_health_and_metrics_ask_nobody_and_tell_little(nobody):
    assert (await nobody("GET", "/health/live", expect=200)).json == {"status": "ok"}
    assert (await nobody("GET", "/health/ready", expect=200)).json == {"status": "ok"}
    text = (await nobody("GET", "/metrics", expect=200)).body.decode()
    assert (
        'inkan_http_requests_total{method="GET",operation="health-live",status="200"} 1.0' in text
    )
    assert "team" not in text


async def test_garbage_is_listed_waits_and_goes_and_what_is_named_stays(world, admin):
    content = b"a layer"
    digest = f"sha256:{sha256(content).hexdigest()}"
    await admin("POST", f"/v2/team/app/blobs/uploads/?digest={digest}", content, expect=201)
    listed = (await admin("GET", "/api/v1/garbage", expect=200)).json["garbage"]
    assert [(one["digest"], one["since"]) for one in listed] == [(digest, None)]
    done = (await admin("POST", "/api/v1/garbage", expect=200)).json
    assert done == {"marked": 1, "links": 0, "blobs": 0, "keys": 0}
    (waits,) = (await admin("GET", "/api/v1/garbage", expect=200)).json["garbage"]
    assert waits["goes"] > waits["since"]
    world.clock.move(timedelta(hours=25))
    # told that it is here: it has the whole grace again
    await admin("HEAD", f"/v2/team/app/blobs/{digest}", expect=200)
    assert (await admin("POST", "/api/v1/garbage", expect=200)).json["links"] == 0
    world.clock.move(timedelta(hours=25))
    done = (await admin("POST", "/api/v1/garbage", expect=200)).json
    assert (done["links"], done["blobs"], done["keys"]) == (1, 1, 0)
    await admin("HEAD", f"/v2/team/app/blobs/{digest}", expect=404)
    assert [key async for key in world.stores.blobs.keys()]  # noqa: SIM118 - a port's method
    world.clock.move(timedelta(minutes=16))
    assert (await admin("POST", "/api/v1/garbage", expect=200)).json["keys"] == 1
    assert [key async for key in world.stores.blobs.keys()] == []  # noqa: SIM118


async def test_garbage_is_an_administrators(world):
    bob = world.client(user="bob", password="other-password")
    for method in ("GET", "POST"):
        assert (await bob(method, "/api/v1/garbage")).status in (401, 403)


async def test_STO_023_a_collection_that_breaks_off_is_finished_by_the_next(
    world, admin, monkeypatch
):
    content = b"a layer"
    digest = f"sha256:{sha256(content).hexdigest()}"
    await admin("POST", f"/v2/team/app/blobs/uploads/?digest={digest}", content, expect=201)
    await admin("DELETE", f"/v2/team/app/blobs/{digest}", expect=202)
    delete = world.stores.blobs.delete

    async def away(_key):
        raise StorageUnavailableError("away")

    monkeypatch.setattr(world.stores.blobs, "delete", away)
    await admin("POST", "/api/v1/garbage", expect=200)
    world.clock.move(timedelta(hours=1))
    await admin("POST", "/api/v1/garbage", expect=503)
    monkeypatch.setattr(world.stores.blobs, "delete", delete)
    assert (await admin("POST", "/api/v1/garbage", expect=200)).json["keys"] == 1
    assert [key async for key in world.stores.blobs.keys()] == []  # noqa: SIM118


async def test_digests_are_listed_with_what_keeps_them_and_the_rest_is_pruned(admin):
    config = b"{}"
    digest = f"sha256:{sha256(config).hexdigest()}"
    await admin("POST", f"/v2/team/app/blobs/uploads/?digest={digest}", config, expect=201)
    kind = "application/vnd.oci.image.manifest.v1+json"
    for number in range(2):
        tree = {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": {"mediaType": "c", "digest": digest, "size": 2},
            "layers": [],
            "annotations": {"n": str(number)},
        }
        raw = json.dumps(tree).encode()
        await admin("PUT", "/v2/team/app/manifests/v", raw, [("Content-Type", kind)], expect=201)
    listed = (await admin("GET", "/api/v1/digests?namespace=team", expect=200)).json["digests"]
    assert sorted((one["tags"], one["keptBy"]) for one in listed) == [([], ""), (["v"], "tag")]
    await admin("POST", "/api/v1/images/prune", expect=400)
    await admin("POST", "/api/v1/images/prune?namespace=A", expect=400)
    gone = (await admin("POST", "/api/v1/images/prune?namespace=team", expect=200)).json["pruned"]
    assert [one["repository"] for one in gone] == ["team/app"]
    again = (await admin("POST", "/api/v1/images/prune?namespace=team", expect=200)).json
    assert again == {"pruned": []}
    await admin("HEAD", "/v2/team/app/manifests/v", expect=200)


async def test_regions_are_published_to_whoever_is_logged_in(admin, nobody):
    assert (await admin("GET", "/api/v1/regions", expect=200)).json == {"regions": []}
    await nobody("GET", "/api/v1/regions", expect=401)
