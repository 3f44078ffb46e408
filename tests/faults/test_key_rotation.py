"""The server's timestamp key is changed again and again while many pull: none of them fails."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from faults.wire import PASSWORD, Server, Wire
from inkan.client.credentials import Credential
from inkan.client.session import Session
from inkan.client.trust_cache import TrustCache
from inkan.client.trust_server import TrustServer
from inkan.client.trust_updater import TrustUpdater
from inkan.clock import SystemClock
from inkan.strict_json import parse
from inkan.testing.publisher import Publisher
from inkan.tuf.keys import PublicKey
from inkan.tuf.pinning import Pins
from inkan.tuf.roles import ROOT, SNAPSHOT, TIMESTAMP

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
CLIENTS, ROTATIONS = 100, 4


class Owner:
    """A collection whose timestamp key can be changed."""

    def __init__(self, port):
        self.port, self.gun = port, f"localhost:{port}/team/app"
        with Wire(port) as wire:
            wire.make_namespace("team")
            keys = {role: self.key(wire, role, "GET") for role in (SNAPSHOT, TIMESTAMP)}
            self.publisher = Publisher(self.gun, keys, now=SystemClock().now())
            wire.publish(self.gun, self.publisher.first_push("v1", b"1" * 32))

    def key(self, wire, role, method):
        answer = wire.call(method, f"/v2/{self.gun}/_trust/tuf/{role}.key", expect=200)
        return PublicKey.from_json(parse(answer.body, limit_bytes=10_000))

    def rotate(self):
        owner = self.publisher
        with Wire(self.port) as wire:
            key = self.key(wire, TIMESTAMP, "POST")
            owner.server_keys = {**owner.server_keys, TIMESTAMP: key}
            owner.root_version += 1
            wire.publish(self.gun, {ROOT: owner.root_file([owner.root])})


def updater(owner, folder, kind=TrustServer):
    session = Session(f"http://localhost:{owner.port}", Credential("admin", PASSWORD))
    cache = TrustCache(folder, owner.gun)
    return TrustUpdater(kind(session, owner.gun), cache, Pins(), SystemClock().now())


@pytest.fixture
def owner(tmp_path):
    server = Server(tmp_path / "data").start()
    yield Owner(server.port)
    server.stop()


def test_OPS_007_the_timestamp_key_is_changed_under_a_hundred_clients(owner, tmp_path):
    is_over, looks = threading.Event(), []

    def client(number):
        while not is_over.is_set():
            found = updater(owner, tmp_path / f"client{number}").update()
            looks.append(found.root.version)
            assert found.resolve("v1").sha256 == (b"1" * 32).hex()

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(client, number) for number in range(CLIENTS)]
        try:
            for wanted in range(1, ROTATIONS + 1):
                while len(looks) < wanted * CLIENTS * 3 and not any(one.done() for one in clients):
                    is_over.wait(0.02)
                owner.rotate()
        finally:
            is_over.set()
        for one in clients:
            one.result()
    print(f"{len(looks)} looks at {len(set(looks))} roots")
    assert len(set(looks)) >= 3


def test_OPS_007_a_key_that_is_changed_between_two_requests_of_a_client(owner, tmp_path):
    class Unlucky(TrustServer):
        """Is asked for the newest root just before it is changed."""

        turns = 1

        def fetch(self, name, cap):
            if name == "timestamp" and Unlucky.turns:
                Unlucky.turns -= 1
                owner.rotate()
            return super().fetch(name, cap)

    updater(owner, tmp_path / "client").update()
    found = updater(owner, tmp_path / "client", Unlucky).update()
    assert (found.root.version, Unlucky.turns) == (2, 0)
