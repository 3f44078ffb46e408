"""What becomes of images: the trash, tags that may not move, retention."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest
from test_trust import make_owner, publish

KIND = "application/vnd.oci.image.manifest.v1+json"
NEVER_PUSHED = "sha256:" + "0" * 64


async def push(client, name, tag, layer=b"layer"):
    """Push an image of one layer; return its digest."""
    parts = []
    for content in (b"{}", layer):
        digest = f"sha256:{sha256(content).hexdigest()}"
        await client("POST", f"/v2/{name}/blobs/uploads/?digest={digest}", content, expect=201)
        parts.append({"mediaType": "m", "digest": digest, "size": len(content)})
    tree = {"schemaVersion": 2, "mediaType": KIND, "config": parts[0], "layers": parts[1:]}
    raw, headers = json.dumps(tree).encode(), [("Content-Type", KIND)]
    await client("PUT", f"/v2/{name}/manifests/{tag}", raw, headers, expect=201)
    return f"sha256:{sha256(raw).hexdigest()}"


async def trash(client, query=""):
    return (await client("GET", f"/api/v1/trash{query}", expect=200)).json["trash"]


async def test_a_deleted_image_is_hidden_kept_and_had_back(world, admin):
    digest = await push(admin, "team/app", "v1")
    layer = sha256(b"layer").hexdigest()
    await admin("DELETE", f"/v2/team/app/manifests/{digest}", expect=202)
    for reference in ("v1", digest):
        await admin("GET", f"/v2/team/app/manifests/{reference}", expect=404)
    (one,) = await trash(admin)
    assert (one["digest"], one["tags"], one["deleted_by"]) == (digest, ["v1"], "admin")
    assert await trash(admin, "?namespace=other") == []
    for _ in range(3):
        await admin("POST", "/api/v1/garbage", expect=200)
        world.clock.move(timedelta(hours=25))
    await admin("HEAD", f"/v2/team/app/blobs/sha256:{layer}", expect=404)
    back = await admin("POST", "/api/v1/trash/team/app/restore?reference=v1", expect=200)
    assert (back.json["digest"], back.json["tags"]) == (digest, ["v1"])
    await admin("GET", "/v2/team/app/manifests/v1", expect=200)
    assert (await admin("GET", f"/v2/team/app/blobs/sha256:{layer}", expect=200)).body == b"layer"
    gone = await admin("POST", f"/api/v1/trash/team/app/restore?reference={digest}", expect=404)
    assert gone.code == "TRASH_UNKNOWN"


async def test_after_thirty_days_it_is_gone_for_good(world, admin):
    digest = await push(admin, "team/app", "v1")
    await admin("DELETE", f"/v2/team/app/manifests/{digest}", expect=202)
    world.clock.move(timedelta(days=29, hours=23))
    assert len(await trash(admin)) == 1
    world.clock.move(timedelta(hours=1))
    assert await trash(admin) == []
    job = next(one for one in world.product.jobs if one.name == "expire the trash")
    await job.run()
    await admin("POST", f"/api/v1/trash/team/app/restore?reference={digest}", expect=404)
    for _ in range(3):
        await admin("POST", "/api/v1/garbage", expect=200)
        world.clock.move(timedelta(hours=25))
    assert [key async for key in world.stores.blobs.keys()] == []  # noqa: SIM118 - a port's method


async def test_what_is_pruned_goes_into_the_trash_too(admin):
    first = await push(admin, "team/app", "v1", b"1")
    await push(admin, "team/app", "v1", b"2")
    await admin("POST", "/api/v1/images/prune?namespace=team", expect=200)
    assert [one["digest"] for one in await trash(admin)] == [first]
    refused = await admin("POST", "/api/v1/trash/team/app/restore?reference=v1", expect=404)
    assert "inkan trash-list" in refused.json["errors"][0]["message"]


async def test_restoring_needs_a_reference_and_the_right_to_push(world, admin):
    await admin("POST", "/api/v1/trash/team/app/restore", expect=400)
    bob = world.client(user="bob", password="other-password")
    path = f"/api/v1/trash/team/app/restore?reference={NEVER_PUSHED}"
    assert (await bob("POST", path)).status == 403


async def immutable(client, *patterns, expect=200):
    body = json.dumps({"patterns": patterns}).encode()
    return await client("PUT", "/api/v1/immutable-tags/team", body, expect=expect)


@pytest.mark.parametrize("tag", ["v1", "latest"])
async def test_REG_API_023_an_immutable_tag_is_moved_and_deleted_by_no_route(admin, tag):
    digest = await push(admin, "team/app", tag, b"1")
    await immutable(admin, "v*", "latest")
    assert await push(admin, "team/app", tag, b"1") == digest
    other = await push(admin, "team/app", "mine", b"2")
    raw = (await admin("GET", f"/v2/team/app/manifests/{other}", expect=200)).body
    by_tag = f"/v2/team/app/manifests/{tag}"
    for method, path, body in (
        ("PUT", by_tag, raw),
        ("PUT", f"/v2/team/app/manifests/{other}?tag=new&tag={tag}", raw),
        ("DELETE", by_tag, b""),
        ("DELETE", f"/v2/team/app/manifests/{digest}", b""),
    ):
        refused = await admin(method, path, body, [("Content-Type", KIND)], expect=409)
        assert refused.code == "DENIED"
        assert f"tag {tag} of team/app is immutable" in refused.json["errors"][0]["message"]
    assert (await admin("HEAD", by_tag, expect=200))["docker-content-digest"] == digest
    await admin("HEAD", "/v2/team/app/manifests/new", expect=404)
    await immutable(admin)
    await admin("DELETE", by_tag, expect=202)


@pytest.mark.parametrize("patterns", [["[a]"], [""], ["a/b"], ["x" * 129], ["*"] * 51, [1]])
async def test_patterns_that_mean_nothing_are_refused(admin, patterns):
    await immutable(admin, *patterns, expect=400)


async def test_immutable_tags_are_listed_and_are_a_managers(world, admin):
    await immutable(admin, "v*")
    listed = (await admin("GET", "/api/v1/immutable-tags", expect=200)).json
    assert listed == {"immutable_tags": [{"namespace": "team", "patterns": ["v*"]}]}
    await admin("PUT", "/api/v1/immutable-tags/nobody", b'{"patterns": []}', expect=404)
    await admin("PUT", "/api/v1/immutable-tags/team", b'{"pattern": []}', expect=400)
    bob = world.client(user="bob", password="other-password")
    assert (await immutable(bob, "v*", expect=None)).status == 403


def policy(images, *, days=0, untagged=False, namespace="team"):
    return json.dumps(
        {
            "namespace": namespace,
            "images_per_repo": images,
            "deletion_threshold_days": days,
            "retain_untagged": untagged,
        }
    ).encode()


async def push_three(world, admin):
    digests = []
    for number in range(3):
        digests.append(await push(admin, "team/app", f"v{number}", b"%d" % number))
        world.clock.move(timedelta(days=1))
    return digests


async def test_a_policy_says_what_would_go_and_lets_it_go_into_the_trash(world, admin):
    first, second, third = await push_three(world, admin)
    await push(admin, "team/other", "v0")
    path = "/api/v1/retentions"
    found = (await admin("POST", f"{path}/analyze", policy(1), expect=200)).json["images"]
    assert sorted(one["digest"] for one in found) == sorted([first, second])
    assert await trash(admin) == []
    gone = (await admin("POST", f"{path}/run", policy(2), expect=200)).json["images"]
    assert [(one["digest"], one["tags"]) for one in gone] == [(first, ["v0"])]
    assert [one["images_per_repo"] for one in (await admin("GET", path)).json["retentions"]] == [-1]
    gone = (await admin("POST", path, policy(1), expect=200)).json["images"]
    assert [one["digest"] for one in gone] == [second]
    assert (await admin("GET", f"{path}/team", expect=200)).json["images_per_repo"] == 1
    await admin("GET", f"/v2/team/app/manifests/{third}", expect=200)
    back = await admin("POST", f"/api/v1/trash/team/app/restore?reference={first}", expect=200)
    assert back.json["tags"] == ["v0"]
    job = next(one for one in world.product.jobs if one.name == "retention")
    await job.run()
    await admin("GET", f"/v2/team/app/manifests/{first}", expect=404)
    assert {one["deleted_by"] for one in await trash(admin)} == {"admin", "retention policy"}


async def test_what_a_signed_tag_names_is_never_let_go(world, admin):
    first, second, _ = await push_three(world, admin)
    owner = await make_owner(admin, world)
    await publish(admin, owner.first_push("v9", bytes.fromhex(first[7:])), expect=200)
    gone = (await admin("POST", "/api/v1/retentions", policy(1), expect=200)).json["images"]
    assert [one["digest"] for one in gone] == [second]
    await admin("GET", f"/v2/team/app/manifests/{first}", expect=200)


async def test_a_policy_that_means_nothing_is_refused(world, admin):
    for body in (
        policy(0),
        policy(-2),
        policy("2"),
        policy(True),
        policy(1, days=-1),
        policy(1, untagged=1),
        b"[]",
        b"{}",
        b'{"namespace": "team"}',
        policy(1)[:-1] + b', "more": 1}',
    ):
        await admin("POST", "/api/v1/retentions", body, expect=400)
    await admin("POST", "/api/v1/retentions", policy(1, namespace="nobody"), expect=404)
    await admin("GET", "/api/v1/retentions/nobody", expect=404)
    bob = world.client(user="bob", password="other-password")
    for path in ("", "/run", "/analyze"):
        assert (await bob("POST", f"/api/v1/retentions{path}", policy(1))).status == 403
