"""The keys the server signs with: one P-256 key for each collection and role, sealed at rest.

A key is made when a client first asks for it, is the same at every later question, and is never lost once it was shown. A key that
is asked for anew (rotation) is pending until a root that names it is published.

Source: Notary v1, GET and POST `…/_trust/tuf/{snapshot,timestamp}.key`.
"""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from datetime import timedelta

from inkan.clock import Clock
from inkan.errors import MetadataUnknownError
from inkan.keys.sealing import KeyEncryptionKey, open_sealed, seal
from inkan.oci.reference import Gun
from inkan.store.ports import OnlineKeys
from inkan.store.records import OnlineKeyRecord
from inkan.tuf.roles import SNAPSHOT, TIMESTAMP, RoleName
from inkan.tuf.sign import EcdsaSigner, Signer

ONLINE_ROLES = (SNAPSHOT, TIMESTAMP)
_SIGNERS_CACHED = 10_000


class OnlineSigners:
    """Makes, opens and remembers the server's signing keys."""

    def __init__(
        self, keys: OnlineKeys, key_encryption_key: KeyEncryptionKey, clock: Clock
    ) -> None:
        self._keys = keys
        self._key_encryption_key = key_encryption_key
        self._clock = clock
        self._opened: OrderedDict[str, EcdsaSigner] = OrderedDict()

    async def list(self, gun: Gun, role: RoleName) -> Sequence[Signer]:
        """Return the signers held for a role, newest first.

        Raises:
            KeyUnreadableError: if a key cannot be opened with the key-encryption key at hand.
        """
        return [self._open(record) for record in await self._keys.list(gun, role)]

    async def choose(self, gun: Gun, role: RoleName, in_force: Collection[str]) -> Signer:
        """Return the signer to name to a client: one whose key is in force, else the newest, else a new one.

        Args:
            gun: the collection.
            role: `snapshot` or `timestamp`.
            in_force: key IDs that the published root gives the role; empty where there is no root.

        Raises:
            MetadataUnknownError: if the role's keys are never the server's.
        """
        held = await self._list_online(gun, role)
        for record in held:
            if record.key_id in in_force:
                return self._open(record)
        return self._open(held[0]) if held else await self._make(gun, role, held)

    async def rotate(self, gun: Gun, role: RoleName, in_force: Collection[str]) -> Signer:
        """Return a signer whose key is not in force yet: a pending one, else a new one.

        Raises:
            MetadataUnknownError: if the role's keys are never the server's.
        """
        held = await self._list_online(gun, role)
        if held and held[0].key_id not in in_force:
            return self._open(held[0])
        return await self._make(gun, role, held)

    async def _list_online(self, gun: Gun, role: RoleName) -> Sequence[OnlineKeyRecord]:
        if role not in ONLINE_ROLES:
            raise MetadataUnknownError(str(gun), f"server-held {role} key")
        return await self._keys.list(gun, role)

    async def _make(self, gun: Gun, role: RoleName, held: Sequence[OnlineKeyRecord]) -> Signer:
        """Make a key that is newer than those held; where another server was faster, return its."""
        now = self._clock.now()
        # the order of two keys is part of what is known of them, however coarse the clock
        created_at = max(now, held[0].created_at + timedelta(microseconds=1)) if held else now
        signer = EcdsaSigner.generate()
        key_id = signer.public_key.key_id
        record = OnlineKeyRecord(
            gun=gun,
            role=role,
            key_id=key_id,
            public=signer.public_key.to_wire(),
            sealed=seal(self._key_encryption_key, signer.to_pkcs8(), _purpose(gun, role, key_id)),
            created_at=created_at,
        )
        if not await self._keys.add(record, held[0].key_id if held else None):
            return self._open((await self._keys.list(gun, role))[0])
        self._remember(key_id, signer)
        return signer

    def _open(self, record: OnlineKeyRecord) -> EcdsaSigner:
        known = self._opened.get(record.key_id)
        if known is not None:
            return known
        purpose = _purpose(record.gun, record.role, record.key_id)
        signer = EcdsaSigner.from_pkcs8(
            open_sealed(self._key_encryption_key, record.sealed, purpose)
        )
        self._remember(record.key_id, signer)
        return signer

    def _remember(self, key_id: str, signer: EcdsaSigner) -> None:
        self._opened[key_id] = signer
        if len(self._opened) > _SIGNERS_CACHED:
            self._opened.popitem(last=False)


def _purpose(gun: Gun, role: RoleName, key_id: str) -> bytes:
    # bound into the seal: a row copied to another collection or role does not open
    return f"online-key|{gun}|{role}|{key_id}".encode()
