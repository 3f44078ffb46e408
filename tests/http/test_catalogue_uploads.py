"""What is uploaded to a trust server, case by case, each under its number in the catalogue of attacks."""

import asyncio
import os
import sqlite3
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from test_trust import BASE, GUN, body, get, make_owner, publish

from inkan.errors import StorageUnavailableError
from inkan.keys.sealing import KeyEncryptionKey
from inkan.oci.reference import Gun
from inkan.server.assemble import build
from inkan.server.settings import load
from inkan.store.sql.keys import SqlOnlineKeys
from inkan.testing.corruptions import OF_BYTES, OF_MEANING, resigned
from inkan.testing.publisher import Publisher, role_entry, root_signer, target
from inkan.tuf.envelope import format_expiry
from inkan.tuf.metadata import FileMeta, parse_root, parse_snapshot, parse_targets, parse_timestamp
from inkan.tuf.roles import RELEASES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.sign import EcdsaSigner, sign
from inkan.tuf.verify import require_threshold


@pytest.fixture
async def owner(admin, world):
    return await make_owner(admin, world)


@pytest.fixture
async def published(admin, owner):
    await publish(admin, owner.first_push("1.0", b"1" * 32), expect=200)
    return owner


async def everything(client):
    """Return all that is current, so that nothing can have been kept unseen."""
    names = ["root", "targets", "targets/releases", "targets/alice", "snapshot", "timestamp"]
    return [(await get(client, f"{name}.json")).body for name in names]


async def refused(client, files, kind=None, code="INVALID_UPDATE"):
    """Publish what must be refused; return the sentence, having checked that nothing was kept."""
    before = await everything(client)
    answer = await publish(client, files, expect=400)
    assert answer.code == code
    assert await everything(client) == before
    detail = answer.json["errors"][0]["detail"]
    if kind:
        assert detail["Name"] == kind
    assert len(answer.body) < 1024
    return detail["Error"]["Msg"]


def snapshot_of(files, signer, now, **changes):
    meta = {}
    for role, raw in files.items():
        entry = FileMeta.of(raw)
        meta[str(role)] = target(entry.hashes["sha256"], entry.length)
    for role, change in changes.items():
        meta[role].update(change)
    expires = format_expiry(now + timedelta(days=365))
    tree = {"_type": "Snapshot", "expires": expires, "meta": meta, "version": 1}
    return sign(tree, [signer])


@pytest.fixture
def with_own_snapshot(owner):
    """The owner holds the snapshot key, as notary's do."""
    key = EcdsaSigner.generate()
    owner.server_keys = {**owner.server_keys, SNAPSHOT: key.public_key}
    files = owner.first_push("1.0", b"1" * 32)

    def make(**changes):
        return {**files, SNAPSHOT: snapshot_of(files, key, owner.now, **changes)}

    return make


async def test_TS_UPLOAD_001_a_timestamp_of_the_clients_is_replaced(admin, with_own_snapshot):
    files = with_own_snapshot()
    await publish(admin, {**files, TIMESTAMP: b"whatever"}, expect=200)
    assert (await get(admin, "snapshot.json")).body == files[SNAPSHOT]
    timestamp = parse_timestamp((await get(admin, "timestamp.json")).body)
    timestamp.meta[SNAPSHOT].require_match(SNAPSHOT, files[SNAPSHOT])


async def test_TS_UPLOAD_002_nothing_begins_without_a_root(admin, owner):
    files = owner.first_push("1.0", b"1" * 32)
    assert "no root provided" in await refused(admin, {TARGETS: files[TARGETS]})


async def test_TS_UPLOAD_004_an_unsigned_root(admin, owner):
    files = owner.first_push("1.0", b"1" * 32)
    files[ROOT] = OF_BYTES["no signatures"](files[ROOT])
    await refused(admin, files, "ErrBadRoot")


async def test_TS_UPLOAD_005_unsigned_targets(admin, owner):
    files = owner.first_push("1.0", b"1" * 32)
    files[TARGETS] = OF_BYTES["no signatures"](files[TARGETS])
    await refused(admin, files, "ErrBadTargets")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"root": {"length": 1}}, id="TS_UPLOAD_008"),
        pytest.param({"targets": {"length": 1}}, id="TS_UPLOAD_009"),
        pytest.param({"root": {"hashes": {"sha256": "A" * 43 + "="}}}, id="TS_UPLOAD_010"),
        pytest.param({"targets": {"hashes": {"sha256": "A" * 43 + "="}}}, id="TS_UPLOAD_011"),
    ],
)
async def test_a_snapshot_that_announces_another_file(admin, with_own_snapshot, change):
    await refused(admin, with_own_snapshot(**change), "ErrBadSnapshot")


@pytest.mark.parametrize("which", ["another", "none"])
async def test_TS_UPLOAD_013_a_timestamp_key_that_is_not_the_servers(admin, owner, which):
    files = owner.first_push("1.0", b"1" * 32)
    if which == "another":
        owner.server_keys = {**owner.server_keys, TIMESTAMP: EcdsaSigner.generate().public_key}
        files[ROOT] = owner.root_file([owner.root])
        assert "no timestamp keys exist on the server" in await refused(admin, files, "ErrBadRoot")
    else:
        files[ROOT] = resigned(
            files[ROOT], lambda t: t["roles"]["timestamp"].update(keyids=[]), [owner.root]
        )
        await refused(admin, files, "ErrBadRoot")


async def test_TS_UPLOAD_014_a_timestamp_threshold_that_one_server_cannot_meet(admin, owner):
    files = owner.first_push("1.0", b"1" * 32)
    other = EcdsaSigner.generate().public_key
    keys = [owner.server_keys[TIMESTAMP], other]

    def two(tree):
        tree["keys"][other.key_id] = other.to_json()
        tree["roles"]["timestamp"] = role_entry(keys, threshold=2)

    files[ROOT] = resigned(files[ROOT], two, [owner.root])
    await refused(admin, files, "ErrBadRoot")


async def test_TS_UPLOAD_018_a_rotation_that_the_old_key_did_not_sign(admin, published):
    published.rotate_root()
    sentence = await refused(admin, {ROOT: published.root_file([published.root])}, "ErrBadRoot")
    assert "could not rotate trust" in sentence


async def corrupt_in_store(world, role):
    connection = world.stores.database._connection
    connection.execute(
        "UPDATE trust_files SET payload = ? WHERE role = ?", (b'{"signed":{}}', role)
    )
    world.stores.database._generation += 1


async def test_TS_UPLOAD_020_a_stored_root_that_is_damaged_is_not_replaced_blindly(
    admin, world, published
):
    await corrupt_in_store(world, "root")
    stranger = Publisher(GUN, published.server_keys, now=published.now)
    for files in (stranger.first_push("1", b"e" * 32), published.push("2", b"2" * 32)):
        answer = await publish(admin, files)
        assert answer.status >= 400
    assert (await get(admin, "root.json")).body == b'{"signed":{}}'


async def test_TS_UPLOAD_021_a_stored_snapshot_that_is_damaged_stops_publishing(
    admin, world, published
):
    await corrupt_in_store(world, "snapshot")
    assert (await publish(admin, published.push("2", b"2" * 32))).status >= 400
    assert parse_targets((await get(admin, "targets.json")).body).version == 2


async def test_TS_UPLOAD_022_no_snapshot_and_no_key_for_it(admin, with_own_snapshot):
    files = with_own_snapshot()
    del files[SNAPSHOT]
    assert "notary key rotate GUN snapshot -r" in await refused(admin, files, "ErrBadHierarchy")


async def test_TS_UPLOAD_025_a_delegation_that_its_parent_does_not_list(admin, published):
    published.signers["mallory"] = EcdsaSigner.generate()
    files = published.sign_as("mallory", "1", b"e" * 32)
    assert "delegation does not exist" in await refused(admin, files, "ErrBadTargets")


@pytest.mark.parametrize("version", [1, 2])
async def test_TS_UPLOAD_028_a_version_that_is_older_or_equal(admin, published, version):
    published.targets_version = version - 1
    await refused(admin, published.push("2", b"2" * 32), code="VERSION")


async def test_TS_UPLOAD_029_of_a_batch_with_one_old_role_nothing_is_kept(admin, published):
    await publish(admin, published.add_signer("alice"), expect=200)
    await publish(admin, published.sign_as("alice", "2", b"2" * 32), expect=200)
    alice = RoleName("targets/alice")
    published.signed[alice] = (0, {})
    files = published.sign_as("alice", "3", b"3" * 32)
    await refused(admin, files, code="VERSION")


async def test_TS_UPLOAD_030_one_of_500_publishers_of_one_version_wins(admin, published):
    batches = []
    for number in range(500):
        published.targets_version = 2
        batches.append(published.push("2", number.to_bytes(32)))
    ended = await asyncio.gather(*(publish(admin, batch) for batch in batches))
    winners = [batch for batch, answer in zip(batches, ended, strict=True) if answer.status == 200]
    assert len(winners) == 1
    assert {answer.code for answer in ended if answer.status != 200} == {"VERSION"}
    assert (await get(admin, "targets.json")).body == winners[0][TARGETS]


async def test_TS_UPLOAD_032_a_member_that_nobody_signed(admin, published):
    """notary-server keeps it, and the collection can be read no more (Cure53 TUF-01-001)."""
    raw = published.push("2", b"2" * 32)[TARGETS]
    spoiled = OF_BYTES["a member of the envelope that nobody signed"](raw)
    await refused(admin, {TARGETS: spoiled}, "ErrBadTargets")


@pytest.mark.parametrize(
    "loosen",
    [
        lambda raw: raw + b" ",
        lambda raw: raw.replace(b'{"signed":', b'{ "signed" : '),
        lambda raw: (
            b'{"signatures":'
            + raw.split(b',"signatures":')[1][:-1]
            + b","
            + raw[1:].split(b',"signatures":')[0]
            + b"}"
        ),
    ],
    ids=["a space behind", "spaces within", "members swapped"],
)
async def test_TS_UPLOAD_033_valid_bytes_that_are_not_gos_stay_readable(admin, published, loosen):
    raw = loosen(published.push("2", b"2" * 32)[TARGETS])
    await publish(admin, {TARGETS: raw}, expect=200)
    snapshot = parse_snapshot((await get(admin, "snapshot.json")).body)
    named = snapshot.meta[TARGETS].hashes["sha256"].hex()
    assert (await get(admin, f"targets.{named}.json", expect=200)).body == raw


async def test_TS_UPLOAD_034_a_role_twice_in_one_batch(admin, published):
    first, second = (published.push("2", b"2" * 32)[TARGETS] for _ in range(2))
    one, headers = body({TARGETS: first})
    two, _ = body({"targets.json": second})
    before = await everything(admin)
    content = one.removesuffix(b"--b--\r\n") + two
    answer = await admin("POST", f"{BASE}/", content, headers, expect=400)
    assert "twice" in answer.json["errors"][0]["detail"]["Error"]["Msg"]
    assert await everything(admin) == before


@pytest.mark.parametrize(
    ("name", "status"),
    [("targets.json", 200), ("targets", 200), ("targets.json.json", 400), ("3.targets", 400)],
)
async def test_TS_UPLOAD_036_names_of_parts(admin, published, name, status):
    raw = published.push("2", b"2" * 32)[TARGETS]
    await publish(admin, {name: raw}, expect=status)


async def test_TS_UPLOAD_038_a_body_cut_anywhere(admin, published):
    content, headers = body(published.push("2", b"2" * 32))
    before = await everything(admin)
    for at in (*range(0, len(content) - 4, 37), len(content) - 5):
        answer = await admin("POST", f"{BASE}/", content[:at], headers)
        assert answer.status == 400, at
    assert await everything(admin) == before


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (
            b'--b\r\nContent-Disposition: form-data; filename="root"\r\n\r\n{}\r\n' * 10_000
            + b"--b--\r\n",
            "b",
        ),
        (b"--b\r\nX: " + b"x" * 2**20 + b"\r\n\r\n{}\r\n--b--\r\n", "b"),
        (b"--b--\r\n", ""),
        (b"x" * 2**20 + b"\r\n--b--\r\n", "b"),
    ],
    ids=["10,000 parts", "a header of 1 MiB", "no boundary", "a long preamble"],
)
async def test_TS_UPLOAD_039_bodies_made_to_be_costly(admin, published, content, kind):
    headers = [("Content-Type", f"multipart/form-data; boundary={kind}")]
    assert (
        await admin("POST", f"{BASE}/", content, headers, expect=400)
    ).code == "MALFORMED_UPLOAD"


async def test_TS_UPLOAD_040_a_file_over_its_cap(admin, published):
    huge = published.push("2", b"2" * 32)[TARGETS] + b" " * (21 * 2**20)
    assert "more than" in await refused(admin, {TARGETS: huge})


async def test_TS_UPLOAD_041_a_body_that_is_not_multipart(admin, published):
    for kind in ("application/json", "", "multipart/mixed; boundary=b"):
        answer = await admin("POST", f"{BASE}/", b"{}", [("Content-Type", kind)], expect=400)
        assert answer.code == "MALFORMED_UPLOAD"


async def test_TS_UPLOAD_042_a_client_that_goes_away_in_the_body(admin, published):
    content, headers = body(published.push("2", b"2" * 32))
    before = await everything(admin)
    await admin("POST", f"{BASE}/", content, headers, cut=True, expect=400)
    assert await everything(admin) == before


@pytest.mark.parametrize("name", OF_BYTES)
async def test_TS_UPLOAD_043_044_and_every_other_way_to_spoil_bytes(admin, published, name):
    raw = published.push("2", b"2" * 32)[TARGETS]
    await refused(admin, {TARGETS: OF_BYTES[name](raw)}, "ErrBadTargets")


@pytest.mark.parametrize("name", OF_MEANING)
async def test_every_way_to_sign_what_must_not_be_signed(admin, published, name):
    raw = published.push("2", b"2" * 32)[TARGETS]
    await refused(admin, {TARGETS: resigned(raw, OF_MEANING[name], [published.targets])})
    root = parse_root((await get(admin, "root.json")).body).raw
    published.root_version = 2
    files = {ROOT: resigned(root, OF_MEANING[name], [published.root])}
    await refused(admin, files)


async def test_TS_UPLOAD_046_what_begins_after_a_deletion_is_told_as_such(admin, world, published):
    await admin("DELETE", f"{BASE}/", expect=200)
    again = await make_owner(admin, world)
    await publish(admin, again.first_push("1.0", b"2" * 32), expect=200)
    feed = (await admin("GET", f"/v2/{GUN}/_trust/changefeed?records=10", expect=200)).json
    assert [one["Category"] for one in feed["records"]] == ["update", "deletion", "update"]
    events = (await admin("GET", f"/api/v1/trust/{GUN}/log", expect=200)).json["events"]
    assert [one["act"] for one in events] == ["publish", "delete", "publish"]


@pytest.mark.parametrize("role", ["root", "targets", "targets/releases", "x"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_TS_UPLOAD_047_keys_that_are_never_the_servers(admin, world, role, method):
    assert (await admin(method, f"{BASE}/{role}.key")).status in (400, 404)
    assert await SqlOnlineKeys(world.stores.database).list(Gun.parse(GUN), RoleName("root")) == []


async def test_TS_UPLOAD_048_no_key_is_made_for_who_may_not_push(world, nobody):
    bob = world.client(user="bob", password="other-password")
    for client in (bob, nobody):
        for number in range(20):
            gun = f"localhost:5000/team/app{number}"
            await client("GET", f"/v2/{gun}/_trust/tuf/timestamp.key", expect=401)
            held = await SqlOnlineKeys(world.stores.database).list(Gun.parse(gun), TIMESTAMP)
            assert held == []


async def test_TS_UPLOAD_049_fifty_who_ask_at_once_are_shown_one_key(admin, world):
    answers = await asyncio.gather(*(get(admin, "timestamp.key") for _ in range(50)))
    assert len({answer.body for answer in answers}) == 1
    assert len(await SqlOnlineKeys(world.stores.database).list(Gun.parse(GUN), TIMESTAMP)) == 1


async def test_TS_UPLOAD_050_a_reader_rotates_no_key(world, published):
    bob = world.client(user="bob", password="other-password")
    refusal = await bob("POST", f"{BASE}/snapshot.key", expect=401)
    assert "not allowed" in refusal.body.decode() or "right" in refusal.body.decode()


@pytest.mark.parametrize(
    "name",
    [
        "root.{upper}.json",
        "root.{sha256}0.json",
        "root.{short}.json",
        "root." + "0" * 96 + ".json",
        "root." + "0" * 128 + ".json",
    ],
)
async def test_TS_UPLOAD_052_checksums_that_are_none(admin, published, name):
    digest = (await get(admin, "root.json"))["etag"].strip('"')
    spelled = name.format(upper=digest.upper(), sha256=digest, short=digest[:-1])
    await get(admin, spelled, expect=404)


@pytest.mark.parametrize("version", ["0", "01", "-1", "1" + "0" * 30, "1e3", " 1"])
async def test_TS_UPLOAD_053_versions_that_are_none(admin, published, version):
    assert (await get(admin, f"{version}.root.json")).status in (400, 404)


@pytest.mark.parametrize(
    "gun",
    [
        "localhost:5000/team/a*b",
        "localhost:5000/team/..",
        "localhost:5000/team%2fapp",
        "localhost:5000/team/app%0a",
        "localhost:5000/team/" + "a" * 300,
        "localhost:5000//team/app",
        "LOCALHOST:5000/team/app",
    ],
)
async def test_TS_UPLOAD_054_names_with_more_than_one_form(admin, published, gun):
    answer = await admin("GET", f"/v2/{gun}/_trust/tuf/root.json")
    assert answer.status in (400, 404), answer.body


@pytest.mark.parametrize(
    "query",
    [
        "records=x",
        "records=1&change_id=x",
        "records=",
        "change_id=1.5&records=1",
        "records=" + "9" * 30,
    ],
)
async def test_TS_UPLOAD_055_pages_that_cannot_be_asked_for(admin, published, query):
    await admin("GET", f"/v2/{GUN}/_trust/changefeed?{query}", expect=400)


async def test_TS_UPLOAD_056_the_feed_shows_no_more_than_the_caller_may_read(world, published):
    bob = world.client(user="bob", password="other-password")
    await bob("GET", "/v2/_trust/changefeed?records=10", expect=401)
    await bob("GET", f"/v2/{GUN}/_trust/changefeed?records=10", expect=401)


async def test_TS_UPLOAD_057_a_failure_tells_nothing_of_the_inside(
    admin, world, published, monkeypatch
):
    async def fail(*_args, **_kwargs):
        raise sqlite3.OperationalError("no such table: trust_files in /var/lib/inkan/inkan.db")

    monkeypatch.setattr(world.stores.database, "read", fail)
    answer = await get(admin, "root.json", expect=503)
    assert b"trust_files" not in answer.body
    assert b"/var" not in answer.body
    assert b"Traceback" not in answer.body
    assert answer["x-request-id"]


async def test_TS_UPLOAD_060_a_snapshot_that_has_expired_in_the_store_is_signed_anew(
    admin, world, published
):
    world.clock.move(timedelta(days=365 * 4))
    snapshot = parse_snapshot((await get(admin, "snapshot.json")).body)
    assert snapshot.expires > world.clock.now()


async def test_TS_UPLOAD_061_a_root_certificate_near_its_end_is_told(admin, nobody, world, owner):
    key = ec.generate_private_key(ec.SECP256R1())
    owner.root = root_signer(GUN, key, owner.now, timedelta(days=179))
    await publish(admin, owner.first_push("1.0", b"1" * 32), expect=200)
    (job,) = [job for job in world.product.jobs if job.name.startswith("watch")]
    await job.run()
    assert b"inkan_trust_collections_expiring 1.0" in (await nobody("GET", "/metrics")).body
    status = (await admin("GET", f"/api/v1/trust/{GUN}/status", expect=200)).json
    assert status["root_certificate_expires"][:4] == f"{(owner.now + timedelta(days=179)):%Y}"


async def test_TS_UPLOAD_062_a_root_certificate_that_has_ended_ends_no_repository(
    admin, world, owner
):
    """notary-server answers 400 for ever."""
    key = ec.generate_private_key(ec.SECP256R1())
    owner.root = root_signer(GUN, key, owner.now, timedelta(days=30))
    await publish(admin, owner.first_push("1.0", b"1" * 32), expect=200)
    world.clock.move(timedelta(days=60))
    owner.now = world.clock.now()
    await publish(admin, owner.rotate_root(), expect=200)
    await publish(admin, owner.push("2", b"2" * 32), expect=200)


async def test_TS_UPLOAD_063_keys_that_do_not_open_stop_publishing_and_no_reading(
    world, admin, published
):
    settings = load({"host": ("localhost",)}, {})
    world.stores.database._connection.execute("DELETE FROM token_keys")
    other = await build(settings, world.stores, KeyEncryptionKey(os.urandom(32)), world.clock, None)
    client = type(admin)(other.registry)
    answer = await publish(client, published.push("2", b"2" * 32))
    assert answer.status in (500, 503)
    assert (await get(client, "targets.json", expect=200)).body
    assert parse_targets((await get(client, "targets.json")).body).version == 2


async def test_TS_UPLOAD_064_a_database_that_is_away_and_comes_back(
    admin, world, published, monkeypatch
):
    async def away(*_args, **_kwargs):
        raise StorageUnavailableError("the database failed")

    files = published.push("2", b"2" * 32)
    with monkeypatch.context() as patch:
        patch.setattr(world.stores.database, "write", away)
        await publish(admin, files, expect=503)
        patch.setattr(world.stores.database, "read", away)
        answer = await get(admin, "root.json", expect=503)
        assert answer.code == "UNAVAILABLE"
    await publish(admin, files, expect=200)


async def test_TS_UPLOAD_067_two_servers_on_one_database_have_one_winner(admin, world, published):
    """They share no lock, only the database."""
    settings = load({"host": ("localhost",)}, {})
    kek = world.key_encryption_key
    others = [await build(settings, world.stores, kek, world.clock, None) for _ in range(2)]
    clients = [type(admin)(other.registry) for other in others]
    for round_ in range(10):
        batches = []
        for _ in clients:
            published.targets_version = 2 + round_
            batches.append(published.push("2", os.urandom(32)))
        answers = await asyncio.gather(
            *(publish(client, batch) for client, batch in zip(clients, batches, strict=True))
        )
        assert sorted(answer.status for answer in answers) == [200, 400]
        assert [answer.code for answer in answers if answer.status == 400] == ["VERSION"]


async def test_TS_UPLOAD_068_the_feed_tells_only_what_was_kept(admin, published):
    path = f"/v2/{GUN}/_trust/changefeed?records=100"
    before = (await admin("GET", path)).json
    await refused(admin, {TARGETS: b"{}"})
    assert (await admin("GET", path)).json == before
    await publish(admin, published.push("2", b"2" * 32), expect=200)
    assert (await admin("GET", path)).json["count"] == before["count"] + 1


async def test_TS_UPLOAD_069_what_caches_may_do(admin, published):
    timestamp = await get(admin, "timestamp.json")
    assert timestamp["cache-control"] == "private, no-cache"
    digest = (await get(admin, "snapshot.json"))["etag"].strip('"')
    hashed = await get(admin, f"snapshot.{digest}.json", expect=200)
    assert "immutable" in hashed["cache-control"]


async def test_TS_UPLOAD_070_readers_meet_one_state_while_others_publish(admin, published):
    """Each reader goes as a client does, from the timestamp down, by checksum."""
    done = asyncio.Event()

    async def read() -> int:
        count = 0
        while not done.is_set():
            root = parse_root((await get(admin, "root.json")).body)
            timestamp = parse_timestamp((await get(admin, "timestamp.json")).body)
            named = timestamp.meta[SNAPSHOT].hashes["sha256"].hex()
            snapshot = parse_snapshot((await get(admin, f"snapshot.{named}.json", expect=200)).body)
            named = snapshot.meta[TARGETS].hashes["sha256"].hex()
            targets = parse_targets((await get(admin, f"targets.{named}.json", expect=200)).body)
            for file in (timestamp, snapshot, targets):
                require_threshold(root.role_keys(file.role), file.signatures, file.message)
            count += 1
            await asyncio.sleep(0)
        return count

    readers = [asyncio.create_task(read()) for _ in range(20)]
    for number in range(100):
        await publish(admin, published.push(f"t{number}", bytes([number]) * 32), expect=200)
        await asyncio.sleep(0)
    done.set()
    assert sum(await asyncio.gather(*readers)) > 1_000
    assert RELEASES not in parse_snapshot((await get(admin, "snapshot.json")).body).meta
