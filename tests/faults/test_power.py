"""The machine dies after every single step of a push, a move of a tag, a deletion, a mount and a collection: nothing acknowledged is lost, and no tag hangs in the air."""

import asyncio
import json
from datetime import timedelta

import pytest

from inkan.errors import BlobUnknownError, ManifestUnknownError, RepositoryUnknownError
from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName, Tag
from inkan.registry.blobs import BlobService
from inkan.registry.garbage import GarbageService
from inkan.registry.manifests import ManifestService
from inkan.registry.uploads import UploadService
from inkan.store.blobs_files import FileBlobs
from inkan.store.layout import DataFolder
from inkan.store.sql.catalog import SqlCatalog
from inkan.store.sql.database import Statement
from inkan.store.sql.deletions import SqlDeletions
from inkan.store.sql.garbage import SqlGarbage
from inkan.store.sql.holders import SqlHolders
from inkan.store.sql.sqlite import SqliteDatabase
from inkan.store.sql.trash import SqlTrash
from inkan.store.sql.upload_sessions import SqlUploadSessions
from inkan.store.uploads_files import FileUploads
from inkan.testing.clock import FixedClock
from inkan.testing.facts_contract.samples import PUSH
from inkan.testing.power import PowerCut, PoweredDatabase, PowerLostError

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
APP, OTHER = RepositoryName("team/app"), RepositoryName("team/other")
GONE = (ManifestUnknownError, RepositoryUnknownError)
LAYERS = (b"a layer" * 3000, b"another" * 500)


class Shelf(FileUploads):
    """The uploads' store, with as few folders as the test needs: making 512 for each of hundreds of runs would take most of the time."""

    def prepare(self):
        for folder in (self._folder.uploads, *self._folder.fan_out()):
            if "sha256" in str(folder) or folder == self._folder.uploads:
                folder.mkdir(parents=True, exist_ok=True)


class Registry:
    """The services, and what clients of them were told."""

    def __init__(self, folder, database):
        self.clock = FixedClock()
        self.database = database
        catalog, deletions = SqlCatalog(database), SqlDeletions(database)
        garbage, self.files = SqlGarbage(database), FileBlobs(folder)
        uploads = Shelf(folder)
        uploads.prepare()
        self.blobs = BlobService(catalog, self.files, deletions, garbage, SqlHolders(database))
        self.uploads = UploadService(SqlUploadSessions(database), uploads, self.files, catalog, self.clock)  # fmt: skip
        self.manifests = ManifestService(catalog, deletions, self.clock)
        self.trash = SqlTrash(database)
        self.collector = GarbageService(garbage, self.files, self.clock, timedelta(hours=1), timedelta(hours=1))  # fmt: skip
        self.held, self.tags, self.is_moving = {}, {}, set()

    async def push_blob(self, repository, content):
        """Push as docker does: begin, one piece, and the end."""
        digest = Digest.of(content)
        self.held.pop((repository, digest), None)
        upload = await self.uploads.begin(repository, "a")
        upload = await self.uploads.append(upload, pieces(content))
        await self.uploads.commit(upload, digest)
        self.held[repository, digest] = content
        return {"mediaType": "l", "digest": str(digest), "size": len(content)}

    async def push(self, tag, *contents):
        layers = [await self.push_blob(APP, one) for one in contents]
        tree = {"schemaVersion": 2, "mediaType": MANIFEST, "config": layers[0], "layers": layers[1:]}  # fmt: skip
        await self.tag(tag, json.dumps(tree).encode())

    async def tag(self, tag, raw):
        self.is_moving.add(tag)
        await self.manifests.put(APP, Tag(tag), raw, MANIFEST, PUSH)
        self.tags[tag] = Digest.of(raw)
        self.is_moving.discard(tag)

    async def collect(self):
        self.clock.move(timedelta(hours=3))
        while await self.trash.expire(self.clock.now(), 99):
            pass
        for _ in range(3):
            self.clock.move(timedelta(hours=3))
            await self.collector.collect()

    async def take_over(self, other):
        """Know what the clients of a registry before it were told."""
        self.held, self.tags, self.is_moving = dict(other.held), dict(other.tags), set(other.is_moving)  # fmt: skip

    async def check(self):
        """Everything that was acknowledged is there; every tag leads to an image that is whole."""
        for (repository, digest), content in self.held.items():
            assert await self.bytes_of(repository, digest) == content
        for tag in {*self.tags, *self.is_moving}:
            try:
                manifest = await self.manifests.get(APP, Tag(tag))
            except GONE:
                # a first push that was not acknowledged, or a deletion on its way
                assert tag in self.is_moving
                continue
            if tag not in self.is_moving:
                assert manifest.digest == self.tags[tag]
            tree = json.loads(manifest.payload)
            for one in (tree["config"], *tree["layers"]):
                assert len(await self.bytes_of(APP, Digest.parse(one["digest"]))) == one["size"]

    async def bytes_of(self, repository, digest):
        blob = await self.blobs.get(repository, digest)
        got = b"".join([piece async for piece in self.blobs.read(blob, 0, blob.size_bytes)])
        assert Digest.of(got) == digest
        return got


async def pieces(content):
    yield content


# --- what is done: each with what has to be there before -------------------------------------------


async def nothing(_):
    pass


async def one_image(registry):
    await registry.push("v1", *LAYERS)


async def an_image_and_garbage(registry):
    await one_image(registry)
    registry.held.clear()
    gone = b"not needed"
    await registry.push_blob(APP, gone)
    await registry.push("old", b"old layer", LAYERS[1])
    await registry.manifests.delete(APP, registry.tags.pop("old"), "a")
    registry.held = {(APP, Digest.of(one)): one for one in LAYERS}


async def push(registry):
    await registry.push("v1", *LAYERS)


async def move(registry):
    await registry.push("v1", LAYERS[0], b"a new layer")


async def untag(registry):
    registry.is_moving.add("v1")
    await registry.manifests.delete(APP, Tag("v1"), "a")
    del registry.tags["v1"]


async def remove(registry):
    registry.is_moving.add("v1")
    await registry.manifests.delete(APP, registry.tags["v1"], "a")
    del registry.tags["v1"]


async def mount(registry):
    digest = Digest.of(LAYERS[0])
    assert await registry.blobs.mount(APP, OTHER, digest)
    registry.held[OTHER, digest] = LAYERS[0]


async def unlink(registry):
    digest = Digest.of(b"not needed")
    await registry.blobs.delete(APP, digest)


async def collect(registry):
    await registry.collect()


STORIES = {
    "push": (nothing, push),
    "push-again": (one_image, push),
    "tag-move": (one_image, move),
    "untag": (one_image, untag),
    "delete-manifest": (one_image, remove),
    "delete-blob": (an_image_and_garbage, unlink),
    "mount": (one_image, mount),
    "collect": (an_image_and_garbage, collect),
}


async def run_until(tmp_path, before, act, at_step):
    """Do the one thing, and the other until the power goes; return the registry and the power, and whether it went."""
    root = tmp_path / f"at{at_step}"
    root.mkdir()
    folder, power = DataFolder(root), PowerCut(root)
    database = PoweredDatabase(folder.database, power)
    await database.open()
    registry = Registry(folder, database)
    await before(registry)
    power.steps.clear()
    power.at_step = at_step
    is_lost = False
    with power.watching():
        try:
            await act(registry)
        except PowerLostError:
            is_lost = True
    await database.close()
    return registry, power, is_lost


async def come_back(tmp_path, registry, power, at_step, act, *, is_machine):
    """Start on what is left, and look; then do it all again, and collect."""
    root = tmp_path / f"back{at_step}{is_machine}"
    folder = DataFolder(root)
    power.restore(root, folder.database.name, is_machine=is_machine)
    database = SqliteDatabase(folder.database)
    await database.open()
    try:
        again = Registry(folder, database)
        await again.take_over(registry)
        await again.check()
        try:
            await act(again)
        except (BlobUnknownError, KeyError, *GONE):
            # the deletion had gone through, only nobody heard
            assert act in (untag, remove, unlink)
        again.is_moving.clear()
        again.held = {key: one for key, one in again.held.items() if act in (push, move, mount)}
        await again.check()
        await again.uploads.expire(-timedelta(days=1))
        await again.collect()
        again.held = {}
        await again.check()
        assert await database.read(_dangling) == []
    finally:
        await database.close()


def _dangling():
    rows = yield Statement(
        "SELECT t.name FROM tags t LEFT JOIN manifests m ON m.repository = t.repository AND m.digest = t.digest WHERE m.digest IS NULL"
    )
    return list(rows)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("story", STORIES)
async def test_STO_003_004_023_the_power_goes_at_every_step(tmp_path, story):
    before, act = STORIES[story]
    at_step = 0
    while True:
        registry, power, is_lost = await run_until(tmp_path, before, act, at_step)
        for is_machine in (True, False):
            await come_back(tmp_path, registry, power, at_step, act, is_machine=is_machine)
        if not is_lost:
            break
        at_step += 1
    print(f"{story}: {at_step} points: {', '.join(power.steps)}")
    assert at_step >= {"push": 20, "collect": 6}.get(story, 1)


async def test_STO_004_a_push_syncs_its_bytes_before_it_is_acknowledged(tmp_path):
    """Three syncs for a blob, one for a manifest: no fewer are safe, and no more are needed."""
    _, power, _ = await run_until(tmp_path, nothing, push, None)
    syncs = [one for one in power.steps if one.startswith(("fsync", "fdatasync", "transaction"))]
    assert syncs == [*["fsync", "fsync of a folder", "transaction _link_blob"] * 2, "transaction _put_manifest"]  # fmt: skip


async def test_the_power_cut_itself_loses_what_was_not_synced(tmp_path):
    root = tmp_path / "disk"
    root.mkdir()
    power = PowerCut(root)
    with power.watching():
        await asyncio.to_thread(_write, root / "kept", is_synced=True)
        await asyncio.to_thread(_write, root / "lost", is_synced=False)
    database = root / "x.db"
    power.restore(tmp_path / "back", database.name, is_machine=True)
    assert (tmp_path / "back" / "kept").read_bytes() == b"content"
    assert not (tmp_path / "back" / "lost").exists()


def _write(path, *, is_synced):
    import os

    from inkan.durable_file import sync_folder

    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(descriptor, b"content")
    if is_synced:
        os.fsync(descriptor)
    os.close(descriptor)
    if is_synced:
        sync_folder(path.parent)
