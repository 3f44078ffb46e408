"""Snapshots and timestamps as the server makes them: over the exact bytes kept, never over bytes written anew.

The reference hashes its own re-serialisation, and so names files that nobody can fetch (Cure53 TUF-01-001).

Source: Notary v1, snapshot and timestamp; TUF 1.0 §§ 4.4, 4.6.
"""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from inkan.tuf.envelope import format_expiry
from inkan.tuf.metadata import FileMeta, parse_snapshot
from inkan.tuf.roles import ROOT, SNAPSHOT, RoleName


def announced_files(
    held: Mapping[RoleName, bytes], new: Mapping[RoleName, bytes]
) -> dict[RoleName, bytes]:
    """Return the files that a snapshot lists: every root, targets and delegation, the new ones in place of the held."""
    files = {**held, **new}
    return {role: raw for role, raw in files.items() if role == ROOT or role.is_targets_like}


def announce(
    held: Mapping[RoleName, bytes], new: Mapping[RoleName, bytes], expires: datetime
) -> dict[str, Any]:
    """Return the `signed` tree of the snapshot after new files join the held ones."""
    version = parse_snapshot(held[SNAPSHOT]).version if SNAPSHOT in held else 0
    meta = {str(role): _entry(raw) for role, raw in announced_files(held, new).items()}
    return {
        "_type": "Snapshot",
        "expires": format_expiry(expires),
        "meta": meta,
        "version": version + 1,
    }


def next_timestamp(snapshot: bytes, version: int, expires: datetime) -> dict[str, Any]:
    """Return the `signed` tree of a timestamp over a snapshot's exact bytes."""
    return {
        "_type": "Timestamp",
        "expires": format_expiry(expires),
        "meta": {"snapshot": _entry(snapshot)},
        "version": version,
    }


def _entry(raw: bytes) -> dict[str, Any]:
    meta = FileMeta.of(raw)
    hashes = {name: base64.b64encode(value).decode() for name, value in meta.hashes.items()}
    return {"hashes": hashes, "length": meta.length}
