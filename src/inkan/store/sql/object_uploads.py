"""What is known of uploads whose bytes are objects: who writes, and which objects make up what has come.

```text
object_uploads    an upload, who holds it and until when: the lock that servers share
object_segments   an object, noted before it is written; `size_bytes` is what counts of its `object_bytes`, nothing while it is being written
```

A segment ends in `garbage_keys`, from where its bytes are deleted, or as a blob: then its row stays until a sweep sees that the blob is there. So whatever is in the bucket is in a table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inkan.errors import (
    StorageUnavailableError,
    UploadBusyError,
    UploadLostError,
    UploadUnknownError,
)
from inkan.store.records import StorageKey, UploadId
from inkan.store.sql.database import Database, Statement, Transaction, to_micros

_BEING_WRITTEN = -1
WHOLE = -1
"""The start of a segment that is the whole content, put together from the others."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an upload in an object of its own.

    Attributes:
        size_bytes: how many of its bytes count.
        object_bytes: how many the object has.
    """

    key: StorageKey
    start: int
    size_bytes: int
    object_bytes: int


class SqlObjectUploads:
    """The facts of uploads in a bucket, on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, upload_id: UploadId, now: datetime) -> None:
        """Note a new upload."""
        await self._database.write(_create, upload_id, now)

    async def hold(self, upload_id: UploadId, owner: str, now: datetime, until: datetime) -> None:
        """Let an owner hold an upload, if nobody else does at this time.

        Raises:
            UploadBusyError: if somebody does.
            UploadUnknownError: if there is no such upload.
        """
        await self._database.write(_hold, upload_id, owner, now, until)

    async def release(self, upload_id: UploadId, owner: str, now: datetime) -> None:
        """Let an upload go, and doom what its owner has not finished."""
        await self._database.write(_release, upload_id, owner, now)

    async def segments(self, upload_id: UploadId) -> Sequence[Segment]:
        """Return the finished segments of an upload, by where they start.

        Raises:
            UploadUnknownError: if there is no such upload.
        """
        return await self._database.read(_segments, upload_id)

    async def truncate(self, upload_id: UploadId, owner: str, offset: int, now: datetime) -> None:
        """Doom what lies past an offset, and what nobody finished.

        Raises:
            UploadLostError: if there is less than that.
        """
        await self._database.write(_truncate, upload_id, owner, offset, now)

    async def note(self, upload_id: UploadId, owner: str, key: StorageKey, start: int, now: datetime) -> None:  # fmt: skip
        """Note an object that is about to be written."""
        await self._database.write(_note, upload_id, owner, key, start, now)

    async def finish(self, upload_id: UploadId, owner: str, key: StorageKey, size_bytes: int) -> None:  # fmt: skip
        """Note that an object is written.

        Raises:
            StorageUnavailableError: if somebody else holds the upload by now.
        """
        await self._database.write(_finish, upload_id, owner, key, size_bytes)

    async def promote(self, upload_id: UploadId, owner: str, key: StorageKey, now: datetime) -> None:  # fmt: skip
        """Forget an upload whose content is one object, and doom its other objects."""
        await self._database.write(_promote, upload_id, owner, key, now)

    async def discard(self, upload_id: UploadId, now: datetime) -> None:
        """Forget an upload and doom its objects."""
        await self._database.write(_discard, upload_id, now)

    async def sweep(self, before: datetime, now: datetime) -> int:
        """Forget what crashes have left since before an instant; return how many objects are doomed by it."""
        return await self._database.write(_sweep, before, now)


def _create(upload_id: UploadId, now: datetime) -> Transaction[None]:
    yield Statement(
        "INSERT INTO object_uploads (id, created_at, owner, held_until) VALUES (?, ?, '', 0)",
        (upload_id, to_micros(now)),
    )


def _hold(upload_id: UploadId, owner: str, now: datetime, until: datetime) -> Transaction[None]:
    rows = yield Statement(
        "UPDATE object_uploads SET owner = ?, held_until = ? WHERE id = ? AND (held_until < ? OR owner = ?) RETURNING id",
        (owner, to_micros(until), upload_id, to_micros(now), owner),
    )
    if not rows:
        found = yield Statement("SELECT 1 FROM object_uploads WHERE id = ?", (upload_id,))
        raise UploadBusyError(upload_id) if found else UploadUnknownError(upload_id)


def _release(upload_id: UploadId, owner: str, now: datetime) -> Transaction[None]:
    rows = yield Statement(
        "UPDATE object_uploads SET owner = '', held_until = 0 WHERE id = ? AND owner = ? RETURNING id",
        (upload_id, owner),
    )
    if rows:
        yield from _doom("upload = ? AND size_bytes = ?", (upload_id, _BEING_WRITTEN), now)


def _segments(upload_id: UploadId) -> Transaction[list[Segment]]:
    rows = yield Statement("SELECT 1 FROM object_uploads WHERE id = ?", (upload_id,))
    if not rows:
        raise UploadUnknownError(upload_id)
    rows = yield Statement(
        "SELECT storage_key, start_bytes, size_bytes, object_bytes FROM object_segments "
        "WHERE upload = ? AND size_bytes <> ? AND start_bytes <> ? ORDER BY start_bytes",
        (upload_id, _BEING_WRITTEN, WHOLE),
    )
    return [Segment(StorageKey(row[0]), row[1], row[2], row[3]) for row in rows]


def require_bytes(upload_id: UploadId, segments: Sequence[Segment], size_bytes: int) -> None:
    """Return if segments follow one another without a gap for so many bytes.

    Raises:
        UploadLostError: if they do not; a hole is never filled with anything.
    """
    position = 0
    for segment in segments:
        if segment.start != position:
            break
        position += segment.size_bytes
    if position < size_bytes:
        raise UploadLostError(upload_id)


def _truncate(upload_id: UploadId, owner: str, offset: int, now: datetime) -> Transaction[None]:
    yield from _require_held(upload_id, owner)
    require_bytes(upload_id, (yield from _segments(upload_id)), offset)
    yield from _doom(
        "upload = ? AND (start_bytes >= ? OR start_bytes = ? OR size_bytes = ?)",
        (upload_id, offset, WHOLE, _BEING_WRITTEN),
        now,
    )
    yield Statement(
        "UPDATE object_segments SET size_bytes = ? - start_bytes WHERE upload = ? AND start_bytes + size_bytes > ?",
        (offset, upload_id, offset),
    )


def _note(upload_id: UploadId, owner: str, key: StorageKey, start: int, now: datetime) -> Transaction[None]:  # fmt: skip
    yield from _require_held(upload_id, owner)
    yield Statement(
        "INSERT INTO object_segments (storage_key, upload, start_bytes, size_bytes, object_bytes, noted_at) VALUES (?, ?, ?, ?, 0, ?)",
        (key, upload_id, start, _BEING_WRITTEN, to_micros(now)),
    )


def _finish(upload_id: UploadId, owner: str, key: StorageKey, size_bytes: int) -> Transaction[None]:
    yield from _require_held(upload_id, owner)
    yield Statement(
        "UPDATE object_segments SET size_bytes = ?, object_bytes = ? WHERE storage_key = ? AND upload = ?",
        (size_bytes, size_bytes, key, upload_id),
    )


def _promote(upload_id: UploadId, owner: str, key: StorageKey, now: datetime) -> Transaction[None]:
    yield from _require_held(upload_id, owner)
    yield Statement("DELETE FROM object_uploads WHERE id = ?", (upload_id,))
    yield from _doom("upload = ? AND storage_key <> ?", (upload_id, key), now)
    # the blob's row comes next; should it never come, a sweep a day later finds this one
    yield Statement("UPDATE object_segments SET noted_at = ? WHERE storage_key = ?", (to_micros(now), key))  # fmt: skip


def _discard(upload_id: UploadId, now: datetime) -> Transaction[None]:
    rows = yield Statement("DELETE FROM object_uploads WHERE id = ? RETURNING id", (upload_id,))
    if rows:
        yield from _doom("upload = ?", (upload_id,), now)


def _sweep(before: datetime, now: datetime) -> Transaction[int]:
    old = to_micros(before)
    yield Statement(
        "DELETE FROM object_uploads WHERE created_at < ? AND held_until < ? AND NOT EXISTS "
        "(SELECT 1 FROM uploads WHERE uploads.id = object_uploads.id)",
        (old, to_micros(now)),
    )
    yield Statement(
        "DELETE FROM object_segments WHERE noted_at < ? AND EXISTS "
        "(SELECT 1 FROM blobs WHERE blobs.storage_key = object_segments.storage_key)",
        (old,),
    )
    return (
        yield from _doom(
            "noted_at < ? AND NOT EXISTS (SELECT 1 FROM object_uploads WHERE object_uploads.id = object_segments.upload)",
            (old,),
            now,
        )
    )


def _doom(condition: str, values: tuple[str | int, ...], now: datetime) -> Transaction[int]:
    """Let segments stand for nothing; their bytes go like those of any other garbage."""
    rows = yield Statement(
        f"DELETE FROM object_segments WHERE {condition} RETURNING storage_key",  # noqa: S608 - constants of ours
        values,
    )
    for row in rows:
        yield Statement(
            "INSERT INTO garbage_keys (storage_key, since) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (row[0], to_micros(now)),
        )
    return len(rows)


def _require_held(upload_id: UploadId, owner: str) -> Transaction[None]:
    # a writer that was away for longer than it held the upload must not go on: another may have it
    rows = yield Statement("SELECT owner FROM object_uploads WHERE id = ?", (upload_id,))
    if not rows:
        raise UploadUnknownError(upload_id)
    if rows[0][0] != owner:
        raise StorageUnavailableError("the upload is in other hands by now; ask where it stands")
