"""What was: deletion, the change feed, the audit log, old versions, resets, and what is stuck."""

from datetime import timedelta

import pytest
from test_trust import BASE, GUN, get, make_owner, publish

from inkan.oci.reference import Gun
from inkan.store.sql.trust_history import SqlTrustHistory
from inkan.tuf.metadata import parse_snapshot
from inkan.tuf.roles import RELEASES, TARGETS


@pytest.fixture
async def owner(admin, world):
    owner = await make_owner(admin, world)
    await publish(admin, owner.first_push("1.0", b"1" * 32), expect=200)
    return owner


async def feed(client, query, gun=GUN):
    path = f"/v2/{gun}/_trust/changefeed" if gun else "/v2/_trust/changefeed"
    return (await client("GET", f"{path}?{query}", expect=200)).json


async def log(client, **options):
    return (await client("GET", f"/api/v1/trust/{GUN}/log", expect=200, **options)).json["events"]


# --- deletion and the feed ----------------------------------------------------------------------


async def test_a_deleted_collection_is_gone_and_may_begin_again(admin, world, owner):
    longer = f"{GUN}-too"
    neighbour = await make_owner(admin, world, longer)
    await publish(
        admin, neighbour.first_push("1", b"n" * 32), f"/v2/{longer}/_trust/tuf", expect=200
    )
    assert (await admin("DELETE", f"{BASE}/", expect=200)).body == b""
    await admin("DELETE", f"{BASE}/", expect=200)
    await get(admin, "root.json", expect=404)
    await admin("GET", f"/v2/{longer}/_trust/tuf/root.json", expect=200)
    again = await make_owner(admin, world)
    await publish(admin, again.first_push("1", b"2" * 32), expect=200)


async def test_the_feed_has_every_timestamp_and_deletion_in_order(admin, owner):
    await publish(admin, owner.push("2", b"2" * 32), expect=200)
    await admin("DELETE", f"{BASE}/", expect=200)
    changes = await feed(admin, "records=100")
    assert [(one["Category"], one["Version"]) for one in changes["records"]] == [
        ("update", 1),
        ("update", 2),
        ("deletion", 0),
    ]
    assert changes["count"] == 3
    assert (await feed(admin, "records=0", gun=""))["count"] == 3
    first, second, third = (one["ID"] for one in changes["records"])
    assert [
        one["ID"] for one in (await feed(admin, f"records=1&change_id={first}"))["records"]
    ] == [second]
    assert [one["ID"] for one in (await feed(admin, "records=-2&change_id=-1"))["records"]] == [
        third,
        second,
    ]
    assert [
        one["ID"] for one in (await feed(admin, f"records=-9&change_id={second}"))["records"]
    ] == [first]
    assert await feed(admin, f"records=5&change_id={third}") == {"count": 0, "records": None}


@pytest.mark.parametrize(
    "query",
    ["", "records=", "records=x", "records=1.5", "records=1&change_id=x", "records=" + "9" * 30],
)
async def test_a_feed_that_cannot_be_asked_for_is_refused(admin, owner, query):
    answer = await admin("GET", f"/v2/{GUN}/_trust/changefeed?{query}", expect=400)
    assert answer.code == "INVALID_PARAMETERS"


async def test_the_feed_of_all_is_the_administrators(world, owner):
    bob = world.client(user="bob", password="other-password")
    await bob("GET", "/v2/_trust/changefeed?records=1", expect=401)


# --- the audit log ------------------------------------------------------------------------------


async def test_every_act_is_told_with_who_what_and_why(admin, owner):
    await publish(admin, owner.push("2.0", b"2" * 32), expect=200)
    owner.tags["2.0"] = owner.tags["1.0"]
    del owner.tags["1.0"]
    await publish(admin, {TARGETS: owner.next_targets()}, expect=200)
    await publish(admin, {TARGETS: owner.next_targets(version=1)}, expect=400)
    await admin("DELETE", f"{BASE}/", expect=200)
    deleted, refused, moved, signed, begun = await log(admin)
    assert {
        (e["account"], e["address"], e["gun"]) for e in (deleted, refused, moved, signed, begun)
    } == {("admin", "192.0.2.7", GUN)}
    assert begun["detail"]["roles"] == {"root": 1, "targets": 2}
    assert owner.targets.public_key.key_id in begun["detail"]["keys"]
    assert signed["detail"]["tags"] == {"targets": {"signed": ["2.0"]}}
    assert moved["detail"]["tags"] == {"targets": {"moved": ["2.0"], "revoked": ["1.0"]}}
    assert refused["refused"]
    assert "version 1 or newer already" in refused["detail"]["reason"]
    assert deleted["act"] == "delete"
    everything = (await admin("GET", "/api/v1/trust-log?limit=2", expect=200)).json["events"]
    assert [e["act"] for e in everything] == ["delete", "publish"]
    await admin("GET", "/api/v1/trust-log?limit=0", expect=400)


async def test_the_log_is_not_every_readers(world, owner):
    bob = world.client(user="bob", password="other-password")
    await bob("GET", f"/api/v1/trust/{GUN}/log", expect=403)


# --- old versions -------------------------------------------------------------------------------


async def test_old_versions_go_and_what_is_needed_stays(admin, world, owner):
    history = SqlTrustHistory(world.stores.database)
    for number in range(40):
        world.clock.move(timedelta(hours=6))
        await publish(admin, owner.push(f"t{number}", bytes([number]) * 32), expect=200)
    (job,) = [job for job in world.product.jobs if job.name.startswith("prune")]
    before = len(await history.list_versions(Gun.parse(GUN)))
    gone = await job.run()
    assert gone > 60
    assert len(await history.list_versions(Gun.parse(GUN))) == before - gone
    assert await job.run() == 0
    # a client in the middle of an update two days ago still finds its files
    for version in range(34, 42):
        snapshot = parse_snapshot((await get(admin, f"{version}.snapshot.json", expect=200)).body)
        for role, meta in snapshot.meta.items():
            name = f"{role}.{meta.hashes['sha256'].hex()}.json"
            assert (await get(admin, name, expect=200)).body
    await get(admin, "1.root.json", expect=200)
    await get(admin, "1.snapshot.json", expect=404)
    await publish(admin, owner.push("after", b"a" * 32), expect=200)


# --- resets -------------------------------------------------------------------------------------


async def test_KEY_025_L4_a_lost_root_is_reset_kept_aside_and_can_come_back(admin, world, owner):
    root = (await get(admin, "root.json", expect=200)).body
    path = f"/api/v1/trust/{GUN}"
    await admin("POST", f"{path}/reset", expect=400)
    await admin("POST", f"{path}/reset?confirm=other", expect=400)
    archive = (await admin("POST", f"{path}/reset?confirm={GUN}", expect=200)).json["archive"]
    await get(admin, "root.json", expect=404)
    await admin("POST", f"{path}/reset?confirm={GUN}", expect=404)
    fresh = await make_owner(admin, world)
    await publish(admin, fresh.first_push("1", b"f" * 32), expect=200)
    await admin("POST", f"{path}/restore?archive=nonsense", expect=404)
    await admin("POST", f"{path}/restore", expect=400)
    begun = (await get(admin, "root.json", expect=200)).body
    done = (await admin("POST", f"{path}/restore?archive={archive}", expect=200)).json
    assert (await get(admin, "root.json", expect=200)).body == root
    back = await admin("POST", f"{path}/restore?archive={done['aside']}", expect=200)
    assert (await get(admin, "root.json", expect=200)).body == begun
    await admin("POST", f"{path}/restore?archive={back.json['aside']}", expect=200)
    assert (await get(admin, "root.json", expect=200)).body == root
    assert [e["act"] for e in await log(admin)][:5] == ["restore"] * 3 + ["publish", "reset"]
    assert (await feed(admin, "records=-1&change_id=-1"))["records"][0]["Category"] == "update"


# --- state --------------------------------------------------------------------------------------


async def test_a_removed_last_signer_leaves_a_state_that_is_shown_and_a_repair_that_is_named(
    admin, owner
):
    """notary#1444: with the reference the repository is stuck, and nobody says why."""
    await publish(admin, owner.add_signer("alice"), expect=200)
    await publish(admin, owner.sign_as("alice", "2.0", b"2" * 32), expect=200)
    del owner.signers["alice"]
    await publish(admin, owner.add_signer("bob"), expect=200)
    status = (await admin("GET", f"/api/v1/trust/{GUN}/status", expect=200)).json
    assert status["wedged"] == ["targets/releases"]
    assert [tag["tag"] for tag in status["tags"]] == ["1.0"]
    owner.signed.clear()
    refused = await publish(admin, owner.sign_as("bob", "3.0", b"3" * 32), expect=400)
    message = refused.json["errors"][0]["detail"]["Error"]["Msg"]
    assert f"notary witness {GUN} targets/releases -p" in message
    # the witness: what alice's file said, one version on, signed by bob
    owner.signed[RELEASES] = (1, {})
    held = owner.delegated_file(RELEASES, owner.signers["bob"], {})
    await publish(admin, {RELEASES: held}, expect=200)
    assert (await admin("GET", f"/api/v1/trust/{GUN}/status", expect=200)).json["wedged"] == []


async def test_the_state_says_who_signs_and_when_things_end(admin, world, owner):
    await publish(admin, owner.add_signer("alice"), expect=200)
    await publish(admin, owner.sign_as("alice", "2.0", b"2" * 32), expect=200)
    status = (await admin("GET", f"/api/v1/trust/{GUN}/status", expect=200)).json
    assert {tag["tag"]: tag["signers"] for tag in status["tags"]} == {
        "1.0": ["Repo Admin"],
        "2.0": ["alice"],
    }
    assert list(status["signers"]) == ["alice"]
    assert status["files"]["targets/releases"]["version"] == 1
    assert all(file["verified"] for file in status["files"].values())
    assert status["root_certificate_expires"].startswith("2040-12-")
    await admin("GET", f"/api/v1/trust/{GUN}-none/status", expect=404)


async def test_what_ends_soon_is_counted(admin, nobody, world, owner):
    (job,) = [job for job in world.product.jobs if job.name.startswith("watch")]

    async def gauges():
        await job.run()
        text = (await nobody("GET", "/metrics")).body.decode()
        lines = [
            line.split() for line in text.splitlines() if line.startswith("inkan_trust_collections")
        ]
        return {name.rpartition("_")[2]: float(value) for name, value in lines}

    assert await gauges() == {"expiring": 0, "expired": 0, "wedged": 0}
    world.clock.move(timedelta(days=1000))
    assert await gauges() == {"expiring": 1, "expired": 0, "wedged": 0}
    world.clock.move(timedelta(days=100))
    assert await gauges() == {"expiring": 1, "expired": 1, "wedged": 0}
