"""The server is killed before every single step that its storage takes, in everything that changes something: nothing acknowledged is lost, nothing is half there, and it can be done again."""

import asyncio
import http.client
import json
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from faults.wire import MANIFEST, Server, Wire
from inkan.clock import SystemClock
from inkan.server.fsck import check
from inkan.store.layout import DataFolder
from inkan.strict_json import parse
from inkan.testing.publisher import Publisher
from inkan.tuf.keys import PublicKey
from inkan.tuf.roles import SNAPSHOT, TARGETS, TIMESTAMP

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
CUT = (OSError, http.client.HTTPException)
APP, OTHER = "team/app", "team/other"


class Registry:
    """A server that can be told to die, and what its clients were told."""

    def __init__(self, folder: Path, how: str):
        self.armed = folder / "armed"
        self.server = Server(folder / "data")
        launcher = str(Path(__file__).with_name("dying_server.py"))
        words = [str(self.server.data), str(self.armed), how]
        self.server.program = [sys.executable, launcher, *words]
        self.server.start()
        self.blobs, self.tags, self.on_its_way, self.signed = {}, {}, {}, {}
        self.publisher = None
        with self.wire() as wire:
            wire.make_namespace("team")

    def wire(self):
        return Wire(self.server.port)

    def steps_of(self, act) -> list[str]:
        """Return the steps that an act takes."""
        log = self.armed.with_suffix(".steps")
        log.unlink(missing_ok=True)
        self.armed.write_text("0")
        with self.wire() as wire:
            act(wire)
        self.armed.unlink()
        return log.read_text().splitlines()

    def dies(self, act, at: int) -> bool:
        """Do something to a server that dies before a step; return whether it got there."""
        self.armed.write_text(str(at))
        try:
            with self.wire() as wire:
                act(wire)
        except CUT:
            assert self.server.process.wait(timeout=10) == -9
            return True
        finally:
            self.armed.unlink()
        return False

    def come_back(self):
        """Look at what the dead have left, and start again."""
        folder = DataFolder(self.server.data)
        found = asyncio.run(check(folder, repair=False, tell=lambda _: None))
        assert [one for one in found if one.kind != "orphan"] == []
        self.server.start()

    def require_everything(self):
        """Everything that was acknowledged is there, and every tag leads to an image that is whole."""
        with self.wire() as wire:
            for (repository, digest), content in self.blobs.items():
                answer = wire.call("GET", f"/v2/{repository}/blobs/{digest}", expect=200)
                assert answer.body == content
            listed = wire.call("GET", f"/v2/{APP}/tags/list", expect=200).body
            for tag in {*(json.loads(listed)["tags"] or ()), *self.tags}:
                self._require_whole(wire, tag)
            for version, raw in self.signed.items():
                assert wire.metadata(self.publisher.gun, f"{version}.targets") == raw
            if self.signed:
                for role in ("root", "targets", "snapshot", "timestamp"):
                    wire.metadata(self.publisher.gun, role)

    def _require_whole(self, wire, tag):
        answer = wire.call("GET", f"/v2/{APP}/manifests/{tag}", expect=200)
        assert answer.headers["docker-content-digest"] == _digest(answer.body)
        if tag in self.tags:
            assert _digest(answer.body) in (self.tags[tag], self.on_its_way.get(tag))
        tree = json.loads(answer.body)
        for one in (tree["config"], *tree["layers"]):
            got = wire.call("GET", f"/v2/{APP}/blobs/{one['digest']}", expect=200).body
            assert _digest(got) == one["digest"]


def _digest(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"


# --- what is done: each returns what it does; the number makes it a new one ---------------------------


def push(registry, number, *, pieces):
    content = b"layer %d %d" % (pieces, number) * 3_000

    def act(wire):
        begun = wire.call("POST", f"/v2/{APP}/blobs/uploads/", expect=202)
        session, rest = begun.headers["location"], content
        for _ in range(pieces - 1):
            piece, rest = rest[:9_000], rest[9_000:]
            wire.call("PATCH", session, piece, expect=202)
        wire.call("PUT", f"{session}?digest={_digest(content)}", rest, expect=201)
        registry.blobs[APP, _digest(content)] = content
        put_manifest(registry, wire, f"t{pieces}-{number}", content)

    return act


def chunked_push(registry, number):
    return push(registry, number, pieces=3)


def whole_push(registry, number):
    return push(registry, number, pieces=1)


def put_manifest(registry, wire, tag, content):
    config = {"mediaType": "l", "digest": _digest(content), "size": len(content)}
    tree = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}
    raw = json.dumps({**tree, "annotations": {"tag": tag}}).encode()
    registry.on_its_way[tag] = _digest(raw)
    answer = wire.call("PUT", f"/v2/{APP}/manifests/{tag}", raw, {"Content-Type": MANIFEST}, 201)
    registry.tags[tag] = registry.on_its_way.pop(tag)
    return answer.headers["docker-content-digest"]


def tag_move(registry, number):
    contents = [b"first image", b"second image"]
    with registry.wire() as wire:
        for content in contents:
            registry.blobs[APP, wire.push_blob(APP, content)] = content
        put_manifest(registry, wire, "moving", contents[number % 2])
    return lambda wire: put_manifest(registry, wire, "moving", contents[(number + 1) % 2])


def deletion(registry, number):
    content = b"to be deleted %d" % number
    with registry.wire() as wire:
        registry.blobs[APP, wire.push_blob(APP, content)] = content
        digest = put_manifest(registry, wire, "going", content)
    del registry.tags["going"]

    def act(wire):
        answer = wire.call("DELETE", f"/v2/{APP}/manifests/{digest}")
        # who does it again may hear that it had gone through
        assert answer.status in (202, 404)

    return act


def restoration(registry, number):
    content = b"to be restored %d" % number
    with registry.wire() as wire:
        registry.blobs[APP, wire.push_blob(APP, content)] = content
        digest = put_manifest(registry, wire, f"back{number}", content)
        wire.call("DELETE", f"/v2/{APP}/manifests/{digest}", expect=202)
    del registry.tags[f"back{number}"]

    def act(wire):
        answer = wire.call("POST", f"/api/v1/trash/{APP}/restore?reference={digest}")
        assert answer.status in (200, 404)
        registry.tags[f"back{number}"] = digest

    return act


def mount(registry, number):
    content = b"to be mounted %d" % number
    with registry.wire() as wire:
        digest = wire.push_blob(APP, content)
    registry.blobs[APP, digest] = content

    def act(wire):
        wire.call("POST", f"/v2/{OTHER}/blobs/uploads/?mount={digest}&from={APP}", expect=201)
        registry.blobs[OTHER, digest] = content

    return act


def publication(registry, number):
    with registry.wire() as wire:
        if registry.publisher is None:
            gun = f"localhost:{registry.server.port}/team/signed"
            keys = {role: _key(wire, gun, role) for role in (SNAPSHOT, TIMESTAMP)}
            registry.publisher = Publisher(gun, keys, now=SystemClock().now())
            files = registry.publisher.first_push("t0", b"0" * 32)
            wire.publish(gun, files)
            registry.signed[registry.publisher.targets_version] = files[TARGETS]

    def act(wire):
        publisher = registry.publisher
        held = parse(wire.metadata(publisher.gun, "targets"), limit_bytes=100_000)
        publisher.targets_version = held["signed"]["version"]
        files = publisher.push(f"t{number}", number.to_bytes(32))
        wire.publish(publisher.gun, files)
        registry.signed[publisher.targets_version] = files[TARGETS]

    return act


def _key(wire, gun, role):
    answer = wire.call("GET", f"/v2/{gun}/_trust/tuf/{role}.key", expect=200)
    return PublicKey.from_json(parse(answer.body, limit_bytes=10_000))


def collection(registry, number):
    kept = b"needed %d" % number
    with registry.wire() as wire:
        registry.blobs[APP, wire.push_blob(APP, kept)] = kept
        put_manifest(registry, wire, f"kept{number}", kept)
        wire.push_blob(APP, b"needed by nobody %d" % number)
        # it is seen now, and goes at the next
        wire.call("POST", "/api/v1/garbage", expect=200)
    return lambda wire: wire.call("POST", "/api/v1/garbage", expect=200)


STORIES = (chunked_push, whole_push, tag_move, deletion, restoration, mount, publication)


def kill_everywhere(registry, story, points):
    """Kill it at every step of a story; return how many there were."""
    steps = registry.steps_of(story(registry, 1_000))
    registry.require_everything()
    for at in range(1, len(steps) + 1):
        act = story(registry, at)
        assert registry.dies(act, at), (story.__name__, at, steps)
        registry.come_back()
        registry.require_everything()
        with registry.wire() as wire:
            act(wire)
    registry.require_everything()
    points[story.__name__] = len(steps)


def test_STO_003_023_the_server_is_killed_at_every_step_of_its_storage(tmp_path):
    registry, points = Registry(tmp_path, "patient"), {}
    try:
        for story in STORIES:
            kill_everywhere(registry, story, points)
    finally:
        registry.server.kill()
    print(points)
    # fewer steps are a better server: what is asked here is that they are counted at all
    assert sum(points.values()) >= 25


def test_STO_023_a_collection_of_the_server_is_killed_at_every_step(tmp_path):
    registry, points = Registry(tmp_path, "greedy"), {}
    try:
        kill_everywhere(registry, collection, points)
    finally:
        registry.server.kill()
    print(points)
    assert points["collection"] >= 5
