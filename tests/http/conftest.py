"""The whole product in process, on memory, with a clock that stands still."""

import os

import pytest
from asgi import Client

from inkan.access import passwords
from inkan.keys.sealing import KeyEncryptionKey
from inkan.oci.reference import Namespace
from inkan.server.assemble import build
from inkan.server.settings import load
from inkan.server.stores import Stores
from inkan.store.memory import MemoryBlobs, MemoryDatabase, MemoryUploads
from inkan.testing.clock import FixedClock


class World:
    """The product and what it stands on."""

    def __init__(self, product, stores, clock, key_encryption_key):
        self.product, self.stores, self.clock = product, stores, clock
        self.key_encryption_key = key_encryption_key

    def client(self, **options) -> Client:
        return Client(self.product.registry, **options)


@pytest.fixture
def cheap_passwords(monkeypatch):
    # what a hash costs is tested by itself; here it would be most of the time
    monkeypatch.setattr(passwords, "_MEMORY_KIB", 64)
    monkeypatch.setattr(passwords, "_PASSES", 1)


@pytest.fixture
async def world(cheap_passwords):
    blobs = MemoryBlobs()
    stores = Stores(MemoryDatabase(), blobs, MemoryUploads(blobs))
    clock = FixedClock()
    settings = load({"host": ("localhost", "registry.test")}, {})
    key_encryption_key = KeyEncryptionKey(os.urandom(32))
    product = await build(settings, stores, key_encryption_key, clock, None)
    await product.accounts.create("admin", "secret-password", is_admin=True)
    await product.accounts.create("bob", "other-password", is_admin=False)
    world = World(product, stores, clock, key_encryption_key)
    await world.client()("PUT", f"/api/v1/namespaces/{Namespace('team')}", expect=201)
    yield world
    await stores.database.close()


@pytest.fixture
def admin(world):
    return world.client()


@pytest.fixture
def nobody(world):
    return world.client(user=None)
