"""Manifests: what the bytes say they are, and what they refer to.

A document is an image or an index, never both: one client would run the layers of what another checked as a list (CVE-2021-41190).

Source: OCI Image Specification 1.1, manifest.md, image-index.md, descriptor.md; Docker Image Manifest V 2, Schema 2.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inkan import limits
from inkan.errors import DigestInvalidError, JsonInvalidError, ManifestInvalidError
from inkan.oci.digest import Digest
from inkan.oci.media_types import IMAGES, INDEXES, SCHEMA_1, is_foreign
from inkan.strict_json import parse as parse_json

_SIZE_MAX = limits.JSON_INTEGER_MAX


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A reference to content: its type, its digest, its size, and in an index the platform it is for."""

    media_type: str
    digest: Digest
    size_bytes: int
    may_be_elsewhere: bool = False
    os: str = ""
    architecture: str = ""
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """An image or an index.

    Attributes:
        blobs: config and layers; empty for an index.
        children: an index's manifests.
        subject: what it is a referrer of.
        artifact_type: what kind of artifact it is; for an image without one, its config's type.
    """

    media_type: str
    blobs: tuple[Descriptor, ...]
    children: tuple[Descriptor, ...]
    subject: Descriptor | None
    artifact_type: str
    annotations: Mapping[str, str]

    @property
    def required_blobs(self) -> tuple[Digest, ...]:
        """Digests that the repository must hold as blobs, each once."""
        return tuple(dict.fromkeys(one.digest for one in self.blobs if not one.may_be_elsewhere))

    @property
    def required_children(self) -> tuple[Digest, ...]:
        """Digests that the repository must hold as manifests, each once."""
        return tuple(dict.fromkeys(one.digest for one in self.children))

    @property
    def image_bytes(self) -> int:
        """The declared size of everything it refers to."""
        return sum(one.size_bytes for one in (*self.blobs, *self.children))


def parse(raw: bytes, content_type: str) -> Manifest:
    """Return the manifest that `raw` is.

    Args:
        raw: the exact bytes.
        content_type: what the sender says they are; empty where it says nothing.

    Raises:
        ManifestInvalidError: if they are none that can be kept.
    """
    try:
        tree = parse_json(raw, limit_bytes=limits.MANIFEST_BYTES)
        if not isinstance(tree, dict):
            raise ManifestInvalidError("it is not an object")
        media_type = _media_type(tree, content_type)
        version = tree.get("schemaVersion")
        if type(version) is not int or version != 2:
            raise ManifestInvalidError("schemaVersion is not 2")
        if media_type in INDEXES:
            return _index(tree, media_type)
        return _image(tree, media_type)
    except JsonInvalidError as error:
        raise ManifestInvalidError(error.reason) from error


def _media_type(tree: dict[str, Any], content_type: str) -> str:
    said = content_type.partition(";")[0].strip().lower()
    own = tree.get("mediaType", "")
    if not isinstance(own, str):
        raise ManifestInvalidError("mediaType is not a text")
    if said in SCHEMA_1 or own in SCHEMA_1 or tree.get("schemaVersion") == 1:
        raise ManifestInvalidError("schema 1 is not supported; push with a client of 2017 or later")
    if own and said and own != said:
        raise ManifestInvalidError(
            f"mediaType {own[:100]!r} is not the Content-Type {said[:100]!r}"
        )
    media_type = said or own
    if media_type not in IMAGES and media_type not in INDEXES:
        raise ManifestInvalidError(
            f"{media_type[:100]!r} is not a type of manifest that is kept here"
        )
    return media_type


def _image(tree: dict[str, Any], media_type: str) -> Manifest:
    _require_absent(tree, ("manifests", "fsLayers", "history"), media_type)
    config = _descriptor(tree.get("config"), "config")
    layers = _descriptors(tree.get("layers"), "layers")
    artifact_type = _text(tree.get("artifactType"), "artifactType") or config.media_type
    return Manifest(
        media_type,
        (config, *layers),
        (),
        _subject(tree),
        artifact_type,
        _annotations(tree.get("annotations")),
    )


def _index(tree: dict[str, Any], media_type: str) -> Manifest:
    _require_absent(tree, ("config", "layers", "fsLayers", "history"), media_type)
    children = _descriptors(tree.get("manifests"), "manifests")
    return Manifest(
        media_type,
        (),
        children,
        _subject(tree),
        _text(tree.get("artifactType"), "artifactType"),
        _annotations(tree.get("annotations")),
    )


def _require_absent(tree: dict[str, Any], names: tuple[str, ...], media_type: str) -> None:
    for name in names:
        if name in tree:
            raise ManifestInvalidError(f"a {media_type} must not have {name}")


def _descriptors(tree: Any, where: str) -> tuple[Descriptor, ...]:
    if not isinstance(tree, list):
        raise ManifestInvalidError(f"{where} is not a list")
    if len(tree) > limits.MANIFEST_DESCRIPTORS:
        raise ManifestInvalidError(f"{where} has more than {limits.MANIFEST_DESCRIPTORS} entries")
    return tuple(_descriptor(one, where) for one in tree)


def _descriptor(tree: Any, where: str) -> Descriptor:
    if not isinstance(tree, dict):
        raise ManifestInvalidError(f"{where} has no descriptor")
    size, digest_text = tree.get("size"), tree.get("digest")
    if type(size) is not int or not 0 <= size <= _SIZE_MAX:
        raise ManifestInvalidError(f"a size in {where} is not a number of bytes")
    try:
        digest = Digest.parse(digest_text if isinstance(digest_text, str) else "")
    except DigestInvalidError as error:
        raise ManifestInvalidError(f"{where}: {error}") from error
    if "data" in tree:
        _require_data(tree["data"], digest, size, where)
    media_type = _text(tree.get("mediaType"), f"a mediaType in {where}")
    elsewhere = is_foreign(media_type) or bool(tree.get("urls"))
    return Descriptor(media_type, digest, size, elsewhere, *_platform(tree.get("platform")))


def _platform(tree: Any) -> tuple[str, str, str]:
    """Return what a descriptor says of a platform; what is not text says nothing, and is no reason to refuse a manifest."""
    if not isinstance(tree, dict):
        return "", "", ""
    said = (tree.get(name) for name in ("os", "architecture", "variant"))
    os, architecture, variant = (one if isinstance(one, str) else "" for one in said)
    return os, architecture, variant


def _require_data(tree: Any, digest: Digest, size: int, where: str) -> None:
    try:
        data = base64.b64decode(tree if isinstance(tree, str) else "-", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ManifestInvalidError(f"data in {where} is not base64") from error
    if len(data) != size or Digest.of(data, digest.algorithm) != digest:
        raise ManifestInvalidError(f"data in {where} is not the content of its digest")


def _subject(tree: dict[str, Any]) -> Descriptor | None:
    return _descriptor(tree["subject"], "subject") if tree.get("subject") is not None else None


def _annotations(tree: Any) -> Mapping[str, str]:
    if tree is None:
        return {}
    if not isinstance(tree, dict) or not all(isinstance(value, str) for value in tree.values()):
        raise ManifestInvalidError("annotations are not texts by name")
    return tree


def _text(tree: Any, where: str) -> str:
    if tree is None:
        return ""
    if not isinstance(tree, str) or len(tree) > 255:
        raise ManifestInvalidError(f"{where} is not a short text")
    return tree
