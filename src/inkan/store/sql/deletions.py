"""Deletions in SQL."""

from inkan.errors import BlobInUseError
from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName, Tag
from inkan.store.sql.database import Database, Statement, Transaction
from inkan.store.sql.garbage import clear_link, note_blob, note_links_of_manifest


class SqlDeletions:
    """The `Deletions` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def delete_tag(self, repository: RepositoryName, tag: Tag) -> bool:
        """Forget a tag; its manifest stays."""
        return await self._database.write(_delete_tag, repository, tag)

    async def delete_manifest(self, repository: RepositoryName, digest: Digest) -> bool:
        """Forget a manifest."""
        return await self._database.write(forget_manifest, repository, digest)

    async def unlink_blob(self, repository: RepositoryName, digest: Digest) -> bool:
        """Record that the repository holds the blob no more."""
        return await self._database.write(_unlink_blob, repository, digest)


def _delete_tag(repository: RepositoryName, tag: Tag) -> Transaction[bool]:
    rows = yield Statement(
        "DELETE FROM tags WHERE repository = ? AND name = ? RETURNING name",
        (str(repository), str(tag)),
    )
    return bool(rows)


def forget_manifest(repository: RepositoryName, digest: Digest) -> Transaction[bool]:
    """Forget a manifest with its tags, and note its blobs as garbage; return whether there was one."""
    values = (str(repository), str(digest))
    yield from note_links_of_manifest(repository, digest)
    for statement in (
        "DELETE FROM tags WHERE repository = ? AND digest = ?",
        "DELETE FROM manifest_blobs WHERE repository = ? AND manifest = ?",
        "DELETE FROM manifest_children WHERE repository = ? AND parent = ?",
    ):
        yield Statement(statement, values)
    rows = yield Statement(
        "DELETE FROM manifests WHERE repository = ? AND digest = ? RETURNING digest", values
    )
    return bool(rows)


def _unlink_blob(repository: RepositoryName, digest: Digest) -> Transaction[bool]:
    values = (str(repository), str(digest))
    used = yield Statement(
        "SELECT 1 FROM manifest_blobs WHERE repository = ? AND blob = ? LIMIT 1", values
    )
    if used:
        raise BlobInUseError(*values)
    rows = yield Statement(
        "DELETE FROM repository_blobs WHERE repository = ? AND digest = ? RETURNING digest", values
    )
    if rows:
        yield clear_link(repository, digest)
        yield note_blob(str(digest))
    return bool(rows)
