"""What is known of collections: docker's own cache, so that docker and notary go on from it, and beside it what they forget.

```text
~/.docker/trust/tuf/GUN/metadata/root.json targets.json …      docker's and ours
~/.docker/trust/inkan/GUN/floors.json                          the newest versions ever verified, and when
~/.docker/trust/inkan/GUN/lock, act                            held while a collection is looked at, or changed
```

The reference believes a rollback whenever its cached file no longer fits; the floors are kept apart for that.

Source: Notary v1, `storage/filestore.go`; finding 6.6 of the reference run.
"""

import contextlib
import errno
import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from inkan import limits, strict_json
from inkan.client.environment import docker_folder
from inkan.client.private_file import write_private
from inkan.errors import CorruptError, JsonInvalidError, RoleInvalidError, StorageUnavailableError
from inkan.oci.reference import Reference
from inkan.tuf.roles import ROOT, RoleName
from inkan.tuf.trusted_set import Floor, Floors

_SEEN = "seen"


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a collection besides docker's own cache.

    Attributes:
        floors: the newest version of each role that was ever verified.
        seen: the latest instant of a look that succeeded.
    """

    floors: Floors
    seen: datetime | None


class TrustCache:
    """The cache of one collection.

    Args:
        trust: docker's trust folder.
        gun: the collection; its name becomes a path, so it is parsed first.

    Raises:
        ReferenceInvalidError: if the GUN is none: nothing outside of the folder is ever named.
    """

    def __init__(self, trust: Path, gun: str) -> None:
        Reference.parse(gun)
        self.folder = trust / "tuf" / gun
        self._own = trust / "inkan" / gun

    @classmethod
    def of(cls, gun: str) -> "TrustCache":
        """Return the cache in docker's folder."""
        return cls(docker_folder() / "trust", gun)

    def read(self, role: RoleName) -> bytes | None:
        """Return a role's cached file."""
        try:
            raw = self._path(role).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageUnavailableError(
                f"{self._path(role)} cannot be read: {error.strerror}"
            ) from error
        return raw[: limits.METADATA_FILE_BYTES]

    def write(self, files: Mapping[RoleName, bytes], floors: Floors, now: datetime) -> bool:
        """Keep verified files and floors, each file whole or not at all; floors first, so that nothing newer is ever forgotten.

        Returns:
            whether they are kept: a folder that may only be read is no reason not to verify.

        Raises:
            StorageUnavailableError: if they cannot be kept for any other reason.
        """
        tree: dict[str, Any] = {
            str(role): {"version": floor.version, "sha256": floor.sha256}
            for role, floor in floors.items()
        }
        tree[_SEEN] = max(now, self.memory().seen or now).isoformat()
        try:
            write_private(
                self._own / "floors.json", json.dumps(tree, indent=1, sort_keys=True).encode()
            )
            for role, raw in files.items():
                if self.read(role) != raw:
                    write_private(self._path(role), raw)
        except StorageUnavailableError as error:
            if _is_read_only(error.__cause__):
                return False
            raise
        return True

    def memory(self) -> Memory:
        """Return the newest versions that were ever verified, and when that was.

        Raises:
            CorruptError: if they cannot be read: they are never taken for none.
        """
        path = self._own / "floors.json"
        try:
            tree = strict_json.parse(path.read_bytes(), limit_bytes=limits.MIB)
            seen = _instant(tree.pop(_SEEN, None))
            floors = {
                RoleName.parse(role): Floor(int(one["version"]), str(one["sha256"]))
                for role, one in tree.items()
            }
            return Memory(floors, seen)
        except FileNotFoundError:
            return Memory({}, None)
        except (
            OSError,
            JsonInvalidError,
            RoleInvalidError,
            LookupError,
            TypeError,
            ValueError,
            AttributeError,
        ) as error:
            raise CorruptError(
                f"{path} cannot be read; if you know why, remove it: versions seen before are then forgotten"
            ) from error

    def forget(self) -> None:
        """Forget what was seen, so that the collection can begin anew; keys stay."""
        for path in (*self.folder.rglob("*.json"), *self._own.glob("*.json")):
            path.unlink(missing_ok=True)

    @property
    def is_known(self) -> bool:
        """Whether a root of the collection is cached."""
        return self._path(ROOT).exists()

    @contextlib.contextmanager
    def hold(self, what: str = "lock") -> Iterator[None]:
        """Keep other commands of ours off this collection meanwhile.

        Args:
            what: `lock` for a look, `act` for a change, which has looks within.
        """
        try:
            self._own.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._own / what, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            if _is_read_only(error):
                # nothing will be written, so there is nothing to take turns for
                yield
                return
            raise StorageUnavailableError(
                f"{self._own} cannot be written: {error.strerror}"
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _path(self, role: RoleName) -> Path:
        return self.folder / "metadata" / f"{role}.json"


def _instant(text: Any) -> datetime | None:
    if text is None:
        return None
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant


def _is_read_only(error: BaseException | None) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.EROFS, errno.EACCES, errno.EPERM)
