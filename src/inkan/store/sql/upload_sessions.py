"""The facts of uploads in SQL.

None of them waits for the disk: an upload is a promise of this server's, not of its disk. What makes it a blob is durable, and so is all that was written before that.
"""

from collections.abc import Sequence
from datetime import datetime

from inkan.errors import UploadRangeError, UploadUnknownError
from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName
from inkan.store.records import UploadId, UploadRecord
from inkan.store.sql.database import (
    Database,
    Row,
    Statement,
    Transaction,
    from_micros,
    to_micros,
)

_COLUMNS = "id, repository, account, offset_bytes, sha256, updated_at"


class SqlUploadSessions:
    """The `UploadSessions` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, upload: UploadRecord) -> None:
        """Record a new upload."""
        await self._database.write_unsynced(_begin, upload)

    async def find(self, upload_id: UploadId) -> UploadRecord | None:
        """Return an upload."""
        return await self._database.read(_find, upload_id)

    async def advance(self, seen: UploadRecord, now: UploadRecord) -> None:
        """Replace what the caller saw by what is so now."""
        await self._database.write_unsynced(_advance, seen, now)

    async def finish(self, upload_id: UploadId) -> None:
        """Forget an upload."""
        await self._database.write_unsynced(_finish, upload_id)

    async def list_idle(self, before: datetime, limit: int) -> Sequence[UploadRecord]:
        """Return uploads that nothing happened to since `before`, oldest first."""
        return await self._database.read(_list_idle, before, limit)


def _begin(upload: UploadRecord) -> Transaction[None]:
    yield Statement(
        f"INSERT INTO uploads ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        (
            upload.upload_id,
            str(upload.repository),
            upload.account,
            upload.offset_bytes,
            str(upload.sha256) if upload.sha256 else None,
            to_micros(upload.updated_at),
        ),
    )


def _find(upload_id: UploadId) -> Transaction[UploadRecord | None]:
    rows = yield Statement(f"SELECT {_COLUMNS} FROM uploads WHERE id = ?", (upload_id,))  # noqa: S608
    return _upload(rows[0]) if rows else None


def _advance(seen: UploadRecord, now: UploadRecord) -> Transaction[None]:
    rows = yield Statement(
        "UPDATE uploads SET offset_bytes = ?, sha256 = ?, updated_at = ? WHERE id = ? AND offset_bytes = ? RETURNING id",
        (
            now.offset_bytes,
            str(now.sha256) if now.sha256 else None,
            to_micros(now.updated_at),
            seen.upload_id,
            seen.offset_bytes,
        ),
    )
    if rows:
        return
    found = yield Statement("SELECT offset_bytes FROM uploads WHERE id = ?", (seen.upload_id,))
    if not found:
        raise UploadUnknownError(seen.upload_id)
    raise UploadRangeError(str(seen.repository), seen.upload_id, found[0][0])


def _finish(upload_id: UploadId) -> Transaction[None]:
    yield Statement("DELETE FROM uploads WHERE id = ?", (upload_id,))


def _list_idle(before: datetime, limit: int) -> Transaction[Sequence[UploadRecord]]:
    rows = yield Statement(
        f"SELECT {_COLUMNS} FROM uploads WHERE updated_at < ? ORDER BY updated_at LIMIT ?",  # noqa: S608
        (to_micros(before), limit),
    )
    return [_upload(row) for row in rows]


def _upload(row: Row) -> UploadRecord:
    upload_id, repository, account, offset, sha256, updated_at = row
    return UploadRecord(
        UploadId(upload_id),
        RepositoryName(repository),
        account,
        offset,
        Digest.parse(sha256) if sha256 else None,
        from_micros(updated_at),
    )
