"""An OCI image layout in a folder: where images come from and go to without any engine.

```text
oci-layout      index.json      blobs/sha256/<64 hex>
```

Source: OCI Image Layout Specification 1.1.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from inkan import limits, strict_json
from inkan.client.private_file import write_private
from inkan.client.registry import FetchedManifest
from inkan.errors import (
    ContentAlteredError,
    JsonInvalidError,
    ManifestUnknownError,
    NotFoundError,
    StorageUnavailableError,
)
from inkan.oci.digest import Digest

NAME = "org.opencontainers.image.ref.name"


class ImageLayout:
    """A folder with images in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, tag: str) -> FetchedManifest:
        """Return the manifest that a name stands for; the only one there is, where none is named so.

        Raises:
            NotFoundError: if the folder is no layout, or has no such image.
        """
        chosen = chosen_entry(self._entries(), tag, str(self.folder))
        return self.manifest(str(chosen["digest"]), str(chosen.get("mediaType", "")))

    def manifest(self, digest: str, media_type: str) -> FetchedManifest:
        """Return a manifest by its digest, hashed.

        Raises:
            ContentAlteredError: if the file is not what its name says.
        """
        raw = self._path(digest).read_bytes()[: limits.MANIFEST_BYTES]
        wanted = Digest.parse(digest)
        if Digest.of(raw, wanted.algorithm) != wanted:
            raise ContentAlteredError(digest)
        return FetchedManifest(wanted, media_type, raw)

    def has_blob(self, digest: str, size: int) -> bool:
        """Return whether a blob is here, of that size."""
        path = self._path(digest)
        return path.exists() and path.stat().st_size == size

    def open(self, digest: str) -> BinaryIO:
        """Return a blob as an open file."""
        return self._path(digest).open("rb")

    def blob(self, digest: str, start: int = 0) -> Iterator[bytes]:
        """Yield a blob from a byte on."""
        with self._path(digest).open("rb") as file:
            file.seek(start)
            while piece := file.read(limits.PIECE_BYTES):
                yield piece

    def partial(self, digest: str) -> int:
        """Return how many bytes of a blob an earlier, broken attempt has left."""
        path = self._partial(digest)
        return path.stat().st_size if path.exists() else 0

    def keep_blob(self, digest: str, pieces: Iterable[bytes], start: int = 0) -> None:
        """Keep a blob: under its name only once its bytes are all there and are the ones.

        Args:
            digest: of the whole blob.
            pieces: its bytes, from `start` on.
            start: how many of the bytes that an earlier attempt has left are to be gone on from.

        Raises:
            ContentAlteredError: if they are others; nothing is kept then.
            StorageUnavailableError: if it cannot be written.
        """
        wanted, path, beside = Digest.parse(digest), self._path(digest), self._partial(digest)
        try:
            beside.parent.mkdir(parents=True, exist_ok=True)
            hasher = hashlib.new(wanted.algorithm)
            with beside.open("r+b" if start else "wb") as file:
                for piece in iter(lambda: file.read(limits.PIECE_BYTES), b"") if start else ():
                    hasher.update(piece)
                for piece in pieces:
                    hasher.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            if hasher.hexdigest() != wanted.encoded:
                beside.unlink()
                raise ContentAlteredError(digest)
            beside.replace(path)
        except OSError as error:
            raise StorageUnavailableError(f"{path} cannot be written: {error.strerror}") from error

    def _partial(self, digest: str) -> Path:
        path = self._path(digest)
        return path.with_name(f".{path.name}.partial")

    def name(self, manifest: FetchedManifest, tag: str) -> None:
        """Make a name stand for a manifest that is here."""
        try:
            entries = self._entries()
        except NotFoundError:
            entries = []
        kept = [one for one in entries if one.get("annotations", {}).get(NAME) != tag]
        entry = {
            "mediaType": manifest.media_type,
            "digest": str(manifest.digest),
            "size": len(manifest.raw),
            "annotations": {NAME: tag},
        }
        index = {"schemaVersion": 2, "manifests": [*kept, entry]}
        write_private(self.folder / "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        write_private(self.folder / "index.json", json.dumps(index).encode())

    def _entries(self) -> list[dict[str, Any]]:
        try:
            raw = (self.folder / "index.json").read_bytes()
            return list(strict_json.parse(raw, limit_bytes=limits.MANIFEST_BYTES)["manifests"])
        except (OSError, JsonInvalidError, LookupError, TypeError) as error:
            raise NotFoundError(f"{self.folder} is no OCI image layout") from error

    def _path(self, digest: str) -> Path:
        parsed = Digest.parse(digest)
        return self.folder / "blobs" / parsed.algorithm / parsed.encoded


def chosen_entry(entries: list[dict[str, Any]], tag: str, where: str) -> dict[str, Any]:
    """Return the entry of an index that a tag names; the only one there is, where none is named so.

    Raises:
        ManifestUnknownError: if there is none, or several and none of them is named.
    """
    named = [
        one
        for one in entries
        if tag and str((one.get("annotations") or {}).get(NAME, "")).rpartition(":")[2] == tag
    ]
    chosen = named or (entries if len(entries) == 1 else [])
    if len(chosen) != 1:
        raise ManifestUnknownError(where, tag or "that stands alone: name a tag")
    return chosen[0]
