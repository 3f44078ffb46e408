"""Whatever owners, signers, deleters, time and restarts do to a collection, in whatever order: it is what a plain model says, and it verifies.

The model knows the files that were acknowledged and nothing of how they are kept.
"""

import asyncio
import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from asgi import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from inkan.keys.sealing import KeyEncryptionKey
from inkan.server.assemble import build
from inkan.server.settings import load
from inkan.server.stores import Stores
from inkan.store.memory import MemoryBlobs, MemoryUploads
from inkan.store.sql.sqlite import SqliteDatabase
from inkan.strict_json import parse as parse_json
from inkan.testing.clock import FixedClock
from inkan.testing.publisher import Publisher
from inkan.tuf.delegations import verified
from inkan.tuf.keys import PublicKey
from inkan.tuf.metadata import parse_root, parse_snapshot, parse_targets, parse_timestamp
from inkan.tuf.roles import RELEASES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.sign import EcdsaSigner
from inkan.tuf.verify import require_threshold

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
GUN = "localhost:5000/team/app"
BASE = f"/v2/{GUN}/_trust/tuf"
tags = st.sampled_from(["a", "b", "c"])
digests = st.binary(min_size=32, max_size=32)


class Collection(RuleBasedStateMachine):
    """A server on a real database, and a model of what it has promised."""

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="inkan-machine-"))
        self.loop = asyncio.new_event_loop()
        self.clock = FixedClock()
        self.kek = KeyEncryptionKey(os.urandom(32))
        self.owner = None
        self.held = {}
        self.timestamp_version = 0
        self.run(self.start(first=True))

    def run(self, work):
        return self.loop.run_until_complete(work)

    async def start(self, *, first=False):
        self.database = SqliteDatabase(self.folder / "facts.db")
        await self.database.open()
        blobs = MemoryBlobs()
        stores = Stores(self.database, blobs, MemoryUploads(blobs))
        self.product = await build(
            load({"host": ("localhost",)}, {}), stores, self.kek, self.clock, None
        )
        if first:
            await self.product.accounts.create("admin", "secret-password", is_admin=True)
            await self.call("PUT", "/api/v1/namespaces/team", expect=201)

    async def call(self, method, path, body=b"", headers=(), expect=None):
        return await Client(self.product.registry)(method, path, body, headers, expect=expect)

    async def key(self, role, method="GET"):
        answer = await self.call(method, f"{BASE}/{role}.key", expect=200)
        return PublicKey.from_json(parse_json(answer.body, limit_bytes=10_000))

    def publish(self, files, expect=200):
        body = b"".join(
            f'--b\r\nContent-Disposition: form-data; name="files"; filename="{role}"\r\n\r\n'.encode()
            + raw
            + b"\r\n"
            for role, raw in files.items()
        )
        kind = [("Content-Type", "multipart/form-data; boundary=b")]
        answer = self.run(self.call("POST", f"{BASE}/", body + b"--b--\r\n", kind))
        assert answer.status == expect, (answer.status, answer.body)
        if expect == 200:
            self.held.update(files)
            self.timestamp_version += 1

    @property
    def exists(self):
        return bool(self.held)

    # --- what people do -------------------------------------------------------------------------

    @initialize(tag=tags, digest=digests)
    def begin(self, tag, digest):
        self.first_push(tag, digest)

    @precondition(lambda self: not self.exists)
    @rule(tag=tags, digest=digests)
    def first_push(self, tag, digest):
        keys = {role: self.run(self.key(role)) for role in (SNAPSHOT, TIMESTAMP)}
        self.owner = Publisher(GUN, keys, now=self.clock.now())
        self.timestamp_version = 0
        self.publish(self.owner.first_push(tag, digest))

    @precondition(lambda self: self.exists)
    @rule(tag=tags, digest=digests)
    def push(self, tag, digest):
        self.publish(self.owner.push(tag, digest))

    @precondition(lambda self: self.exists)
    @rule()
    def push_nothing(self):
        self.publish({})

    @precondition(lambda self: self.exists and len(self.owner.tags) > 1)
    @rule(data=st.data())
    def revoke(self, data):
        del self.owner.tags[data.draw(st.sampled_from(sorted(self.owner.tags)))]
        self.publish({TARGETS: self.owner.next_targets()})

    @precondition(lambda self: self.exists)
    @rule(name=st.sampled_from(["alice", "bob"]))
    def add_signer(self, name):
        if name not in self.owner.signers:
            self.publish(self.owner.add_signer(name))

    @precondition(lambda self: self.exists and self.owner.signers)
    @rule(tag=tags, digest=digests, data=st.data())
    def sign(self, tag, digest, data):
        name = data.draw(st.sampled_from(sorted(self.owner.signers)))
        self.publish(self.owner.sign_as(name, tag, digest))

    @precondition(lambda self: self.exists)
    @rule(tag=tags, digest=digests)
    def a_stranger_signs(self, tag, digest):
        stranger = Publisher(GUN, self.owner.server_keys, now=self.clock.now())
        stranger.targets_version = self.owner.targets_version
        self.publish(stranger.push(tag, digest), expect=400)

    @precondition(lambda self: self.exists)
    @rule()
    def an_old_version_comes_again(self):
        self.publish({TARGETS: self.held[TARGETS]}, expect=400)

    @precondition(lambda self: self.exists)
    @rule()
    def rotate_root(self):
        self.owner.now = self.clock.now()
        self.publish(self.owner.rotate_root())

    @precondition(lambda self: self.exists)
    @rule()
    def rotate_targets(self):
        self.owner.targets = EcdsaSigner.generate()
        self.owner.root_version += 1
        self.publish(
            {ROOT: self.owner.root_file([self.owner.root]), TARGETS: self.owner.next_targets()}
        )

    @precondition(lambda self: self.exists)
    @rule(role=st.sampled_from([SNAPSHOT, TIMESTAMP]))
    def rotate_online_key(self, role):
        key = self.run(self.key(role, "POST"))
        self.owner.server_keys = {**self.owner.server_keys, role: key}
        self.owner.root_version += 1
        self.publish({ROOT: self.owner.root_file([self.owner.root])})

    @precondition(lambda self: self.exists)
    @rule()
    def delete(self):
        self.run(self.call("DELETE", f"{BASE}/", expect=200))
        self.held.clear()

    # --- what happens ---------------------------------------------------------------------------

    @rule(days=st.integers(1, 40))
    def time_passes(self, days):
        self.clock.move(timedelta(days=days))
        if self.owner is not None:
            self.owner.now = self.clock.now()

    @rule()
    def jobs_run(self):
        for job in self.product.jobs:
            self.run(job.run())

    @rule()
    def restart(self):
        self.run(self.database.close())
        self.run(self.start())

    # --- what is always so ----------------------------------------------------------------------

    @invariant()
    def what_was_acknowledged_is_there(self):
        for role, raw in self.held.items():
            answer = self.run(self.call("GET", f"{BASE}/{role}.json", expect=200))
            assert answer.body == raw
        if not self.exists:
            self.run(self.call("GET", f"{BASE}/root.json", expect=404))

    @invariant()
    def everything_verifies_from_the_root_down(self):
        if not self.exists:
            return

        def get(name):
            return self.run(self.call("GET", f"{BASE}/{name}.json", expect=200)).body

        root, now = parse_root(get("root")), self.clock.now()
        timestamp = parse_timestamp(get("timestamp"))
        snapshot = parse_snapshot(
            get(f"snapshot.{timestamp.meta[SNAPSHOT].hashes['sha256'].hex()}")
        )
        for file in (timestamp, snapshot):
            require_threshold(root.role_keys(file.role), file.signatures, file.message)
            assert file.expires > now
        assert timestamp.version >= self.timestamp_version
        self.timestamp_version = timestamp.version
        assert set(snapshot.meta) == set(self.held)
        files = {}
        for role, meta in snapshot.meta.items():
            raw = get(f"{role}.{meta.hashes['sha256'].hex()}")
            meta.require_match(role, raw)
            if role != ROOT:
                files[role] = parse_targets(raw, role)
        kept = verified(root, files)
        assert TARGETS in kept
        assert set(kept[TARGETS].targets) == set(self.owner.tags)
        for name in self.owner.signers:
            role = RoleName(f"targets/{name}")
            if role in self.held:
                assert role in kept
        if RELEASES in self.held and len(self.owner.signers) > 0:
            assert set(files[RELEASES].targets) == set(self.owner.signed[RELEASES][1])

    def teardown(self):
        self.run(self.database.close())
        self.loop.close()
        shutil.rmtree(self.folder)


Collection.TestCase.settings = settings(
    max_examples=int(os.environ.get("INKAN_EXAMPLES", "25")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestCollection = Collection.TestCase
