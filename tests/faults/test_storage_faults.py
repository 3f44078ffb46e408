"""Whatever call of the storage fails, and however: nothing is acknowledged that is not there, nobody reads where it is kept, and the next try goes through."""

import errno
import json
import os
from hashlib import sha256

import pytest
from asgi import Client

from inkan.access import passwords
from inkan.keys.sealing import KeyEncryptionKey
from inkan.server.assemble import build
from inkan.server.fsck import check
from inkan.server.settings import load
from inkan.server.stores import Stores
from inkan.store.blobs_files import FileBlobs
from inkan.store.layout import DataFolder
from inkan.store.uploads_files import FileUploads
from inkan.testing.clock import FixedClock
from inkan.testing.storage_faults import ERRORS, SHORT, FailingDatabase, StorageFaults

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
APP = "/v2/team/app"


class World:
    """The product on a disk and a database that can be told to fail."""

    def __init__(self, root):
        self.root, self.faults = root, StorageFaults(root)
        self.folder = DataFolder(root)
        self.database = FailingDatabase(self.folder.database, self.faults)
        self.clock, self.refusals, self.tag = FixedClock(), [], {}

    async def open(self):
        await self.database.open()
        uploads = FileUploads(self.folder)
        uploads.prepare()
        stores = Stores(self.database, FileBlobs(self.folder), uploads)
        settings, kek = load({"host": ("localhost",)}, {}), KeyEncryptionKey(os.urandom(32))
        self.product = await build(settings, stores, kek, self.clock, None)
        await self.product.accounts.create("admin", "secret-password", is_admin=True)
        self.client = Client(self.product.registry)
        await self.client("PUT", "/api/v1/namespaces/team", expect=201)
        await self.push(b"the first image")

    async def push(self, content):
        """Push an image as a client that gives up at the first refusal; return whether it went through."""
        digest = f"sha256:{sha256(content).hexdigest()}"
        begun = await self.call("POST", f"{APP}/blobs/uploads/")
        if begun is None:
            return False
        session = begun["location"]
        half = len(content) // 2
        for method, target, piece in (
            ("PATCH", session, content[:half]),
            ("PUT", f"{session}?digest={digest}", content[half:]),
        ):
            if await self.call(method, target, piece) is None:
                return False
        config = {"mediaType": "l", "digest": digest, "size": len(content)}
        tree = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}
        raw = json.dumps(tree).encode()
        self.tag["on its way"] = raw
        if await self.call("PUT", f"{APP}/manifests/v1", raw, [("Content-Type", MANIFEST)]) is None:
            return False
        self.tag = {"acknowledged": raw}
        return True

    async def call(self, method, target, body=b"", headers=()):
        """Return the answer, or nothing where it is the refusal that a failing storage deserves."""
        answer = await self.client(method, target, body, headers)
        if answer.status < 300:
            return answer
        self.refusals.append((method, answer.status))
        assert answer.status in (503, 507), (method, target, answer.status, answer.body)
        assert int(answer["retry-after"]) > 0
        assert str(self.root).encode() not in answer.body
        return None

    async def require_the_tag(self):
        """The tag leads to the image that was acknowledged last, or to one on its way; and it is whole."""
        manifest = (await self.client("GET", f"{APP}/manifests/v1", expect=200)).body
        assert manifest in self.tag.values()
        digest = json.loads(manifest)["config"]["digest"]
        blob = (await self.client("GET", f"{APP}/blobs/{digest}", expect=200)).body
        assert f"sha256:{sha256(blob).hexdigest()}" == digest


@pytest.fixture
async def world(tmp_path, monkeypatch):
    monkeypatch.setattr(passwords, "_MEMORY_KIB", 64)
    monkeypatch.setattr(passwords, "_PASSES", 1)
    (tmp_path / "data").mkdir()
    made = World(tmp_path / "data")
    await made.open()
    with made.faults.watching():
        yield made
    await made.database.close()


async def steps_of(world, content):
    world.faults.arm(None, 0)
    assert await world.push(content)
    return tuple(world.faults.steps)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("error", ERRORS, ids=[errno.errorcode.get(one, "short write") for one in ERRORS])  # fmt: skip
async def test_STO_006_007_every_call_of_a_push_fails_once(world, error):
    steps = await steps_of(world, b"how many steps there are" * 400)
    for at in range(len(steps)):
        content = b"%d %d " % (error, at) * 1_000
        world.faults.arm(at, error)
        is_pushed = await world.push(content)
        assert is_pushed or error != SHORT
        world.faults.disarm()
        await world.require_the_tag()
        assert is_pushed or await world.push(content)
        await world.require_the_tag()
    print(f"{len(steps)} steps, {len(world.refusals)} refusals")
    assert len(steps) > 40
    assert len(world.refusals) > 30 or error == SHORT
    await world.database.close()
    found = await check(world.folder, repair=False, tell=lambda _: None)
    assert [one for one in found if one.kind != "orphan"] == []


@pytest.mark.slow
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EROFS])
async def test_STO_006_whatever_is_written_from_a_call_on_fails_and_reading_goes_on(world, error):
    steps = await steps_of(world, b"how many steps there are" * 400)
    for at in range(0, len(steps), 5):
        content = b"%d %d lasting " % (error, at) * 1_000
        world.faults.arm(at, error, lasts=True)
        assert not await world.push(content)
        world.faults.disarm()
        await world.require_the_tag()
        assert await world.push(content)
