"""Does with the real services, on a real database and disk, what a trace of the model says: who is at which step when.

Everybody is a program of their own that stops before every transaction and every change of the bytes, until the trace says that it is their turn. What a program does besides, it does on
the way to the step that is asked for.
"""

import asyncio
import json
from contextvars import ContextVar
from datetime import timedelta

from inkan.errors import (
    BlobUnknownError,
    ManifestBlobUnknownError,
    ManifestUnknownError,
    RepositoryUnknownError,
)
from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName
from inkan.registry.blobs import BlobService
from inkan.registry.garbage import GarbageService
from inkan.registry.manifests import ManifestService
from inkan.registry.trash import TrashService
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
from model.explore import Step
from model.push_and_collection import GRACE, NONE, PENDING, UNSEEN

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
REPOSITORIES = (RepositoryName("team/first"), RepositoryName("team/second"))
CONTENT = b"the blob that it is all about"
DIGEST = Digest.of(CONTENT)
TICK = timedelta(hours=1)
BEGINNINGS = ("_has_unseen", "_is_seen", "_find_blob")
_actor: ContextVar["Actor | None"] = ContextVar("actor", default=None)


class Actor:
    """A program that takes a step when it is told to."""

    def __init__(self, work):
        self.before, self.go = "", asyncio.Event()
        self.moved = asyncio.Event()
        self.task = asyncio.create_task(self._run(work))

    async def _run(self, work):
        _actor.set(self)
        await work
        self.before = ""

    async def arrive(self, name):
        """Stop before a step, until it is told to go on."""
        self.before = name
        self.moved.set()
        await self.go.wait()
        self.go.clear()

    async def settle(self):
        """Return when it stops before its next step, or has ended."""
        moved = asyncio.create_task(self.moved.wait())
        await asyncio.wait((moved, self.task), return_when=asyncio.FIRST_COMPLETED)
        moved.cancel()
        self.moved.clear()
        if self.task.done():
            self.task.result()

    async def take(self, name):
        """Go on until it has taken a step of that name, or has ended."""
        await self._first()
        while not self.task.done():
            is_taken = self.before == name
            self.go.set()
            await self.settle()
            if is_taken:
                return

    async def finish(self):
        """Go on to the end."""
        await self.take("the end")

    async def _first(self):
        if not self.before and not self.task.done():
            await self.settle()


async def stop_before(name):
    actor = _actor.get()
    if actor is not None:
        await actor.arrive(name)


class SteppedDatabase(SqliteDatabase):
    """A database before whose every transaction everybody stops."""

    async def write(self, make, *args, **kwargs):
        await stop_before(make.__name__)
        return await super().write(make, *args, **kwargs)

    async def write_unsynced(self, make, *args, **kwargs):
        await stop_before(make.__name__)
        return await super().write_unsynced(make, *args, **kwargs)

    async def read(self, make, *args, **kwargs):
        await stop_before(make.__name__)
        return await super().read(make, *args, **kwargs)


class SteppedBlobs(FileBlobs):
    """Blobs that are deleted when it is their turn."""

    async def delete(self, key):
        await stop_before("delete")
        await super().delete(key)


class SteppedUploads(FileUploads):
    """Uploads that become blobs when it is their turn."""

    async def promote(self, upload_id, digest, size_bytes):
        await stop_before("promote")
        return await super().promote(upload_id, digest, size_bytes)


class World:
    """The real thing, with an image in the first repository."""

    def __init__(self, root):
        self.folder, self.clock = DataFolder(root), FixedClock()
        self.database = SteppedDatabase(self.folder.database)
        catalog, deletions = SqlCatalog(self.database), SqlDeletions(self.database)
        garbage, self.files = SqlGarbage(self.database), SteppedBlobs(self.folder)
        uploads = SteppedUploads(self.folder)
        uploads.prepare()
        self.blobs = BlobService(catalog, self.files, deletions, garbage, SqlHolders(self.database))
        self.uploads = UploadService(SqlUploadSessions(self.database), uploads, self.files, catalog, self.clock)  # fmt: skip
        self.manifests = ManifestService(catalog, deletions, self.clock)
        self.trash = TrashService(SqlTrash(self.database), self.clock, timedelta())
        self.collector = GarbageService(garbage, self.files, self.clock, GRACE * TICK, GRACE * TICK)
        self.actors, self.named, self.failures = {}, set(), []
        self.read_at = None

    async def open(self):
        await self.database.open()
        await self.push(0)

    # --- the programs -------------------------------------------------------------------------------

    async def push(self, number):
        """Push as clients do: ask, mount or upload, and name it."""
        repository = REPOSITORIES[number]
        told_at = await self.provide(repository, number)
        try:
            raw = _manifest(number)
            await self.manifests.put(repository, Digest.of(raw), raw, MANIFEST, PUSH)
        except ManifestBlobUnknownError:
            if self.clock.now() - told_at < GRACE * TICK:
                self.failures.append("a blob that was said to be there is gone while its lease lives")  # fmt: skip
            return
        self.named.add(number)

    async def provide(self, repository, number):
        """Return when somebody was told that the blob is there."""
        asked_at = self.clock.now()
        try:
            await self.blobs.get(repository, DIGEST)
        except (BlobUnknownError, RepositoryUnknownError):
            if number == 1 and await self.blobs.mount(REPOSITORIES[0], repository, DIGEST):
                return self.clock.now()
            upload = await self.uploads.begin(repository, "a")
            upload = await self.uploads.append(upload, _pieces(CONTENT))
            await self.uploads.commit(upload, DIGEST)
            return self.clock.now()
        return asked_at

    async def read(self):
        """Find the blob, and read it as late as a reader may."""
        try:
            blob = await self.blobs.get(REPOSITORIES[0], DIGEST)
        except (BlobUnknownError, RepositoryUnknownError):
            return
        found_at = self.clock.now()
        await stop_before("read")
        if self.clock.now() - found_at < GRACE * TICK:
            self.require(await _joined(self.files.read(blob, 0, blob.size_bytes)))

    async def forget_manifest(self, number):
        self.named.discard(number)
        await self.manifests.delete(REPOSITORIES[number], Digest.of(_manifest(number)), "a")

    async def restore(self, number):
        await self.trash.restore(REPOSITORIES[number], Digest.of(_manifest(number)), "a")
        self.named.add(number)

    # --- the trace ----------------------------------------------------------------------------------

    async def follow(self, trace):
        """Do what a trace says."""
        for step in trace:
            await self.take(step)

    async def take(self, step: Step):
        """Let somebody take a step."""
        kind, _, number = step.actor.partition(" ")
        if kind == "time":
            self.clock.move(TICK)
        elif kind == "fate":
            await self._kill("collector")
        elif kind == "person":
            await self._person(step.name, int(number))
        else:
            await self._let(step, number)

    async def _let(self, step, number):
        actor = self.actors.get(step.actor)
        if actor is not None and step.name == "_has_unseen":
            # the collection before may have a few steps left that found nothing to do
            while not actor.task.done() and actor.before != step.name:
                await actor.take(actor.before)
        if actor is None or actor.task.done():
            if step.name not in BEGINNINGS:
                return
            work = {"collector": self.collector.collect, "reader": self.read}
            actor = Actor(self.push(int(number)) if number else work[step.actor]())
            self.actors[step.actor] = actor
        await actor.take(step.name)

    async def _person(self, name, number):
        try:
            if name == "_expire":
                await self.trash.expire()
            elif name == "_restore":
                await self.restore(number)
            else:
                await self.forget_manifest(number)
        except ManifestUnknownError:
            pass

    async def _kill(self, name):
        actor = self.actors.pop(name, None)
        if actor is not None:
            actor.task.cancel()
            await asyncio.wait([actor.task])

    # --- what has to be so --------------------------------------------------------------------------

    def require(self, content):
        if content != CONTENT:
            self.failures.append("bytes went while somebody was reading them")

    async def survive(self):
        """Let everybody finish; return which promises are broken, and whether anything stays for ever."""
        await self._check_named()
        for actor in self.actors.values():
            await actor.finish()
        await self._check_named()
        for number in (0, 1):
            try:
                await self.restore(number)
            except Exception:  # noqa: BLE001 - it is not in the trash
                continue
        await self._check_named()
        for number in sorted(self.named):
            await self.forget_manifest(number)
        await self.trash.expire()
        for _ in range(4):
            await self.collector.collect()
            self.clock.move(GRACE * TICK)
        left = [key async for key in self.files.keys()]  # noqa: SIM118 - a port's method
        if left or await self.database.read(_rows_left):
            self.failures.append("what nothing needs stays for ever")
        return self.failures

    async def _check_named(self):
        for number in self.named:
            rows = await self.database.read(_key, str(REPOSITORIES[number]))
            if not rows or not self.folder.blob(rows[0][0]).exists():
                self.failures.append("an acknowledged manifest lacks its blob")

    async def close(self):
        for name in tuple(self.actors):
            await self._kill(name)
        await self.database.close()

    async def facts(self):
        """Return what the model speaks of, as it really is."""
        now, found = self.clock.now().timestamp(), await self.database.read(_facts)

        def age(since):
            return min(round((now - since / 1_000_000) / TICK.total_seconds()), 2 * GRACE)

        held, links, named, trashed, row, loose, doomed = found
        ages = {name: UNSEEN if at == 0 else PENDING if at < 0 else age(at) for name, at in links}
        in_each = [str(one) for one in REPOSITORIES]
        kept = [key async for key in self.files.keys()]  # noqa: SIM118 - a port's method
        return {
            "held": tuple((name,) in held for name in in_each),
            "links": tuple(ages.get(name, NONE) for name in in_each),
            "named": tuple((name,) in named for name in in_each),
            "trashed": tuple((name,) in trashed for name in in_each),
            "has a row": bool(row),
            "is loose": bool(loose),
            "doomed": sorted(PENDING if at < 0 else age(at) for (at,) in doomed),
            "kept": len(kept),
        }


def facts_of(state):
    """Return the same of a state of the model."""
    return {
        "held": state.held,
        "links": state.links,
        "named": state.named,
        "trashed": state.trashed,
        "has a row": state.row is not None,
        "is loose": state.is_loose,
        "doomed": sorted(age for _, age in state.doomed),
        "kept": len(state.kept),
    }


def _manifest(number):
    config = {"mediaType": "l", "digest": str(DIGEST), "size": len(CONTENT)}
    tree = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}
    return json.dumps({**tree, "annotations": {"of": str(number)}}).encode()


def _facts():
    queries = (
        "SELECT repository FROM repository_blobs",
        "SELECT repository, seen_at FROM garbage_links",
        "SELECT repository FROM manifests",
        "SELECT repository FROM trash_manifests",
        "SELECT digest FROM blobs",
        "SELECT digest FROM garbage_blobs",
        "SELECT since FROM garbage_keys",
    )
    found = []
    for sql in queries:
        rows = yield Statement(sql)
        found.append(tuple(tuple(row) for row in rows))
    return found


def _rows_left():
    tables = ("blobs", "repository_blobs", "garbage_links", "garbage_blobs", "garbage_keys", "trash_blobs")  # fmt: skip
    left = 0
    for table in tables:
        rows = yield Statement(f"SELECT count(*) FROM {table}")
        left += rows[0][0]
    return left


def _key(repository):
    return (
        yield Statement(
            "SELECT b.storage_key FROM repository_blobs r JOIN blobs b ON b.digest = r.digest WHERE r.repository = ?",
            (repository,),
        )
    )


async def _pieces(content):
    yield content


async def _joined(pieces):
    return b"".join([piece async for piece in pieces])
