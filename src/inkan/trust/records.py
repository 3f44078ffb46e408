"""Between the store's rows and TUF's files."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from inkan.oci.reference import Gun
from inkan.store.records import MetadataRecord
from inkan.tuf.envelope import SignedFile, parse_expiry
from inkan.tuf.keys import PublicKey
from inkan.tuf.roles import RoleName
from inkan.tuf.sign import Signer


def in_force(signers: Sequence[Signer], keys: Sequence[PublicKey]) -> Sequence[Signer]:
    """Return the signers whose keys a role lists."""
    ids = {key.key_id for key in keys}
    return [signer for signer in signers if signer.public_key.key_id in ids]


def record_made(
    gun: Gun, role: RoleName, draft: Mapping[str, Any], raw: bytes, now: datetime
) -> MetadataRecord:
    """Return the row for a file that we have signed just now.

    Args:
        gun: the collection.
        role: the file's role.
        draft: its signed tree.
        raw: the whole file.
        now: when it was signed.
    """
    version, expires = int(draft["version"]), parse_expiry(draft["expires"])
    return MetadataRecord(gun, role, version, sha256(raw).hexdigest(), raw, expires, now)


def record_of(gun: Gun, file: SignedFile, now: datetime) -> MetadataRecord:
    """Return the row for a file that was checked just now."""
    return MetadataRecord(
        gun=gun,
        role=file.role,
        version=file.version,
        sha256=sha256(file.raw).hexdigest(),
        raw=file.raw,
        expires_at=file.expires,
        created_at=now,
    )
