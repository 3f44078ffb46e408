"""Deletions in SQL."""

from inkan.errors import BlobInUseError
from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName, Tag
from inkan.store.records import Act
from inkan.store.sql.database import Database, Statement, Transaction
from inkan.store.sql.events import announce_deletion
from inkan.store.sql.garbage import clear_link, note_blob, note_links_of_manifest
from inkan.store.sql.immutable_tags import require_movable
from inkan.store.sql.trash import put_aside


class SqlDeletions:
    """The `Deletions` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def delete_tag(self, repository: RepositoryName, tag: Tag, act: Act) -> bool:
        """Forget a tag; its manifest stays."""
        return await self._database.write(_delete_tag, repository, tag, act)

    async def delete_manifest(self, repository: RepositoryName, digest: Digest, act: Act) -> bool:
        """Move a manifest into the trash."""
        return await self._database.write(forget_manifest, repository, digest, act)

    async def unlink_blob(self, repository: RepositoryName, digest: Digest) -> bool:
        """Record that the repository holds the blob no more."""
        return await self._database.write(_unlink_blob, repository, digest)


def _delete_tag(repository: RepositoryName, tag: Tag, act: Act) -> Transaction[bool]:
    yield from require_movable(repository, [tag], None)
    rows = yield Statement(
        "DELETE FROM tags WHERE repository = ? AND name = ? RETURNING name",
        (str(repository), str(tag)),
    )
    if rows:
        yield from announce_deletion(repository, act, tag=tag)
    return bool(rows)


def forget_manifest(repository: RepositoryName, digest: Digest, act: Act) -> Transaction[bool]:
    """Move a manifest with its tags into the trash, and note its blobs as garbage; return whether there was one.

    Raises:
        TagImmutableError: if a tag that points to it may not go.
    """
    values = (str(repository), str(digest))
    tags = yield Statement("SELECT name FROM tags WHERE repository = ? AND digest = ?", values)
    yield from require_movable(repository, [Tag(row[0]) for row in tags], None)
    yield from put_aside(repository, digest, act)
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
    if rows:
        yield from announce_deletion(repository, act, digest=digest)
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
