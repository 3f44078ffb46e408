"""Compares everything in a data folder with what it should be, while no server runs on it.

Every blob is hashed, every manifest, every file of signed metadata; every reference is followed; files that nothing stands for are found. With `repair`, damaged bytes are put into
quarantine, so that nobody is told any more that they are there and the next push heals them, and files that nothing stands for are deleted. No fact is ever changed.
A quick look leaves out the bytes of blobs: it sees whether each is there and as long as it should be.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

from inkan import limits
from inkan.errors import DataFolderError
from inkan.oci.digest import Digest
from inkan.server.data_lock import hold
from inkan.server.stores import open_stores
from inkan.store.blobs_files import FileBlobs
from inkan.store.layout import DataFolder
from inkan.store.records import BlobRecord
from inkan.store.sql.inspection import FIRST_TRUST_FILE, SqlInspection

_PAGE = 500
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not what it should be.

    Attributes:
        kind: `database`, `blob`, `manifest`, `trust` or `orphan`.
        what: which one.
        detail: what is wrong with it, and what is done or to be done.
    """

    kind: str
    what: str
    detail: str


async def check(
    folder: DataFolder, *, repair: bool, tell: Tell, is_quick: bool = False
) -> list[Damage]:
    """Return everything that is not what it should be.

    Args:
        folder: no server may run on it.
        repair: whether damaged bytes are put into quarantine, and orphans deleted.
        tell: takes a line of progress.
        is_quick: whether blobs are only measured, not hashed.

    Raises:
        DataFolderError: if there is none, or a server holds it.
        StorageUnavailableError: if the database cannot be opened.
    """
    if not folder.database.exists():
        raise DataFolderError(f"data: {folder.root} is no data folder of Inkan")
    found: list[Damage] = []
    with hold(folder):
        async with open_stores(folder) as stores:
            inspection = SqlInspection(stores.database)
            found += [
                Damage("database", folder.database.name, one) for one in await inspection.faults()
            ]
            checks = (
                ("blobs", _blobs(inspection, folder, repair=repair, is_quick=is_quick)),
                ("manifests", check_manifests(inspection)),
                ("signed metadata", check_trust(inspection)),
                ("files that nothing stands for", _orphans(inspection, folder, repair=repair)),
            )
            for name, damages in checks:
                tell(f"Checking {name}...")
                found += [one async for one in damages]
    return found


async def _blobs(
    inspection: SqlInspection, folder: DataFolder, *, repair: bool, is_quick: bool
) -> AsyncIterator[Damage]:
    after = ""
    while page := await inspection.blobs(after, _PAGE):
        for blob in page:
            reason = _wrong_with(folder.blob(blob.key), blob, is_quick=is_quick)
            if reason:
                holders = ", ".join(await inspection.holders(blob.digest)) or "no repository"
                if repair and folder.blob(blob.key).exists():
                    _quarantine(folder, blob)
                    reason += "; it is in quarantine"
                yield Damage(
                    "blob", str(blob.digest), f"{reason}; held by {holders}: push it again"
                )
        after = str(page[-1].digest)


def _wrong_with(path: Path, blob: BlobRecord, *, is_quick: bool) -> str:
    """Return what is wrong with a blob's file; empty where nothing is."""
    try:
        if path.stat().st_size != blob.size_bytes:
            return f"{path.stat().st_size} bytes instead of {blob.size_bytes}"
        if is_quick:
            return ""
        hasher = hashlib.new(blob.digest.algorithm)
        with path.open("rb") as file:
            while piece := file.read(limits.PIECE_BYTES):
                hasher.update(piece)
    except OSError as error:
        return f"its bytes cannot be read: {error.strerror}"
    return "" if hasher.hexdigest() == blob.digest.encoded else "its bytes are others"


def _quarantine(folder: DataFolder, blob: BlobRecord) -> None:
    place = folder.quarantined(blob.key)
    place.parent.mkdir(mode=0o700, exist_ok=True)
    folder.blob(blob.key).replace(place)


async def check_manifests(inspection: SqlInspection) -> AsyncIterator[Damage]:
    """Yield every manifest whose bytes are not its digest's."""
    repository = digest = ""
    while page := await inspection.manifests(repository, digest, _PAGE):
        for repository, digest, payload in page:
            wanted = Digest.parse(digest)
            if Digest.of(payload, wanted.algorithm) != wanted:
                yield Damage(
                    "manifest", f"{repository}@{digest}", "its bytes are others: push it again"
                )


async def check_trust(inspection: SqlInspection) -> AsyncIterator[Damage]:
    """Yield every file of signed metadata whose bytes are not its hash's."""
    after = FIRST_TRUST_FILE
    while page := await inspection.trust_files(after, _PAGE):
        for after, sha256, payload in page:
            if hashlib.sha256(payload).hexdigest() != sha256:
                yield Damage(
                    "trust",
                    str(after),
                    "its bytes are others: restore a backup, or have it signed again",
                )


async def _orphans(
    inspection: SqlInspection, folder: DataFolder, *, repair: bool
) -> AsyncIterator[Damage]:
    """Find what a crash left between writing bytes and noting them; no server runs, so nothing is on its way."""
    blobs = FileBlobs(folder)
    async for key in blobs.keys():
        if not await inspection.knows_key(key):
            if repair:
                await blobs.delete(key)
            yield orphan(str(key), repair=repair)
    for path in sorted(folder.uploads.iterdir()):
        if not await inspection.knows_upload(path.name):
            if repair:
                path.unlink()
            yield orphan(f"uploads/{path.name}", repair=repair)


def orphan(what: str, *, repair: bool) -> Damage:
    """Return what is said of bytes that nothing stands for."""
    return Damage("orphan", what, "deleted" if repair else "nothing stands for it: --repair deletes it")  # fmt: skip
