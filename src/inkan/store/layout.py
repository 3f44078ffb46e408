"""Where things are in the data folder. Nobody else joins a path.

```text
DATA/
  lock                         held by the one server that uses the folder
  inkan.db                     the facts (SQLite, with -wal and -shm beside it)
  ca.crt                       our CA's certificate, for clients to trust
  admin-password               the first admin's password, until somebody deletes the file      0600
  key-encryption-key           what private keys in the database are sealed under                0600
  tls/ca.key                   our CA's key                                                      0600
  tls/server.crt server.key    the server's certificate and key                                  0600
  uploads/<id>                 the bytes of an upload, 32 hexadecimal digits
  blobs/<algorithm>/<2 hex>/<hex>.<8 hex>
                               a blob: its digest, and the beginning of the upload that brought it
  quarantine/<hex>.<8 hex>     bytes that are not what their name says, put there by `inkan fsck --repair`
```

A storage key is the part of a blob's path below `blobs/`.

```text
s3://BUCKET/PREFIX/
  inkan-store                  says whose it is
  blobs/<2 hex>/<32 hex>       a blob, or a part of an upload: which one is a fact in the database
  quarantine/<2 hex>/<32 hex>  bytes that are not what the database says
```
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from inkan.errors import StorageUnavailableError
from inkan.oci.digest import HEX_LENGTHS, Digest
from inkan.store.records import StorageKey, UploadId

_UPLOAD = re.compile(r"[0-9a-f]{32}\Z")
_KEY = re.compile(
    r"(sha256/[0-9a-f]{2}/[0-9a-f]{64}|sha512/[0-9a-f]{2}/[0-9a-f]{128})\.[0-9a-f]{8}\Z"
)

_OBJECT = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}\Z")
BLOB_OBJECTS = "blobs"
"""The folder of a bucket that blobs are in."""


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The data folder and what is in it."""

    root: Path

    @property
    def lock(self) -> Path:
        """The file that the running server holds locked."""
        return self.root / "lock"

    @property
    def database(self) -> Path:
        """The SQLite database."""
        return self.root / "inkan.db"

    @property
    def ca_certificate(self) -> Path:
        """Our CA's certificate."""
        return self.root / "ca.crt"

    @property
    def ca_key(self) -> Path:
        """Our CA's private key."""
        return self.root / "tls" / "ca.key"

    @property
    def server_certificate(self) -> Path:
        """The server's certificate."""
        return self.root / "tls" / "server.crt"

    @property
    def server_key(self) -> Path:
        """The server's private key."""
        return self.root / "tls" / "server.key"

    @property
    def admin_password(self) -> Path:
        """The first admin's made-up password."""
        return self.root / "admin-password"

    @property
    def key_encryption_key(self) -> Path:
        """What private keys are sealed under."""
        return self.root / "key-encryption-key"

    @property
    def uploads(self) -> Path:
        """The folder of uploads."""
        return self.root / "uploads"

    @property
    def blobs(self) -> Path:
        """The folder of blobs."""
        return self.root / "blobs"

    def upload(self, upload_id: UploadId) -> Path:
        """Return the file of an upload.

        Raises:
            StorageUnavailableError: if it is no upload's name.
        """
        if not _UPLOAD.match(upload_id):
            raise StorageUnavailableError("an upload has a name that cannot be kept")
        return self.uploads / upload_id

    def blob(self, key: StorageKey) -> Path:
        """Return the file of a storage key.

        Raises:
            StorageUnavailableError: if it is no key of ours.
        """
        if not _KEY.match(key):
            raise StorageUnavailableError("a blob has a storage key that is not of this store")
        return self.blobs / key

    def quarantined(self, key: StorageKey) -> Path:
        """Return where the bytes of a storage key are put when they are not what they should be."""
        return self.root / "quarantine" / self.blob(key).name

    def fan_out(self) -> list[Path]:
        """Return every folder that blobs can be in."""
        return [
            self.blobs / algorithm / f"{number:02x}"
            for algorithm in HEX_LENGTHS
            for number in range(256)
        ]


def new_storage_key(digest: Digest, upload_id: UploadId) -> StorageKey:
    """Return the key for what an upload brought; another upload of the same digest gets another."""
    return StorageKey(f"{digest.algorithm}/{digest.encoded[:2]}/{digest.encoded}.{upload_id[:8]}")


def new_object_key() -> StorageKey:
    """Return the key for an object that is about to be written; it says nothing of its bytes, whose digest nobody knows yet."""
    name = secrets.token_hex(16)
    return StorageKey(f"{name[:2]}/{name}")


def object_key_after(key: StorageKey) -> StorageKey:
    """Return the key that a blob of a data folder has in a bucket; as its old key never comes back, neither does this."""
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    return StorageKey(f"{name[:2]}/{name}")


def file_key_after(key: StorageKey, digest: Digest) -> StorageKey:
    """Return the key that a blob of a bucket has in a data folder; one that is a data folder's already stays."""
    if _KEY.match(key):
        return key
    name = object_name(key).rpartition("/")[2]
    return new_storage_key(digest, UploadId(name))


def object_name(key: StorageKey) -> str:
    """Return the name of the object of a storage key.

    Raises:
        StorageUnavailableError: if it is no key of ours.
    """
    if not _OBJECT.match(key):
        raise StorageUnavailableError("a blob has a storage key that is not of this store")
    return f"{BLOB_OBJECTS}/{key}"


def quarantined_name(key: StorageKey) -> str:
    """Return the name of the object that the bytes of a storage key are moved to when they are not what they should be."""
    return object_name(key).replace(BLOB_OBJECTS, "quarantine", 1)
