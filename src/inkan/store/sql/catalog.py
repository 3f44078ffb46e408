"""The catalog in SQL."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence

from inkan.errors import BlobUnknownError, ManifestBlobUnknownError, SizeMismatchError
from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName, Tag
from inkan.store.records import AuditEvent, BlobRecord, ManifestRecord, StorageKey
from inkan.store.sql.audit_log import keep_events
from inkan.store.sql.database import (
    Database,
    Row,
    Statement,
    Transaction,
    from_micros,
    to_micros,
)
from inkan.store.sql.events import announce_push
from inkan.store.sql.garbage import clear_links, note_link
from inkan.store.sql.immutable_tags import require_movable
from inkan.store.sql.many import marks, pages
from inkan.store.sql.repository_names import list_repositories

_MANIFEST = "m.digest, m.media_type, m.payload, m.subject, m.artifact_type, m.image_bytes, m.pushed_by, m.created_at"
_BY_DIGEST = f"SELECT {_MANIFEST} FROM manifests m WHERE m.repository = ? AND m.digest = ?"  # noqa: S608
_BY_TAG = (
    f"SELECT {_MANIFEST} FROM tags t "  # noqa: S608 - both halves are constants
    "JOIN manifests m ON m.repository = t.repository AND m.digest = t.digest "
    "WHERE t.repository = ? AND t.name = ?"
)


class SqlCatalog:
    """The `Catalog` on a `Database`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def link_blob(
        self, repository: RepositoryName, blob: BlobRecord, source: RepositoryName | None = None
    ) -> BlobRecord:
        """Record that the repository holds the blob; return the record that is kept."""
        if source is not None:
            return await self._database.write(_mount_blob, repository, blob.digest, source)
        return await self._database.write(_link_blob, repository, blob)

    async def find_blob(self, repository: RepositoryName, digest: Digest) -> BlobRecord | None:
        """Return the blob if this repository holds it."""
        return await self._database.read(_find_blob, repository, digest)

    async def heal_blob(self, broken: BlobRecord, whole: BlobRecord) -> BlobRecord:
        """Let a digest stand for other bytes, if it still stands for the broken ones; return the record that is kept."""
        return await self._database.write(_heal_blob, broken, whole)

    async def put_manifest(self, manifest: ManifestRecord, *tags: Tag, act: AuditEvent | None = None) -> None:  # fmt: skip
        """Keep a manifest, point tags at it, and tell the audit log."""
        await self._database.write(_put_manifest, manifest, tags, act)

    async def find_manifest(
        self, repository: RepositoryName, reference: Tag | Digest
    ) -> ManifestRecord | None:
        """Return the manifest that a tag points to, or that has the digest; edges are left empty."""
        return await self._database.read(_find_manifest, repository, reference)

    async def list_tags(self, repository: RepositoryName, after: str, limit: int) -> Sequence[str]:
        """Return at most `limit` tags."""
        return await self._database.read(_list_tags, repository, after, limit)

    async def has_repository(self, repository: RepositoryName) -> bool:
        """Return whether the repository exists."""
        return await self._database.read(_has_repository, repository)

    async def list_repositories(
        self, after: str, limit: int, namespaces: Collection[str] | None
    ) -> Sequence[str]:
        """Return the names of at most `limit` repositories, of some namespaces or of all."""
        return await self._database.read(list_repositories, after, limit, namespaces)


def _link_blob(repository: RepositoryName, blob: BlobRecord) -> Transaction[BlobRecord]:
    digest = str(blob.digest)
    yield Statement(
        "INSERT INTO blobs (digest, size_bytes, storage_key) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (digest, blob.size_bytes, blob.key),
    )
    yield from _hold(repository, blob.digest)
    rows = yield Statement("SELECT size_bytes, storage_key FROM blobs WHERE digest = ?", (digest,))
    return BlobRecord(blob.digest, rows[0][0], StorageKey(rows[0][1]))


def _heal_blob(broken: BlobRecord, whole: BlobRecord) -> Transaction[BlobRecord]:
    digest = str(whole.digest)
    yield Statement(
        "UPDATE blobs SET storage_key = ?, size_bytes = ? WHERE digest = ? AND storage_key = ?",
        (whole.key, whole.size_bytes, digest, broken.key),
    )
    rows = yield Statement("SELECT size_bytes, storage_key FROM blobs WHERE digest = ?", (digest,))
    return BlobRecord(whole.digest, rows[0][0], StorageKey(rows[0][1])) if rows else broken


def _mount_blob(repository: RepositoryName, digest: Digest, source: RepositoryName) -> Transaction[BlobRecord]:  # fmt: skip
    # asked again within: what was found a moment ago may have been swept since, and its row must not come back
    found = yield from _find_blob(source, digest)
    if found is None:
        raise BlobUnknownError(str(source), str(digest))
    yield from _hold(repository, digest)
    return found


def _hold(repository: RepositoryName, digest: Digest) -> Transaction[None]:
    yield Statement(
        "INSERT INTO repository_blobs (repository, digest, namespace) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (str(repository), str(digest), repository.namespace),
    )
    used = yield Statement(
        "SELECT 1 FROM manifest_blobs WHERE repository = ? AND blob = ? LIMIT 1",
        (str(repository), str(digest)),
    )
    if not used:
        yield from note_link(repository, digest)


def _find_blob(repository: RepositoryName, digest: Digest) -> Transaction[BlobRecord | None]:
    rows = yield Statement(
        "SELECT b.size_bytes, b.storage_key FROM repository_blobs r JOIN blobs b ON b.digest = r.digest "
        "WHERE r.repository = ? AND r.digest = ?",
        (str(repository), str(digest)),
    )
    return BlobRecord(digest, rows[0][0], StorageKey(rows[0][1])) if rows else None


def _put_manifest(
    manifest: ManifestRecord, tags: Sequence[Tag], act: AuditEvent | None
) -> Transaction[None]:
    name, digest = str(manifest.repository), str(manifest.digest)
    yield from _require_blobs(manifest)
    yield from _require_children(name, manifest.children)
    yield from require_movable(manifest.repository, tags, manifest.digest)
    yield from announce_push(manifest, tags)
    rows = yield Statement(
        "INSERT INTO manifests (repository, digest, namespace, media_type, artifact_type, subject, image_bytes, "
        "payload, pushed_by, created_at, annotations) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        # the payload again: pushing a manifest that was damaged here heals it
        "ON CONFLICT (repository, digest) DO UPDATE SET payload = excluded.payload "
        "RETURNING created_at",
        (
            name,
            digest,
            manifest.repository.namespace,
            manifest.media_type,
            manifest.artifact_type,
            str(manifest.subject) if manifest.subject else None,
            manifest.image_bytes,
            manifest.payload,
            manifest.pushed_by,
            to_micros(manifest.created_at),
            json.dumps(dict(manifest.annotations)),
        ),
    )
    assert rows
    yield from _edges("manifest_blobs (repository, manifest, blob)", name, digest, manifest.blobs)
    yield from clear_links(manifest.repository, manifest.blobs)
    yield from _edges("manifest_children (repository, parent, child)", name, digest, manifest.children)  # fmt: skip
    for tag in tags:
        yield Statement(
            "INSERT INTO tags (repository, name, namespace, digest, updated_at) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (repository, name) DO UPDATE SET digest = excluded.digest, updated_at = excluded.updated_at",
            (name, str(tag), manifest.repository.namespace, digest, to_micros(manifest.created_at)),
        )
    yield from keep_events([act] if act else [])


def _require_blobs(manifest: ManifestRecord) -> Transaction[None]:
    """Return unless the repository lacks a blob, or a size is false: clients reserve and stop by it."""
    missing = dict.fromkeys(map(str, manifest.blobs))
    stated = {str(digest): size for digest, size in manifest.stated_sizes.items()}
    for page in pages(dict.fromkeys((*missing, *stated))):
        rows = yield Statement(
            "SELECT r.digest, b.size_bytes FROM repository_blobs r JOIN blobs b ON b.digest = r.digest "  # noqa: S608 - question marks
            f"WHERE r.repository = ? AND r.digest IN ({marks(page)})",
            (str(manifest.repository), *page),
        )
        for digest, size in rows:
            missing.pop(digest, None)
            if stated.get(digest, size) != size:
                raise SizeMismatchError(digest, stated[digest], size)
    if missing:
        raise ManifestBlobUnknownError(list(missing))


def _require_children(name: str, digests: Iterable[Digest]) -> Transaction[None]:
    missing = dict.fromkeys(map(str, digests))
    for page in pages(tuple(missing)):
        rows = yield Statement(
            f"SELECT digest FROM manifests WHERE repository = ? AND digest IN ({marks(page)})",  # noqa: S608 - question marks
            (name, *page),
        )
        for row in rows:
            missing.pop(row[0], None)
    if missing:
        raise ManifestBlobUnknownError(list(missing))


def _edges(columns: str, name: str, digest: str, others: Iterable[Digest]) -> Iterator[Statement]:
    for page in pages(dict.fromkeys(map(str, others))):
        yield Statement(
            f"INSERT INTO {columns} VALUES {marks(page, '(?, ?, ?)')} ON CONFLICT DO NOTHING",  # noqa: S608 - a constant of ours
            tuple(value for other in page for value in (name, digest, other)),
        )


def _find_manifest(
    repository: RepositoryName, reference: Tag | Digest
) -> Transaction[ManifestRecord | None]:
    sql = _BY_DIGEST if isinstance(reference, Digest) else _BY_TAG
    rows = yield Statement(sql, (str(repository), str(reference)))
    return _manifest(repository, rows[0]) if rows else None


def _manifest(repository: RepositoryName, row: Row) -> ManifestRecord:
    digest, media_type, payload, subject, artifact_type, image_bytes, pushed_by, created_at = row
    return ManifestRecord(
        repository=repository,
        digest=Digest.parse(digest),
        media_type=media_type,
        payload=payload,
        blobs=(),
        children=(),
        subject=Digest.parse(subject) if subject else None,
        artifact_type=artifact_type,
        image_bytes=image_bytes,
        pushed_by=pushed_by,
        created_at=from_micros(created_at),
    )


def _list_tags(repository: RepositoryName, after: str, limit: int) -> Transaction[Sequence[str]]:
    rows = yield Statement(
        "SELECT name FROM tags WHERE repository = ? AND name > ? ORDER BY name LIMIT ?",
        (str(repository), after, limit),
    )
    return [row[0] for row in rows]


def _has_repository(repository: RepositoryName) -> Transaction[bool]:
    name = str(repository)
    rows = yield Statement(
        "SELECT 1 WHERE EXISTS (SELECT 1 FROM repository_blobs WHERE repository = ?) "
        "OR EXISTS (SELECT 1 FROM manifests WHERE repository = ?)",
        (name, name),
    )
    return bool(rows)
