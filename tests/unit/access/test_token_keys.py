"""The keys that sign tokens change, and no token is refused for it."""

import os
from datetime import timedelta

import pytest

from inkan.access.scopes import Access
from inkan.access.token_keys import ROTATED_EVERY, SIGNS_AFTER, VERIFIES_FOR, TokenKeyRing
from inkan.access.tokens import Bearer, TokenService
from inkan.errors import AuthenticationRequiredError
from inkan.keys.sealing import KeyEncryptionKey
from inkan.store.memory import MemoryDatabase
from inkan.store.sql.keys import SqlTokenKeys
from inkan.testing.clock import FixedClock
from inkan.web.demand import Action, Resource

LIFETIME = timedelta(minutes=30)
ACCESS = [Access(Resource.REPOSITORY, "team/app", frozenset({Action.PULL}))]


class Servers:
    """Two servers on one database."""

    def __init__(self):
        self.clock = FixedClock()
        keys, sealing = SqlTokenKeys(MemoryDatabase()), KeyEncryptionKey(os.urandom(32))
        self.rings = [TokenKeyRing(keys, sealing, self.clock) for _ in range(2)]
        self.services = [TokenService(ring, LIFETIME, self.clock) for ring in self.rings]

    async def load(self):
        for ring in self.rings:
            await ring.load()
        return self


async def test_AUTH_022_keys_are_rotated_under_load_and_no_token_is_refused():
    """A new key each month, tokens each minute on both servers, each verified on both until it ends."""
    servers = await Servers().load()
    alive, ids = [], set()
    servers.clock.move(ROTATED_EVERY - timedelta(hours=2))
    for minute in range(0, 3 * 24 * 60, 15):
        if minute % 60 == 0:
            await servers.rings[minute // 60 % 2].rotate()
        for ring in servers.rings:
            await ring.load()
        issued = servers.services[minute // 15 % 2].issue(Bearer("alice"), ACCESS)
        alive = [one for one in alive if one.issued_at + LIFETIME > servers.clock.now()] + [issued]
        for service in servers.services:
            for one in alive:
                assert service.verify(one.text).account == "alice"
        ids.add(servers.rings[0].signing.key_id)
        servers.clock.move(timedelta(minutes=15))
    assert len(ids) == 2
    assert len(servers.rings[0].keys) == 1, "the old one is forgotten when nothing needs it"


async def test_a_new_key_signs_only_once_every_server_knows_it():
    servers = await Servers().load()
    servers.clock.move(ROTATED_EVERY)
    first, second = servers.rings
    old = first.signing.key_id
    await first.rotate()
    assert first.signing.key_id == second.signing.key_id == old
    servers.clock.move(SIGNS_AFTER)
    await second.load()
    assert first.signing.key_id == second.signing.key_id != old
    servers.clock.move(VERIFIES_FOR)
    await second.rotate()
    assert [one.key_id for one in second.keys] == [second.signing.key_id]


async def test_AUTH_007_a_token_ends_a_minute_after_its_time():
    servers = await Servers().load()
    service = servers.services[0]
    issued = service.issue(Bearer("alice"), ACCESS)
    servers.clock.move(LIFETIME + timedelta(seconds=59))
    service.verify(issued.text)
    servers.clock.move(timedelta(seconds=1))
    with pytest.raises(AuthenticationRequiredError):
        service.verify(issued.text)
