"""Rows of the catalogue about the keys that the server signs with: away, wrong, or in the hands of whoever has taken over the server."""

import base64
from datetime import timedelta

import pytest
from test_trust import BASE, GUN, files, get, make_owner, owner, publish  # noqa: F401 - fixtures

from inkan.errors import SignatureThresholdError, StorageUnavailableError
from inkan.oci.reference import Gun
from inkan.store.sql.database import Statement
from inkan.store.sql.keys import SqlOnlineKeys
from inkan.trust.online_keys import OnlineSigners
from inkan.tuf.metadata import parse_root, parse_targets, parse_timestamp
from inkan.tuf.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from inkan.tuf.sign import EcdsaSigner, sign
from inkan.tuf.verify import require_threshold


async def renew(world):
    for job in world.product.jobs:
        if "renew" in job.name:
            await job.run()


async def all_of(admin):
    names = ("root.json", "targets.json", "snapshot.json", "timestamp.json")
    return {name: (await get(admin, name, expect=200)).body for name in names}


async def test_OPS_008_without_its_keys_for_ten_minutes_the_server_is_read_from(
    world, admin, owner, files, monkeypatch  # noqa: F811 - fixtures
):  # fmt: skip
    async def away(*_):
        raise StorageUnavailableError("the keys cannot be had")

    before = await all_of(admin)
    lived = parse_timestamp(before["timestamp.json"]).expires - world.clock.now()
    # the renewal falls due while the keys are away
    world.clock.move(lived / 2 - timedelta(minutes=5))
    more = owner.push("2.0", b"2" * 32)
    with monkeypatch.context() as outage:
        for method in ("list", "add"):
            outage.setattr(SqlOnlineKeys, method, away)
        for _ in range(10):
            world.clock.move(timedelta(minutes=1))
            await renew(world)
            assert await all_of(admin) == before
            refused = await publish(admin, more, expect=503)
            assert int(refused["retry-after"]) > 0
            await get(admin, "timestamp.key", expect=503)
    assert parse_timestamp(before["timestamp.json"]).expires > world.clock.now() + timedelta(days=1)
    await renew(world)
    after = await all_of(admin)
    assert parse_timestamp(after["timestamp.json"]).version == 2
    await publish(admin, more, expect=200)


async def test_OPS_009_a_signature_that_does_not_verify_is_not_kept(
    world, admin, owner, files, monkeypatch  # noqa: F811 - fixtures
):  # fmt: skip
    before, real = await all_of(admin), EcdsaSigner.sign
    more = owner.push("2.0", b"2" * 32)

    def wrong(signer, message):
        signature = real(signer, message)
        return signature[:-1] + bytes([signature[-1] ^ 1])

    with monkeypatch.context() as fault:
        fault.setattr(EcdsaSigner, "sign", wrong)
        await publish(admin, more, expect=503)
        assert await all_of(admin) == before
        # nor by a renewal, and what is good is served on
        world.clock.move(timedelta(days=8))
        await renew(world)
        assert await all_of(admin) == before
    await publish(admin, more, expect=200)
    after = await all_of(admin)
    assert parse_targets(after["targets.json"]).version == 3
    assert parse_timestamp(after["timestamp.json"]).version == 2


async def test_KEY_017_who_takes_over_the_server_has_the_keys_of_two_roles_and_no_others(
    world, admin, owner, files  # noqa: F811 - fixtures
):  # fmt: skip
    for role in (ROOT, TARGETS, "targets/releases"):
        for method in ("GET", "POST"):
            await admin(method, f"{BASE}/{role}.key", expect=404)

    def roles():
        rows = yield Statement("SELECT DISTINCT role FROM online_keys ORDER BY role")
        return [row[0] for row in rows]

    assert await world.stores.database.read(roles) == [str(SNAPSHOT), str(TIMESTAMP)]
    # with everything that the process has: its key-encryption key and its database
    keys = SqlOnlineKeys(world.stores.database)
    thief = OnlineSigners(keys, world.key_encryption_key, world.clock)
    stolen = [
        signer
        for role in (SNAPSHOT, TIMESTAMP)
        for signer in await thief.list(Gun.parse(GUN), role)
    ]
    root = parse_root(files[ROOT])
    forged = {
        TARGETS: sign({**owner.targets_tree(), "version": 3}, stolen),
        ROOT: sign({**root.tree(), "version": 2}, stolen),
    }
    for role, raw in forged.items():
        file = (parse_root if role == ROOT else parse_targets)(raw)
        with pytest.raises(SignatureThresholdError):
            require_threshold(root.role_keys(role), file.signatures, file.message)
        await publish(admin, {role: raw}, expect=400)


async def test_KEY_017_no_address_gives_a_private_key_away(world, admin, files):  # noqa: F811
    """Whatever an administrator can read, in no form is a key of the server's among it."""
    keys = SqlOnlineKeys(world.stores.database)
    held = await OnlineSigners(keys, world.key_encryption_key, world.clock).list(
        Gun.parse(GUN), TIMESTAMP
    )
    secret = held[0].to_pkcs8()
    number = held[0]._private_key.private_numbers().private_value.to_bytes(32)
    ways = (bytes, base64.b64encode, base64.urlsafe_b64encode, lambda one: one.hex().encode())
    forms = [way(one) for one in (secret, number) for way in ways]
    values = {"{name+}": GUN, "{file+}": "timestamp", "{role}": "timestamp", "{namespace}": "team", "{account}": "admin"}  # fmt: skip
    read = 0
    for face in world.product.registry.table.faces:
        for route in face.routes:
            if "GET" not in route.methods:
                continue
            path = route.template
            for name, value in values.items():
                path = path.replace(name, value)
            answer = await admin("GET", path)
            read += answer.status == 200
            assert b"PRIVATE KEY" not in answer.body
            assert not any(form.rstrip(b"=") in answer.body for form in forms), route.operation
    assert read > 20
