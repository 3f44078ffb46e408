"""PostgreSQL and the bucket away, slow, silent, or cut at a byte, in the middle of pushes and pulls.

Whatever happens: an answer is right or is a 503 that says when to come again, within bounded time; nothing half-visible; and within seconds of the trouble's end everything goes on by itself.
"""

import concurrent.futures
import itertools
import json
import os
import random
import threading
import time
from hashlib import sha256

import pytest

from faults.test_kill import Owner
from faults.wire import Server, Wire
from inkan.oci.digest import Digest
from inkan.tuf.metadata import parse_targets
from inkan.tuf.roles import TARGETS
from interop.docker_client import DockerClient
from interop.inkan_server import inkan_program
from interop.postgresql_server import PASSWORD as DATABASE_PASSWORD
from interop.processes import run
from interop.strait import FROM_STORE, TO_STORE, Strait

pytestmark = [pytest.mark.interop, pytest.mark.timeout(400)]
_numbers = itertools.count(1)
LARGE = random.Random(8).randbytes(20_000_000)
SILENCE_SECONDS = 45


class Place:
    """A server, and the straits that its stores are behind."""

    def __init__(self, folder, postgresql, ceph):
        self.folder, self.postgresql = folder, postgresql
        self.database, self.bucket = Strait(postgresql.port), Strait(ceph.port)
        direct = postgresql.new_database("trouble")
        self.shared = {
            **ceph.environment,
            "PGPASSWORD": DATABASE_PASSWORD,
            "INKAN_DATABASE": direct,
            # a place of its own: made anew between two dockers, it has a new database, and would find the other's objects
            "INKAN_BLOBS": f"s3://inkan-trouble/{folder.name}",
            "INKAN_KEY_ENCRYPTION_KEY": "17" * 32,
            "INKAN_HOST": "localhost",
            **({"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}),
        }
        narrow = {
            **self.shared,
            "INKAN_DATABASE": direct.replace(f":{postgresql.port}/", f":{self.database.port}/"),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.bucket.port}",
        }
        self.server = Server(folder / "data", environment=narrow).start()
        with self.wire() as wire:
            wire.make_namespace("team")
            self.kept = wire.push_image("team/kept", "v1", LARGE[:9_000_000])

    def wire(self) -> Wire:
        return Wire(self.server.port)

    def strait(self, which: str) -> Strait:
        return {"database": self.database, "bucket": self.bucket}[which]

    def goes_on(self, within=8.0):
        """Push and pull once more, within seconds of the trouble's end."""
        for strait in (self.database, self.bucket):
            strait.open()
        began = time.monotonic()
        while True:
            name = f"team/after{next(_numbers)}"
            try:
                with self.wire() as wire:
                    pushed = wire.push_image(name, "v1", b"after")
                    assert pull(wire, name, "v1", pushed) == b"after"
                    assert pull(wire, "team/kept", "v1", self.kept) == LARGE[:9_000_000]
                    return
            except AssertionError:
                assert time.monotonic() - began < within, self.log()
                time.sleep(0.2)

    def fsck(self) -> list:
        ended = run(inkan_program(), "fsck", "-o", "json", env=self.shared, check=False, timeout=120)  # fmt: skip
        assert ended.out.startswith("{"), ended.text
        return json.loads(ended.out)["damage"]

    def log(self) -> str:
        return (self.folder / "server.log").read_text()[-5_000:]

    def stop(self):
        assert self.server.stop() == 0
        assert (self.database.open_connections, self.bucket.open_connections) == (0, 0)
        self.database.end()
        self.bucket.end()


@pytest.fixture(scope="module")
def place(postgresql, ceph, tmp_path_factory):
    running = Place(tmp_path_factory.mktemp("trouble"), postgresql, ceph)
    yield running
    running.stop()


def pull(wire, name, tag, pushed) -> bytes:
    blob, manifest = pushed
    answer = wire.call("GET", f"/v2/{name}/manifests/{tag}", expect=200)
    assert answer.headers["docker-content-digest"] == manifest
    return wire.call("GET", f"/v2/{name}/blobs/{blob}", expect=200).body


class Once:
    """A push that stops at the first answer that is not good, and what it was answered."""

    def __init__(self, place, content):
        self.name, self.content = f"team/once{next(_numbers)}", content
        self.refused = None
        began = time.monotonic()
        try:
            with place.wire() as wire:
                self.pushed = wire.push_image(self.name, "v1", content)
        except AssertionError as error:
            _, _, status, body = error.args[0]
            self.refused = (status, body)
        self.seconds = time.monotonic() - began

    def check(self, place):
        """An answer that refuses is a 503; what is there is whole, and what was acknowledged is there."""
        if self.refused:
            assert self.refused[0] == 503, (self.refused, place.log())
        with place.wire() as wire:
            answer = wire.call("GET", f"/v2/{self.name}/manifests/v1")
            if answer.status == 404:
                assert self.refused
                return
            # cut after the commit: it is there and was not acknowledged, and it is whole
            assert answer.status == 200
            blob = json.loads(answer.body)["config"]["digest"]
            assert wire.call("GET", f"/v2/{self.name}/blobs/{blob}", expect=200).body == self.content  # fmt: skip

    def again(self, place):
        """What a client does: the same words once more."""
        with place.wire() as wire:
            pushed = wire.push_image(self.name, "v1", self.content)
            assert pull(wire, self.name, "v1", pushed) == self.content


def measure(place, strait, content) -> dict:
    before = dict(strait.passed)
    assert Once(place, content).refused is None
    return {way: strait.passed[way] - before[way] for way in before}


@pytest.mark.parametrize("way", [TO_STORE, FROM_STORE])
def test_the_database_cut_at_any_byte_of_a_push_keeps_all_or_nothing(place, way):
    whole = measure(place, place.database, b"first")[way]
    refused = 0
    for at in range(1, whole, max(1, whole // 40)):
        place.database.cut_after(at, way)
        once = Once(place, b"content %d" % at)
        place.database.open()
        assert once.seconds < 10
        once.check(place)
        once.again(place)
        refused += once.refused is not None
    # most cuts are before or after a commit, and are borne in silence
    assert refused < 15
    place.goes_on()


@pytest.mark.parametrize("way", [TO_STORE, FROM_STORE])
def test_the_database_cut_at_any_byte_of_a_publish_keeps_all_or_nothing(place, way):
    owner = Owner(place.server.port, f"signed{next(_numbers)}")

    def publish(cut_after=None) -> int:
        with place.wire() as wire:
            # what was kept and not acknowledged is gone on from
            owner.publisher.targets_version = parse_targets(wire.metadata(owner.gun, "targets")).version  # fmt: skip
            version = owner.publisher.targets_version + 1
            files = owner.publisher.push("moving", version.to_bytes(32))
            if cut_after is not None:
                place.database.cut_after(cut_after, way)
            answer = wire.publish(owner.gun, files, expect=None)
            place.database.open()
            assert answer.status in (200, 503), answer.body
            if answer.status == 200:
                owner.acknowledged[version] = files[TARGETS]
            owner.check(wire)
            return answer.status

    before = place.database.passed[way]
    assert publish() == 200
    whole = place.database.passed[way] - before
    statuses = [publish(at) for at in range(1, whole, max(1, whole // 40))]
    assert statuses.count(503) < 15, statuses
    place.goes_on()


@pytest.mark.parametrize("way", [TO_STORE, FROM_STORE])
def test_the_bucket_cut_at_any_byte_of_a_push_keeps_all_or_nothing(place, way):
    whole = measure(place, place.bucket, LARGE)[way]
    for part in (0.0, 0.1, 0.3, 0.45, 0.6, 0.9, 0.99):
        place.bucket.cut_after(max(1, int(whole * part)), way)
        once = Once(place, random.Random(part).randbytes(20_000_000))
        place.bucket.open()
        assert once.seconds < 40
        once.check(place)
        once.again(place)
    place.goes_on()
    assert place.fsck() == []


@pytest.mark.parametrize("which", ["database", "bucket"])
def test_a_pull_that_a_store_is_cut_under_is_whole_or_ends_short(place, which):
    blob, _ = place.kept
    for count in (1, 500, 3_000, 1_000_000, 8_000_000):
        place.strait(which).cut_after(count, FROM_STORE)
        with place.wire() as wire:
            # the bucket's bytes are gone on with where they were cut, the database's question is asked again
            answer = wire.call("GET", f"/v2/team/kept/blobs/{blob}", expect=200)
            assert sha256(answer.body).hexdigest() == Digest.parse(blob).encoded
        place.strait(which).open()
    place.goes_on()


@pytest.mark.parametrize("which", ["database", "bucket"])
def test_a_store_that_is_away_is_said_at_once_and_used_again_at_once(place, which):
    place.strait(which).close()
    blob, _ = place.kept
    for method, path in (
        ("GET", f"/v2/team/kept/blobs/{blob}"),
        ("POST", f"/v2/team/new/blobs/uploads/?digest={blob}"),
    ):
        began = time.monotonic()
        with place.wire() as wire:
            answer = wire.call(method, path, LARGE[:9_000_000] if method == "POST" else b"")
        assert answer.status == 503, answer.body
        assert int(answer.headers["retry-after"]) >= 1
        assert time.monotonic() - began < 25
    place.goes_on()


@pytest.mark.parametrize("which", ["database", "bucket"])
def test_a_silent_store_is_given_up_in_bounded_time_by_a_crowd_and_then_used_again(place, which):
    blob, _ = place.kept
    strait = place.strait(which)
    # so that every connection of the pool is one of the silenced
    with concurrent.futures.ThreadPoolExecutor(30) as crowd:

        def ask(_):
            began = time.monotonic()
            with Wire(place.server.port) as wire:
                wire.connection.timeout = 120
                answer = wire.call("GET", f"/v2/team/kept/blobs/{blob}")
            return answer.status, answer.headers.get("retry-after"), time.monotonic() - began

        assert {status for status, _, _ in crowd.map(ask, range(30))} == {200}
        strait.silence()
        push = crowd.submit(Once, place, b"silenced")
        answers = list(crowd.map(ask, range(25)))
        once = push.result()
    assert {status for status, _, _ in answers} == {503}, answers
    assert all(int(again) >= 1 for _, again, _ in answers)
    assert max(seconds for _, _, seconds in answers) < SILENCE_SECONDS
    assert once.refused[0] == 503
    place.goes_on()
    once.check(place)
    once.again(place)
    # nothing hangs on to what was silenced
    deadline = time.monotonic() + 10
    while strait.open_connections > 20:
        assert time.monotonic() < deadline, strait.open_connections
        time.sleep(0.2)


def test_slow_stores_make_slow_answers_and_no_wrong_ones(place):
    place.database.slow(0.02)
    place.bucket.slow(0.005)
    ended = []

    def push():
        ended.append(Once(place, random.randbytes(9_000_000)))

    crowd = [threading.Thread(target=push) for _ in range(4)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    place.goes_on()
    assert [one.refused for one in ended] == [None] * 4
    for one in ended:
        one.check(place)


def test_docker_pushes_and_pulls_while_both_stores_are_cut(place, cli, engine, tmp_path):
    client = DockerClient(cli, tmp_path / "home", engine)
    client.log_in(f"127.0.0.1:{place.server.port}")
    reference = f"127.0.0.1:{place.server.port}/team/docker{next(_numbers)}:v1"
    client.make_image(reference, LARGE)
    is_over = threading.Event()

    def trouble():
        chance = random.Random(9)
        while not is_over.wait(0.3):
            place.bucket.cut_after(chance.randrange(1, 9_000_000), chance.choice([TO_STORE, FROM_STORE]))  # fmt: skip
            place.database.cut_after(chance.randrange(1, 20_000), chance.choice([TO_STORE, FROM_STORE]))  # fmt: skip

    def patiently(*words):
        # docker tries a layer again by itself; a person says the same words once more
        ended = [client(*words, check=False) for _ in range(1)]
        while ended[-1].code and len(ended) < 5:
            ended.append(client(*words, check=False))
        assert ended[-1].code == 0, [one.text for one in ended]

    troubled = threading.Thread(target=trouble)
    troubled.start()
    try:
        patiently("push", reference)
        client("rmi", reference)
        patiently("pull", reference)
    finally:
        is_over.set()
        troubled.join()
    place.goes_on()
    assert place.fsck() == []
