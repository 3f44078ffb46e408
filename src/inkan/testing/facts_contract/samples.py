"""What the suites keep: a few names, instants and records."""

from datetime import UTC, datetime, timedelta

from inkan.oci.digest import Digest
from inkan.oci.reference import Gun, RepositoryName
from inkan.store.records import (
    Act,
    AuditEvent,
    BlobRecord,
    ManifestRecord,
    MetadataRecord,
    StorageKey,
)
from inkan.store.sql.database import Database
from inkan.tuf.roles import ROOT, TARGETS, TIMESTAMP

NOW = datetime(2031, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


LATER = NOW + timedelta(days=1)
ACT = Act("alice", NOW)


APP, OTHER = RepositoryName("team/app"), RepositoryName("team_a/app")


GUN = Gun.parse("localhost:5000/team/app")

PUSH = AuditEvent(NOW, "manifest-put", "alice", "::1", "team", "team/app", "done")


def blob(content: bytes, key: str = "k1") -> BlobRecord:
    """Return the record of some content."""
    return BlobRecord(Digest.of(content), len(content), StorageKey(key))


def manifest(
    payload: bytes, *blobs: BlobRecord, repository: RepositoryName = APP
) -> ManifestRecord:
    """Return a manifest over blobs."""
    digests = tuple(one.digest for one in blobs)
    return ManifestRecord(
        repository=repository,
        digest=Digest.of(payload),
        media_type="m/t",
        payload=payload,
        blobs=digests,
        children=(),
        subject=None,
        artifact_type="",
        image_bytes=7,
        pushed_by="alice",
        created_at=NOW,
    )


def metadata(role: str, version: int, raw: bytes = b"{}", gun: Gun = GUN) -> MetadataRecord:
    """Return one version of a role."""
    names = {"root": ROOT, "targets": TARGETS, "timestamp": TIMESTAMP}
    sha256 = Digest.of(raw).encoded
    return MetadataRecord(
        gun, names[role], version, sha256, raw, NOW + timedelta(days=version), NOW
    )


class DatabaseContract:
    """Makes the database that the suites of facts run on."""

    async def make_database(self) -> Database:
        """Return an empty database with the schema."""
        raise NotImplementedError
