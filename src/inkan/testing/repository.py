"""A trust repository in memory: an owner, a server that judges as ours does, and every file it has ever served.

For tests of servers and of clients. What an honest server does is `publish`, `renew` and `fetch`; what a hostile one could do, with the keys it holds, is `serve` and
`announce`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from inkan.testing.publisher import DEFAULT_NOW, Files, Publisher
from inkan.tuf.announcements import announce, next_timestamp
from inkan.tuf.metadata import parse
from inkan.tuf.publication import (
    Accepted,
    Held,
    Upload,
    judge,
    renewed_snapshot,
    timestamp_after,
)
from inkan.tuf.roles import SNAPSHOT, TIMESTAMP, RoleName
from inkan.tuf.sign import EcdsaSigner, sign

YEAR = timedelta(days=365)
FORTNIGHT = timedelta(days=14)


@dataclass(slots=True)
class SimulatedRepository:
    """A collection, its owner, and its server.

    Attributes:
        files: what is current, by role.
        served: every file under each name that a client may ask for.
    """

    gun: str
    now: datetime = DEFAULT_NOW
    files: dict[RoleName, bytes] = field(default_factory=dict)
    served: dict[str, bytes] = field(default_factory=dict)
    online: dict[RoleName, EcdsaSigner] = field(default_factory=dict)
    owner: Publisher = field(init=False)

    def __post_init__(self) -> None:
        for role in (SNAPSHOT, TIMESTAMP):
            self.online[role] = EcdsaSigner.generate()
        keys = {role: signer.public_key for role, signer in self.online.items()}
        self.owner = Publisher(self.gun, keys, self.now)

    @classmethod
    def with_tags(cls, gun: str, **tags: bytes) -> "SimulatedRepository":
        """Return a repository whose owner has signed some tags, one publish each."""
        made = cls(gun)
        for number, (tag, digest) in enumerate(tags.items()):
            push = made.owner.push if number else made.owner.first_push
            made.publish(push(tag, digest))
        return made

    def publish(self, files: Files, *more: tuple[RoleName, bytes]) -> Accepted:
        """Judge a batch as the server does, and keep what is accepted.

        Raises:
            PublicationRefusedError: if a rule is broken.
            MetadataVersionError: if a version is not newer than what is held.
        """
        uploads = [Upload(role, raw) for role, raw in (*files.items(), *more)]
        ids = {role: {signer.public_key.key_id} for role, signer in self.online.items()}
        held = Held(dict(self.files))
        accepted = judge(self.gun, held, uploads, ids, self.now, 3 * YEAR)
        kept = {**self.files, **{file.role: file.raw for file in accepted.uploads}}
        if accepted.snapshot is not None:
            kept[SNAPSHOT] = sign(accepted.snapshot, [self.online[SNAPSHOT]])
        timestamp = timestamp_after(held, kept[SNAPSHOT], self.now, FORTNIGHT)
        kept[TIMESTAMP] = sign(timestamp, [self.online[TIMESTAMP]])
        self.serve(kept)
        return accepted

    def renew(self) -> None:
        """Make a new snapshot and a new timestamp over the same files."""
        snapshot = sign(
            renewed_snapshot(Held(self.files), self.now, 3 * YEAR), [self.online[SNAPSHOT]]
        )
        held = Held(self.files)
        timestamp = timestamp_after(held, snapshot, self.now, FORTNIGHT)
        self.serve({SNAPSHOT: snapshot, TIMESTAMP: sign(timestamp, [self.online[TIMESTAMP]])})

    def fetch(self, name: str) -> bytes | None:
        """Return the file that a client asks for: `ROLE.json`, `VERSION.ROLE.json` or `ROLE.SHA256.json`."""
        return self.served.get(name)

    # --- what a hostile server can do -----------------------------------------------------------

    def serve(self, files: Mapping[RoleName, bytes]) -> None:
        """Serve files as they are, current from now on, unjudged."""
        self.files.update(files)
        for role, raw in files.items():
            self.served[f"{role}.json"] = raw
            self.served[f"{role}.{sha256(raw).hexdigest()}.json"] = raw
            if version := _version(role, raw):
                self.served[f"{version}.{role}.json"] = raw

    def announce(self, files: Mapping[RoleName, bytes]) -> None:
        """Serve files unjudged, with a new snapshot and timestamp that vouch for them."""
        tree = announce(self.files, files, self.now + 3 * YEAR)
        snapshot = sign(tree, [self.online[SNAPSHOT]])
        version = _version(TIMESTAMP, self.files.get(TIMESTAMP, b"")) + 1
        timestamp = next_timestamp(snapshot, version, self.now + FORTNIGHT)
        signed = {SNAPSHOT: snapshot, TIMESTAMP: sign(timestamp, [self.online[TIMESTAMP]])}
        self.serve({**files, **signed})

    def withdraw(self, *names: str) -> None:
        """Serve some names no more."""
        for name in names:
            self.served.pop(name, None)


def _version(role: RoleName, raw: bytes) -> int:
    try:
        return parse(role, raw).version
    except Exception:  # noqa: BLE001 - a test may serve anything
        return 0
