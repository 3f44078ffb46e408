"""docker-archives, as `docker save` writes and `docker load` reads them, to and from a layout.

```text
manifest.json     [{"Config": "<path>", "RepoTags": ["host/name:tag"], "Layers": ["<path>", …]}]
```

Names in an archive are only ever looked up in it, never used as names of files here. Layers are packed anew, always to the same bytes, as registries and pulls expect them packed.

Source: Docker image specification 1.2 § Combined image JSON and filesystem changeset format.
"""

import gzip
import hashlib
import io
import json
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from inkan import limits
from inkan.client.layout import ImageLayout
from inkan.client.registry import FetchedManifest
from inkan.errors import JsonInvalidError, ManifestInvalidError, NotFoundError
from inkan.oci.digest import Digest
from inkan.oci.manifest import parse
from inkan.oci.media_types import OCI_MANIFEST
from inkan.strict_json import parse as parse_json

_CONFIG, _LAYER = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.oci.image.layer.v1.tar+gzip",
)
_LEVEL = 6
_GZIP = b"\x1f\x8b"


def read_archive(path: Path, layout: ImageLayout, name: str) -> FetchedManifest:
    """Bring an image of an archive into a layout; return its manifest.

    Args:
        path: the archive.
        layout: where to.
        name: the image's name in the archive; the only image there is, where none is named so.

    Raises:
        NotFoundError: if the archive has no such image.
        ManifestInvalidError: if it is no docker-archive.
    """
    try:
        with tarfile.open(path) as archive:
            entry = _entry(archive, name)
            config = _member(archive, entry["Config"]).read(limits.MANIFEST_BYTES)
            layers = [_keep_layer(layout, _member(archive, one)) for one in entry["Layers"]]
    except (tarfile.TarError, OSError, JsonInvalidError, LookupError, TypeError) as error:
        raise ManifestInvalidError(f"{path} is no docker-archive: {error}") from error
    layout.keep_blob(str(Digest.of(config)), [config])
    tree = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": _CONFIG, "digest": str(Digest.of(config)), "size": len(config)},
        "layers": layers,
    }
    raw = json.dumps(tree, separators=(",", ":")).encode()
    layout.keep_blob(str(Digest.of(raw)), [raw])
    return FetchedManifest(Digest.of(raw), OCI_MANIFEST, raw)


def write_archive(layout: ImageLayout, manifest: FetchedManifest, name: str, path: Path) -> None:
    """Write an image of a layout as a docker-archive.

    Raises:
        ManifestInvalidError: if it is an index: an archive holds one platform.
    """
    parsed = parse(manifest.raw, manifest.media_type)
    if not parsed.blobs:
        raise ManifestInvalidError(
            "this is an image for several platforms, and a docker-archive holds one: name it with --platform, or pull it into a folder with --to"
        )
    config, *layers = parsed.blobs
    files = {
        f"{blob.digest.encoded}.json"
        if blob is config
        else f"{blob.digest.encoded}/layer.tar": blob
        for blob in parsed.blobs
    }
    entry = {
        "Config": f"{config.digest.encoded}.json",
        "RepoTags": [name],
        "Layers": [f"{one.digest.encoded}/layer.tar" for one in layers],
    }
    with tarfile.open(path, "w") as archive:
        for stored, blob in files.items():
            member = tarfile.TarInfo(stored)
            member.size = blob.size_bytes
            with layout.open(str(blob.digest)) as content:
                archive.addfile(member, content)
        raw = json.dumps([entry]).encode()
        member = tarfile.TarInfo("manifest.json")
        member.size = len(raw)
        archive.addfile(member, io.BytesIO(raw))


def is_archive(path: Path) -> bool:
    """Return whether a file is a docker-archive; one that `docker save` of Docker 25 and later writes is an OCI layout as well."""
    try:
        with tarfile.open(path) as archive:
            return "manifest.json" in archive.getnames()
    except (tarfile.TarError, OSError) as error:
        raise NotFoundError(f"{path} is no file with an image in it: {error}") from error


def _entry(archive: tarfile.TarFile, name: str) -> dict[str, Any]:
    raw = _member(archive, "manifest.json").read(limits.MANIFEST_BYTES)
    entries = parse_json(raw, limit_bytes=limits.MANIFEST_BYTES)
    named = [one for one in entries if name in (one.get("RepoTags") or [])]
    chosen = named or (entries if len(entries) == 1 else [])
    if len(chosen) != 1:
        raise NotFoundError(f"the archive has no image called {name}")
    return dict(chosen[0])


def _member(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    content = archive.extractfile(archive.getmember(name))
    if content is None:
        raise KeyError(name)
    return content


def _keep_layer(layout: ImageLayout, content: IO[bytes]) -> dict[str, Any]:
    """Pack a layer into the layout, unless it is packed; return its descriptor."""
    with tempfile.TemporaryFile() as packed:
        is_packed = content.read(len(_GZIP)) == _GZIP
        content.seek(0)
        if is_packed:
            shutil.copyfileobj(content, packed, limits.PIECE_BYTES)
        else:
            with gzip.GzipFile(
                fileobj=packed, mode="wb", compresslevel=_LEVEL, mtime=0, filename=""
            ) as stream:
                shutil.copyfileobj(content, stream, limits.PIECE_BYTES)
        size = packed.tell()
        digest = f"sha256:{_sha256(packed)}"
        layout.keep_blob(digest, _pieces(packed))
    return {"mediaType": _LAYER, "digest": digest, "size": size}


def _sha256(file: IO[bytes]) -> str:
    hasher = hashlib.sha256()
    for piece in _pieces(file):
        hasher.update(piece)
    return hasher.hexdigest()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(limits.PIECE_BYTES):
        yield piece
