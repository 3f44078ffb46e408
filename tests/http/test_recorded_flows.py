"""What docker and notary once exchanged with the reference, exchanged with us: the same statuses and codes, but for a list of differences with reasons."""

import os

import pytest
from asgi import Client
from replay import RECORDED_AT, VECTORS, Replay, code_of, impersonate, read_flow, read_probes

from inkan import limits
from inkan.keys.sealing import KeyEncryptionKey
from inkan.server.assemble import build
from inkan.server.settings import load
from inkan.server.stores import Stores
from inkan.store.memory import MemoryBlobs, MemoryDatabase, MemoryUploads
from inkan.testing.clock import FixedClock

FLOWS = sorted(path.stem for path in (VECTORS / "wire").glob("*.jsonl"))


class RecordedWorld:
    """The product under the reference's host names and accounts."""

    host = "registry.test:5443"

    async def start(self):
        blobs = MemoryBlobs()
        self.stores = Stores(MemoryDatabase(), blobs, MemoryUploads(blobs))
        self.clock = FixedClock(RECORDED_AT)
        hosts = (
            "registry.test:5443",
            "registry.test:5543",
            "registry.test:5643",
            "registry.test:6443",
        )
        settings = load({"host": hosts}, {})
        self.product = await build(
            settings, self.stores, KeyEncryptionKey(os.urandom(32)), self.clock, None
        )
        for name in ("admin", "alice", "reader"):
            await self.product.accounts.create(name, f"{name}pw", is_admin=name != "reader")
        await self.client()("PUT", "/api/v1/policies/reader/account/reader", expect=201)
        return self

    def client(self):
        return Client(self.product.registry, "admin", "adminpw", self.host)

    def application(self, exchange):
        return self.product.trust if exchange.listener == "trust" else self.product.registry

    async def write(self, *statements):
        def all_of_them():
            for statement in statements:
                _ = yield statement

        await self.stores.database.write(all_of_them)


@pytest.fixture
async def recorded(monkeypatch, cheap_passwords):
    # the recordings' namespaces have two characters
    monkeypatch.setattr(limits, "NAMESPACE_CHARACTERS_MIN", 2)
    impersonate(monkeypatch)
    world = await RecordedWorld().start()
    yield world
    await world.stores.database.close()


# step: (the reference's answer, ours, why)
METHODS = "a method that a path does not have is 405 with a code, everywhere"
NOT_RECORDED = (
    "the recording leaves out what the server held before: the client had it in its cache"
)
GUNS = "a name that can be no collection here is told so, not looked for"
DIFFERENCES = {
    "17-default-server-push": [
        ("POST", "201", "202", NOT_RECORDED),
        ("HEAD", "200", "404", NOT_RECORDED),
        ("PUT", "201", "400 MANIFEST_BLOB_UNKNOWN", NOT_RECORDED),
    ],
    "26-rotate-snapshot-remote": [("POST", "200", "400 INVALID_UPDATE", NOT_RECORDED)],
    "55-w-witness": [("POST", "200", "400 INVALID_UPDATE", NOT_RECORDED)],
    "12-push-reader": [
        (
            "PUT",
            "401 UNAUTHORIZED",
            "403 DENIED",
            "another token would not help, and docker prints the sentence",
        ),
    ],
    "ping-head": [("HEAD", "404", "200", "HEAD is answered wherever GET is")],
    "ping-post": [("POST", "404 METADATA_NOT_FOUND", "405 UNSUPPORTED", METHODS)],
    "root-path": [
        ("GET", "404 METADATA_NOT_FOUND", "404 NOT_FOUND", "it is no address of the trust API")
    ],
    "put": [("PUT", "404 METADATA_NOT_FOUND", "405 UNSUPPORTED", METHODS)],
    "patch": [("PATCH", "405", "405 UNSUPPORTED", METHODS)],
    "options": [("OPTIONS", "501", "405 UNSUPPORTED", METHODS)],
    "key-bogus": [
        (
            "GET",
            "404 METADATA_NOT_FOUND",
            "400 INVALID_ROLE",
            "a word that can be no role is told so",
        )
    ],
    "changefeed-gun?records=-1": [("GET", "502", "200", "the reference panics")],
    "post-not-json": [
        (
            "POST",
            "400 MALFORMED_JSON",
            "400 INVALID_UPDATE",
            "the sentence names the role that is no JSON",
        )
    ],
    "post-delegation-ok": [("POST", "200", "400 INVALID_UPDATE", NOT_RECORDED)],
    "post-delegation-again-v1": [("POST", "400 VERSION", "400 INVALID_UPDATE", NOT_RECORDED)],
    "get-delegation": [("GET", "200", "404 METADATA_NOT_FOUND", NOT_RECORDED)],
    "get-delegation-v1": [("GET", "200", "404 METADATA_NOT_FOUND", NOT_RECORDED)],
    "post-delegation-path-violation": [
        ("POST", "200", "400 INVALID_UPDATE", "a target outside of its role's paths is refused")
    ],
    "post-two-parts-same-role": [
        ("POST", "200", "400 INVALID_UPDATE", "the reference keeps the last and says nothing")
    ],
    "post-targets-key-change-without-targets": [
        ("POST", "200", "400 INVALID_UPDATE", "the reference's collection can then be read no more")
    ],
    "gun-a": [("GET", "404 METADATA_NOT_FOUND", "400 INVALID_GUN", GUNS)],
    "gun-A/B": [("GET", "404 METADATA_NOT_FOUND", "400 INVALID_GUN", GUNS)],
    "gun-ns/app%20x": [("GET", "404 METADATA_NOT_FOUND", "400 INVALID_GUN", GUNS)],
    "gun-xxxxxxxxxxxxxxxxxxxxxxxx": [("GET", "404 METADATA_NOT_FOUND", "400 INVALID_GUN", GUNS)],
    "get-prefix-after-delete-pre": [
        ("GET", "404 METADATA_NOT_FOUND", "200", "the reference's memory deletes by string prefix")
    ],
}


async def differences(world, exchanges):
    """Return method, the reference's answer and ours for each exchange that ends otherwise, by step."""
    replay = Replay(world)
    await replay.prepare(exchanges)
    found = {}
    for exchange in exchanges:
        answer = await replay.send(exchange)
        ours = f"{answer.status} {code_of(answer.body)}".strip()
        theirs = f"{exchange.status} {exchange.code}".strip()
        if ours != theirs:
            found.setdefault(exchange.step, []).append((exchange.method, theirs, ours))
    return found


def listed(exchanges):
    steps = {exchange.step for exchange in exchanges}
    return {
        step: [one[:3] for one in all_of_it]
        for step, all_of_it in DIFFERENCES.items()
        if step in steps
    }


@pytest.mark.parametrize("flow", FLOWS)
async def test_a_recorded_flow(recorded, flow):
    exchanges = read_flow(flow)
    assert await differences(recorded, exchanges) == listed(exchanges)


async def test_the_probes(recorded):
    exchanges = read_probes()
    assert await differences(recorded, exchanges) == listed(exchanges)


def test_everything_recorded_is_replayed():
    assert (len(FLOWS), len(read_probes())) == (34, 100)
