"""The trust API: what docker publishes is served byte for byte, fresh, and under every address."""

import gzip
from datetime import timedelta
from hashlib import sha256, sha512

import pytest
from asgi import Client
from cryptography.hazmat.primitives import serialization

from inkan.errors import KeyUnreadableError
from inkan.keys.sealing import KeyEncryptionKey
from inkan.oci.reference import Gun
from inkan.store.sql.database import Statement
from inkan.store.sql.keys import SqlOnlineKeys
from inkan.strict_json import parse as parse_json
from inkan.testing.publisher import Publisher
from inkan.trust.online_keys import OnlineSigners
from inkan.tuf.keys import PublicKey
from inkan.tuf.metadata import parse_root, parse_snapshot, parse_timestamp
from inkan.tuf.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from inkan.tuf.verify import require_threshold

GUN = "localhost:5000/team/app"
BASE = f"/v2/{GUN}/_trust/tuf"


def body(files) -> tuple[bytes, list]:
    parts = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="files"; filename="{role}"\r\n\r\n'.encode()
        + raw
        + b"\r\n"
        for role, raw in files.items()
    )
    return parts + b"--b--\r\n", [("Content-Type", "multipart/form-data; boundary=b")]


async def publish(client, files, base=BASE, **options):
    content, headers = body(files)
    return await client("POST", f"{base}/", content, headers, **options)


async def make_owner(client, world, gun=GUN) -> Publisher:
    keys = {}
    for role in (SNAPSHOT, TIMESTAMP):
        answer = await client("GET", f"/v2/{gun}/_trust/tuf/{role}.key", expect=200)
        keys[role] = PublicKey.from_json(parse_json(answer.body, limit_bytes=10_000))
    return Publisher(gun, keys, now=world.clock.now())


@pytest.fixture
async def owner(admin, world):
    return await make_owner(admin, world)


@pytest.fixture
async def files(admin, owner):
    files = owner.first_push("1.0", b"1" * 32)
    assert (await publish(admin, files, expect=200)).body == b""
    return files


async def get(client, name, **options):
    return await client("GET", f"{BASE}/{name}", **options)


async def test_what_was_published_is_served_byte_for_byte(admin, files):
    for role, raw in files.items():
        version = {ROOT: 1, TARGETS: 2}[role]
        digest = sha256(raw).hexdigest()
        for name in (f"{role}.json", f"{version}.{role}.json", f"{role}.{digest}.json"):
            assert (await get(admin, name, expect=200)).body == raw
        immutable = await get(admin, f"{role}.{digest}.json", expect=200)
        assert "immutable" in immutable["cache-control"]
        assert "no-cache" in (await get(admin, f"{role}.json", expect=200))["cache-control"]


async def test_the_servers_part_verifies(admin, files):
    root = parse_root((await get(admin, "root.json")).body)
    timestamp = parse_timestamp((await get(admin, "timestamp.json")).body)
    snapshot = parse_snapshot((await get(admin, "snapshot.json")).body)
    for file in (timestamp, snapshot):
        require_threshold(root.role_keys(file.role), file.signatures, file.message)
    timestamp.meta[SNAPSHOT].require_match(SNAPSHOT, snapshot.raw)
    for role, raw in files.items():
        snapshot.meta[role].require_match(role, raw)


async def test_files_that_are_not_there_are_not_found(admin, files):
    raw = files[ROOT]
    for name in (
        "targets/x.json",
        "9.root.json",
        f"root.{'0' * 64}.json",
        f"root.{sha512(raw).hexdigest()}.json",
        f"root.{sha256(raw).hexdigest().upper()}.json",
        "nonsense.json",
        "0.root.json",
        "a.b.c.json",
        "../root.json",
    ):
        answer = await get(admin, name)
        assert answer.status in (400, 404), name
    missing = await get(admin, "targets/x.json", expect=404)
    assert missing.json["errors"] == [
        {
            "code": "METADATA_NOT_FOUND",
            "message": "You have requested metadata that does not exist.",
            "detail": {},
        }
    ]


async def test_a_head_and_a_condition_save_the_body(admin, files):
    head = await admin("HEAD", f"{BASE}/root.json", expect=200)
    assert (head.body, head["content-length"]) == (b"", str(len(files[ROOT])))
    held = [("If-None-Match", head["etag"])]
    await admin("GET", f"{BASE}/root.json", headers=held, expect=304)


async def test_an_unchanged_tag_publishes_nothing_and_that_is_fine(admin, files):
    """docker sends a body without parts."""
    content = b"\r\n--" + b"b" * 60 + b"--\r\n"
    headers = [("Content-Type", "multipart/form-data; boundary=" + "b" * 60)]
    await admin("POST", f"{BASE}/", content, headers, expect=200)
    assert parse_timestamp((await get(admin, "timestamp.json")).body).version == 2


async def test_a_conflict_tells_a_stock_client_why(admin, files):
    answer = await publish(admin, {TARGETS: files[TARGETS]}, expect=400)
    assert answer.code == "VERSION"
    detail = answer.json["errors"][0]["detail"]
    assert detail["Name"] == "ErrValidation"
    assert "update, then publish again" in detail["Error"]["Msg"]


async def test_a_refusal_has_the_shape_that_stock_clients_read(admin, owner):
    other = Publisher("localhost:5000/team/other", owner.server_keys, now=owner.now)
    answer = await publish(admin, other.first_push("1", b"1" * 32), expect=400)
    assert answer.code == "INVALID_UPDATE"
    detail = answer.json["errors"][0]["detail"]
    assert detail["Name"] == "ErrBadRoot"
    assert len(answer.body) < 1024
    await get(admin, "root.json", expect=404)


async def test_keys_stay_the_same_before_and_after_the_first_publish(admin, owner):
    first = await get(admin, "timestamp.key", expect=200)
    assert (await get(admin, "timestamp.key", expect=200)).body == first.body
    await publish(admin, owner.first_push("1", b"1" * 32), expect=200)
    assert (await get(admin, "timestamp.key", expect=200)).body == first.body


async def test_a_rotated_key_is_in_force_only_with_a_root_that_names_it(admin, world, owner, files):
    old = (await get(admin, "snapshot.key", expect=200)).body
    new = (await admin("POST", f"{BASE}/snapshot.key", expect=200)).body
    assert new != old
    assert (await admin("POST", f"{BASE}/snapshot.key", expect=200)).body == new
    assert (await get(admin, "snapshot.key", expect=200)).body == old
    key = PublicKey.from_json(parse_json(new, limit_bytes=10_000))
    owner.server_keys = {**owner.server_keys, SNAPSHOT: key}
    owner.root_version = 2
    await publish(admin, {ROOT: owner.root_file([owner.root])}, expect=200)
    assert (await get(admin, "snapshot.key", expect=200)).body == new
    snapshot = parse_snapshot((await get(admin, "snapshot.json")).body)
    require_threshold(
        parse_root((await get(admin, "root.json")).body).role_keys(SNAPSHOT),
        snapshot.signatures,
        snapshot.message,
    )


@pytest.mark.parametrize("role", ["root", "targets", "targets/releases", "x"])
async def test_keys_of_other_roles_are_never_the_servers(admin, role):
    assert (await get(admin, f"{role}.key")).status in (400, 404)


async def test_a_timestamp_is_renewed_at_half_its_life(admin, world, files):
    world.clock.move(timedelta(days=6))
    assert parse_timestamp((await get(admin, "timestamp.json")).body).version == 1
    world.clock.move(timedelta(days=2))
    assert parse_timestamp((await get(admin, "timestamp.json")).body).version == 2


async def test_a_year_of_silence_serves_nothing_expired(admin, world, files):
    for _ in range(52):
        world.clock.move(timedelta(days=7, hours=1))
        timestamp = parse_timestamp((await get(admin, "timestamp.json")).body)
        snapshot = parse_snapshot((await get(admin, "snapshot.json")).body)
        assert timestamp.expires > world.clock.now()
        assert snapshot.expires > world.clock.now()
        timestamp.meta[SNAPSHOT].require_match(SNAPSHOT, snapshot.raw)


async def test_the_job_renews_what_nobody_reads(admin, world, files):
    (job,) = [job for job in world.product.jobs if job.name.startswith("renew")]
    world.clock.move(timedelta(days=600))
    assert await job.run() >= 1
    assert await job.run() == 0


async def test_each_host_name_is_a_collection_of_its_own(admin, world, files):
    alias = "registry.test/team/app"
    await admin("GET", f"/v2/{alias}/_trust/tuf/root.json", expect=404)
    other = await make_owner(admin, world, alias)
    await publish(admin, other.first_push("1", b"2" * 32), f"/v2/{alias}/_trust/tuf", expect=200)
    assert (await get(admin, "root.json", expect=200)).body == files[ROOT]
    refused = await admin("GET", "/v2/elsewhere.test/team/app/_trust/tuf/root.json", expect=400)
    assert refused.code == "INVALID_GUN"


async def test_without_credentials_nothing_is_read(nobody, files):
    refused = await nobody("GET", f"{BASE}/root.json", expect=401)
    assert refused.code == "UNAUTHORIZED"
    assert f'scope="repository:{GUN}:pull"' in refused["www-authenticate"]


async def test_paths_with_a_leading_slash_too_many_are_served(admin, files):
    """A trailing slash in DOCKER_CONTENT_TRUST_SERVER, and docker follows no redirect."""
    await admin("GET", f"/{BASE}/root.json", expect=200)


async def test_the_trust_listener_pings_and_gives_tokens_but_no_blobs(world):
    client = Client(world.product.trust)
    await client("GET", "/v2/", expect=200)
    await client("GET", "/token?scope=repository:team/app:pull", expect=200)
    assert (await client("GET", "/_notary_server/health", expect=200)).body == b"{}"
    await client("GET", "/v2/team/app/tags/list", expect=404)
    await client("GET", "/api/v1/namespaces", expect=404)


async def test_large_files_are_packed_for_whoever_takes_it(admin, owner, files):
    for number in range(40):
        owner.push(f"t{number}", b"2" * 32)
    owner.targets_version = 2
    raw = owner.push("last", b"3" * 32)
    await publish(admin, raw, expect=200)
    packed = await get(admin, "targets.json", headers=[("Accept-Encoding", "gzip")], expect=200)
    assert packed["content-encoding"] == "gzip"
    assert len(packed.body) < len(raw[TARGETS]) / 2
    assert gzip.decompress(packed.body) == raw[TARGETS]
    for accepted in ("", "br", "gzip;q=0"):
        plain = await get(
            admin, "targets.json", headers=[("Accept-Encoding", accepted)], expect=200
        )
        assert (plain.body, plain["vary"]) == (raw[TARGETS], "Accept-Encoding")


async def test_KEY_015_a_dump_of_the_database_opens_no_key_of_the_servers(world, files):
    """Neither keys that sign metadata nor those that sign tokens; with a KEK of one's own they do not open either."""

    def sealed():
        for table in ("online_keys", "token_keys"):
            rows = yield Statement(f"SELECT sealed FROM {table}")
            found.extend(row[0] for row in rows)

    found = []
    await world.stores.database.read(sealed)
    assert len(found) >= 3
    for row in found:
        with pytest.raises(ValueError, match="Could not deserialize"):
            serialization.load_der_private_key(row, None)
        assert b"PRIVATE" not in row
    thief = OnlineSigners(
        SqlOnlineKeys(world.stores.database), KeyEncryptionKey(bytes(32)), world.clock
    )
    with pytest.raises(KeyUnreadableError):
        await thief.list(Gun.parse(GUN), TIMESTAMP)
