"""Small images, made without any engine."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from inkan.oci.media_types import OCI_INDEX, OCI_MANIFEST

CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar"


def make_image(folder: Path, *layers: bytes, platform: str = "linux/amd64") -> str:
    """Make an OCI image layout with one image; return its digest.

    Args:
        folder: made if it is not there.
        layers: the layers' bytes; an engine takes them only if they are tars.
        platform: what the image says it is for.
    """
    manifest = _image(folder, layers, platform)
    _finish(folder, manifest)
    return str(manifest["digest"])


def make_index(folder: Path, images: Mapping[str, Sequence[bytes]]) -> str:
    """Make an OCI image layout with one index; return its digest.

    Args:
        folder: made if it is not there.
        images: layers by platform, as `linux/arm64`.
    """
    children = []
    for platform, layers in images.items():
        os, architecture = platform.split("/")
        about = {"platform": {"os": os, "architecture": architecture}}
        children.append({**_image(folder, layers, platform), **about})
    tree = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": children}
    index = {"mediaType": OCI_INDEX, **_keep(folder, json.dumps(tree).encode())}
    _finish(folder, index)
    return str(index["digest"])


def _image(folder: Path, layers: Sequence[bytes], platform: str) -> dict[str, Any]:
    os, architecture = platform.split("/")
    kept = [{"mediaType": LAYER, **_keep(folder, one)} for one in layers]
    rootfs = {"type": "layers", "diff_ids": [one["digest"] for one in kept]}
    config = json.dumps({"architecture": architecture, "os": os, "rootfs": rootfs}).encode()
    tree = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": {"mediaType": CONFIG, **_keep(folder, config)},
        "layers": kept,
    }
    return {"mediaType": OCI_MANIFEST, **_keep(folder, json.dumps(tree).encode())}


def _keep(folder: Path, raw: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(raw).hexdigest()
    path = folder / "blobs" / "sha256" / digest
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return {"digest": f"sha256:{digest}", "size": len(raw)}


def _finish(folder: Path, entry: dict[str, Any]) -> None:
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
