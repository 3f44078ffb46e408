"""OCI image layouts in one tar file, to and from a layout in a folder.

Names in an archive are only ever looked up in it, never used as names of files here; every blob is compared with its digest on the way in.

Source: OCI Image Layout Specification 1.1 § Archive; skopeo's `oci-archive:`.
"""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from inkan import limits
from inkan.client.layout import NAME, ImageLayout, chosen_entry
from inkan.client.registry import FetchedManifest
from inkan.errors import ContentAlteredError, JsonInvalidError, ManifestInvalidError
from inkan.oci.digest import Digest
from inkan.oci.manifest import parse
from inkan.strict_json import parse as parse_json

_PLAIN_LAYERS = frozenset(
    {
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.docker.image.rootfs.diff.tar",
    }
)
_DEPTH = 4


def read_oci_archive(path: Path, layout: ImageLayout, name: str) -> FetchedManifest:
    """Bring an image of an archive into a layout; return its manifest.

    Args:
        path: the archive.
        layout: where to.
        name: a tag in the archive; the only image there is, where none is named so.

    Raises:
        ManifestUnknownError: if the archive has no such image.
        ManifestInvalidError: if it is no archive of that kind.
        ContentAlteredError: if something in it is not what its digest says.
    """
    try:
        with tarfile.open(path) as archive:
            index = parse_json(_read(archive, "index.json"), limit_bytes=limits.MANIFEST_BYTES)
            entry = chosen_entry(list(index["manifests"]), name, str(path))
            digest, media_type = str(entry["digest"]), str(entry.get("mediaType", ""))
            return _take(archive, layout, digest, media_type, _DEPTH)
    except (tarfile.TarError, OSError, JsonInvalidError, LookupError, TypeError) as error:
        raise ManifestInvalidError(f"{path} is no OCI image layout in a tar: {error}") from error


def is_oci_archive(path: Path) -> bool:
    """Return whether a file is an OCI layout whose layers are packed, so that it can be taken as it stands."""
    try:
        with tarfile.open(path) as archive:
            index = parse_json(_read(archive, "index.json"), limit_bytes=limits.MANIFEST_BYTES)
            return all(
                _is_packed(archive, str(one["digest"]), str(one.get("mediaType", "")))
                for one in index["manifests"]
            )
    except (
        tarfile.TarError,
        OSError,
        JsonInvalidError,
        LookupError,
        TypeError,
        ManifestInvalidError,
    ):
        return False


def write_oci_archive(layout: ImageLayout, manifest: FetchedManifest, tag: str, path: Path) -> None:
    """Write an image of a layout, and everything that it names, as one tar file."""
    entry = {
        "mediaType": manifest.media_type,
        "digest": str(manifest.digest),
        "size": len(manifest.raw),
        "annotations": {NAME: tag},
    }
    with tarfile.open(path, "w") as archive:
        _add(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        for digest, size in _everything(layout, manifest).items():
            member = tarfile.TarInfo(_member(digest))
            member.size = size
            with layout.open(digest) as content:
                archive.addfile(member, content)
        index = {"schemaVersion": 2, "manifests": [entry]}
        _add(archive, "index.json", json.dumps(index).encode())


def _take(archive: tarfile.TarFile, layout: ImageLayout, digest: str, media_type: str, depth: int) -> FetchedManifest:  # fmt: skip
    raw, wanted = _read(archive, _member(digest)), Digest.parse(digest)
    if Digest.of(raw, wanted.algorithm) != wanted:
        raise ContentAlteredError(digest)
    parsed = parse(raw, media_type)
    for child in parsed.children if depth else ():
        _take(archive, layout, str(child.digest), child.media_type, depth - 1)
    for blob in parsed.blobs:
        if not blob.may_be_elsewhere and not layout.has_blob(str(blob.digest), blob.size_bytes):
            layout.keep_blob(str(blob.digest), _pieces(_open(archive, _member(str(blob.digest)))))
    layout.keep_blob(digest, [raw])
    return FetchedManifest(wanted, parsed.media_type, raw)


def _is_packed(archive: tarfile.TarFile, digest: str, media_type: str) -> bool:
    """Return whether a manifest's layers are packed; one that names what the archive lacks fails: an engine may hold some platforms of an index only."""
    parsed = parse(_read(archive, _member(digest)), media_type)
    for blob in parsed.blobs:
        archive.getmember(_member(str(blob.digest)))
    return not any(one.media_type in _PLAIN_LAYERS for one in parsed.blobs) and all(
        _is_packed(archive, str(one.digest), one.media_type) for one in parsed.children
    )


def _everything(layout: ImageLayout, manifest: FetchedManifest) -> dict[str, int]:
    parsed = parse(manifest.raw, manifest.media_type)
    found = {str(manifest.digest): len(manifest.raw)}
    found |= {str(one.digest): one.size_bytes for one in parsed.blobs if not one.may_be_elsewhere}
    for child in parsed.children:
        found |= _everything(layout, layout.manifest(str(child.digest), child.media_type))
    return found


def _member(digest: str) -> str:
    parsed = Digest.parse(digest)
    return f"blobs/{parsed.algorithm}/{parsed.encoded}"


def _open(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    content = archive.extractfile(archive.getmember(name))
    if content is None:
        raise KeyError(name)
    return content


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    return _open(archive, name).read(limits.MANIFEST_BYTES + 1)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(limits.PIECE_BYTES):
        yield piece
