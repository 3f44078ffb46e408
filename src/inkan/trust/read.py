"""Reading a collection: a role's current file, a version of it, or the file with a checksum.

```text
root.json                      the current one
targets/releases.json          the current one of a delegation
3.root.json                    a version
targets.<64 hex>.json          the file that a snapshot names by its sha256
snapshot.key timestamp.key     the server's public key
```

Source: Notary v1 server, GET handlers.
"""

import re
from dataclasses import dataclass

from inkan.errors import MetadataUnknownError, RoleInvalidError
from inkan.oci.reference import Gun
from inkan.store.ports import TrustStore
from inkan.store.records import MetadataRecord
from inkan.trust.collection_locks import CollectionLocks
from inkan.trust.freshness import Freshness
from inkan.trust.online_keys import OnlineSigners
from inkan.tuf.keys import PublicKey
from inkan.tuf.metadata import parse_root
from inkan.tuf.roles import ROOT, RoleName

_VERSION = re.compile(r"[1-9][0-9]{0,15}\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class MetadataFile:
    """A file as the address names it; at most one of version and checksum is given."""

    role: RoleName
    version: int | None = None
    checksum: str = ""

    @property
    def is_immutable(self) -> bool:
        """Whether the address names bytes that never change."""
        return self.version is not None or bool(self.checksum)


def parse_file(gun: Gun, text: str) -> MetadataFile:
    """Return the file that an address, without `.json`, names.

    Raises:
        MetadataUnknownError: if it can name no file of a collection.
    """
    first, dot, rest = text.partition(".")
    try:
        if not dot:
            return MetadataFile(RoleName.parse(first))
        if _VERSION.match(first):
            return MetadataFile(RoleName.parse(rest), version=int(first))
        # other checksums (sha384, sha512, upper case) are well-formed and never found, as in the reference
        if _SHA256.match(rest):
            return MetadataFile(RoleName.parse(first), checksum=rest)
    except RoleInvalidError as error:
        raise MetadataUnknownError(str(gun), f"file {text[:100]}.json") from error
    raise MetadataUnknownError(str(gun), f"file {text[:100]}.json")


@dataclass(frozen=True, slots=True)
class Reading:
    """Finds metadata and public keys."""

    store: TrustStore
    freshness: Freshness
    signers: OnlineSigners
    locks: CollectionLocks

    async def get(self, gun: Gun, file: MetadataFile) -> MetadataRecord:
        """Return a file.

        Raises:
            MetadataUnknownError: if the collection has none such.
        """
        record = await self._find(gun, file)
        if record is None:
            raise MetadataUnknownError(str(gun), f"{file.role} metadata")
        return record

    async def _find(self, gun: Gun, file: MetadataFile) -> MetadataRecord | None:
        if file.version is not None:
            return await self.store.find_version(gun, file.role, file.version)
        if file.checksum:
            return await self.store.find_checksum(gun, file.role, file.checksum)
        return await self.freshness.current(gun, file.role)

    async def key(self, gun: Gun, role: RoleName) -> PublicKey:
        """Return the public key that the server signs a role with; made now if there is none.

        Raises:
            MetadataUnknownError: if the role's keys are never the server's.
        """
        # two who ask at once are shown one key
        async with self.locks.of(gun):
            in_force = await self._in_force(gun, role)
            return (await self.signers.choose(gun, role, in_force)).public_key

    async def rotate_key(self, gun: Gun, role: RoleName) -> PublicKey:
        """Return a public key for a role that no root names yet.

        Raises:
            MetadataUnknownError: if the role's keys are never the server's.
        """
        async with self.locks.of(gun):
            in_force = await self._in_force(gun, role)
            return (await self.signers.rotate(gun, role, in_force)).public_key

    async def _in_force(self, gun: Gun, role: RoleName) -> frozenset[str]:
        root = await self.store.find_current(gun, ROOT)
        if root is None:
            return frozenset()
        keys = parse_root(root.raw).role_keys(role).keys
        return frozenset(key.key_id for key in keys)
