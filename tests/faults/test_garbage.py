"""Garbage is collected under pushes, pulls, mounts and deletions, by two collectors at once: nothing that is needed goes, and in the end nothing that is not needed stays."""

import asyncio
import contextlib
import json
import random
import sys
from collections import Counter
from datetime import timedelta

import pytest

from inkan.clock import SystemClock
from inkan.errors import (
    BlobInUseError,
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
from inkan.testing.facts_contract.samples import PUSH

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
REPOSITORIES = [RepositoryName(f"team/app{number}") for number in range(4)]
# few contents, so that pushes, deletions and sweeps of the same blob meet all the time
CONTENTS = [b"layer %d" % number * 50 for number in range(24)]
GONE = (ManifestUnknownError, RepositoryUnknownError)


class Registry:
    """The registry's services on a data folder, with a grace that is short and long enough."""

    def __init__(self, folder, database, grace):
        clock, self.grace_seconds = SystemClock(), grace.total_seconds()
        catalog, deletions = SqlCatalog(database), SqlDeletions(database)
        garbage, self.files = SqlGarbage(database), FileBlobs(folder)
        uploads = FileUploads(folder)
        uploads.prepare()
        self.unlinked = Counter()
        self.blobs = BlobService(catalog, self.files, deletions, garbage, SqlHolders(database))
        self.uploads = UploadService(SqlUploadSessions(database), uploads, self.files, catalog, clock)  # fmt: skip
        self.manifests = ManifestService(catalog, deletions, clock)
        self.collectors = [GarbageService(garbage, self.files, clock, grace, timedelta()) for _ in range(2)]  # fmt: skip

    async def push(self, dice, repository):
        """Push an image as clients do: what is said to be there is not pushed."""
        layers, before = [], self.unlinked.copy()
        began = asyncio.get_running_loop().time()
        for content in dice.sample(CONTENTS, 3):
            digest = Digest.of(content)
            layers.append({"mediaType": "l", "digest": str(digest), "size": len(content)})
            try:
                await self.blobs.get(repository, digest)
                continue
            except (BlobUnknownError, RepositoryUnknownError):
                pass
            if await self.blobs.mount(dice.choice(REPOSITORIES), repository, digest):
                continue
            upload = await self.uploads.begin(repository, "a")
            upload = await self.uploads.append(upload, pieces(content))
            await self.uploads.commit(upload, digest)
        await asyncio.sleep(dice.random() * 0.02)
        tree = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": layers[0],
            "layers": layers[1:],
        }
        raw = json.dumps(tree).encode()
        try:
            await self.manifests.put(repository, Digest.of(raw), raw, MANIFEST, PUSH)
        except ManifestBlobUnknownError:
            # somebody has said that a layer be deleted meanwhile; a collector may not do that by itself before the grace is over, as it is on a machine that is very slow
            await asyncio.sleep(0.1)
            is_late = asyncio.get_running_loop().time() - began > self.grace_seconds
            assert is_late or any(
                self.unlinked[repository, one["digest"]] != before[repository, one["digest"]]
                for one in layers
            )

    async def delete(self, dice, repository, digests):
        """Delete a manifest, or now and then a blob."""
        if dice.random() < 0.8:
            with contextlib.suppress(*GONE):
                await self.manifests.delete(repository, dice.choice(digests), "a")
            return
        digest = Digest.of(dice.choice(CONTENTS))
        with contextlib.suppress(BlobInUseError, BlobUnknownError):
            await self.blobs.delete(repository, digest)
            self.unlinked[repository, str(digest)] += 1

    async def pull(self, dice, repository, digests):
        """Pull an image; while its manifest stays, so do its blobs."""
        digest = dice.choice(digests)
        try:
            manifest = await self.manifests.get(repository, digest)
            tree = json.loads(manifest.payload)
            for one in (tree["config"], *tree["layers"]):
                blob = await self.blobs.get(repository, Digest.parse(one["digest"]))
                got = b"".join([piece async for piece in self.blobs.read(blob, 0, blob.size_bytes)])
                assert str(Digest.of(got)) == one["digest"]
        except GONE:
            return
        except BlobUnknownError:
            with pytest.raises(GONE):
                await self.manifests.get(repository, digest)


async def pieces(content):
    yield content


async def run(registry, database, seconds, seed):
    loop = asyncio.get_running_loop()
    until, counts = loop.time() + seconds, {"push": 0, "pull": 0, "delete": 0, "collect": 0}

    async def work(act, number):
        dice = random.Random(seed + number)
        while loop.time() < until:
            repository = dice.choice(REPOSITORIES)
            known = [Digest.parse(one) for one in await database.read(_manifests, str(repository))]
            if act == "push":
                await registry.push(dice, repository)
            elif act == "collect":
                await registry.collectors[number % 2].collect()
                await asyncio.sleep(0.01)
            elif known:
                await getattr(registry, act)(dice, repository, known)
            counts[act] += 1
            await asyncio.sleep(0)

    acts = ["push"] * 4 + ["pull"] * 4 + ["delete"] * 3 + ["collect"] * 2
    await asyncio.gather(*(work(act, number) for number, act in enumerate(acts)))
    return counts


def _manifests(repository):
    rows = yield Statement("SELECT digest FROM manifests WHERE repository = ?", (repository,))
    return [row[0] for row in rows]


@pytest.fixture
async def database(tmp_path):
    made = SqliteDatabase(tmp_path / "inkan.db")
    await made.open()
    yield made
    await made.close()


@pytest.mark.parametrize("seconds", [3, pytest.param(20, marks=pytest.mark.slow)])
async def test_STO_018_019_021_024_no_blob_that_is_needed_goes_and_none_that_is_not_stays(
    tmp_path, database, seconds
):
    folder = DataFolder(tmp_path)
    # longer than any push takes from its first "it is here" to its manifest, and no longer
    registry = Registry(folder, database, timedelta(seconds=0.5))
    counts = await run(registry, database, seconds, seed=seconds)
    print(counts, file=sys.stderr)
    assert min(counts.values()) > 20
    for repository in REPOSITORIES:
        for digest in await database.read(_manifests, str(repository)):
            await registry.manifests.delete(repository, Digest.parse(digest), "a")
    while await SqlTrash(database).expire(SystemClock().now(), 99):
        pass
    await registry.collectors[0].collect()
    await asyncio.sleep(0.6)
    await registry.collectors[0].collect()
    left = [key async for key in registry.files.keys()]  # noqa: SIM118 - a port's method
    assert left == []
    for table in (
        "blobs",
        "repository_blobs",
        "garbage_links",
        "garbage_blobs",
        "garbage_keys",
        "trash_blobs",
    ):
        assert await database.read(_count, table) == 0, table


def _count(table):
    rows = yield Statement(f"SELECT count(*) FROM {table}")
    return rows[0][0]
