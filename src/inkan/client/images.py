"""Images where they are: tagged, untagged, removed and looked at in the registry, without a byte of a layer coming here."""

from typing import Any

from inkan import limits, strict_json
from inkan.client.progress import Silence
from inkan.client.registry import FetchedManifest, Registry
from inkan.client.transfer import copy
from inkan.errors import ContentAlteredError, JsonInvalidError, ManifestInvalidError
from inkan.oci.digest import Digest
from inkan.oci.manifest import parse
from inkan.oci.platform import Platform, choose
from inkan.oci.reference import Reference


def tag(source: Reference, target: Reference) -> FetchedManifest:
    """Make a tag name what another one names now, also in another repository; return it. Signatures do not follow.

    Raises:
        NotFoundError: if there is no source.
    """
    theirs, ours = Registry.of(source), Registry.of(target)
    manifest = theirs.manifest(_named(source))
    if (source.host, source.repository) != (target.host, target.repository):
        copy(theirs, manifest, ours, Silence())
    ours.push_manifest(manifest, _named(target))
    return manifest


def untag(image: Reference) -> None:
    """Take a tag back; what it named stays.

    Raises:
        NotFoundError: if there is no such tag.
    """
    Registry.of(image).delete_manifest(_named(image))


def remove(image: Reference) -> str:
    """Remove what a tag names, and all its tags with it; return its digest.

    Raises:
        NotFoundError: if there is no such image.
    """
    registry = Registry.of(image)
    digest = str(image.digest or registry.manifest(_named(image)).digest)
    registry.delete_manifest(digest)
    return digest


def describe(image: Reference, platform: Platform | None) -> dict[str, Any]:
    """Return what an image is, by the names that docker gives its fields.

    Args:
        image: by tag, which is `latest` where none is said, or by digest.
        platform: which image of an index; the first one that is an image where none is said.

    Raises:
        ManifestInvalidError: if it has no configuration of an image.
    """
    registry = Registry.of(image)
    manifest = registry.manifest(_named(image))
    parsed = parse(manifest.raw, manifest.media_type)
    if parsed.children:
        images = [one for one in parsed.children if one.os != "unknown"]
        if not images:
            raise ManifestInvalidError("it is an index without an image")
        chosen = choose(images, platform) if platform else images[0]
        manifest = registry.manifest(str(chosen.digest))
        parsed = parse(manifest.raw, manifest.media_type)
    if not parsed.blobs:
        raise ManifestInvalidError("it has no configuration of an image")
    config = parsed.blobs[0]
    if config.size_bytes > limits.MANIFEST_BYTES:
        raise ManifestInvalidError(f"its configuration of {config.size_bytes} bytes is too large to show")  # fmt: skip
    raw = b"".join(registry.blob(str(config.digest), config.size_bytes))
    if Digest.of(raw, config.digest.algorithm) != config.digest:
        raise ContentAlteredError(str(config.digest))
    try:
        tree = strict_json.parse(raw, limit_bytes=limits.MANIFEST_BYTES)
    except JsonInvalidError as error:
        raise ManifestInvalidError("its configuration is not one of an image") from error
    if not isinstance(tree, dict):
        raise ManifestInvalidError("its configuration is not one of an image")
    size = sum(one.size_bytes for one in parsed.blobs)
    return _fields(tree, str(config.digest), size)


def _fields(tree: dict[str, Any], digest: str, size: int) -> dict[str, Any]:
    rootfs = tree.get("rootfs") or {}
    return {
        "ID": digest,
        "Parent": tree.get("parent", ""),
        "Comment": tree.get("comment", ""),
        "Created": tree.get("created", ""),
        "Container": tree.get("container", ""),
        "ContainerConfig": tree.get("container_config") or {},
        "DockerVersion": tree.get("docker_version", ""),
        "Author": tree.get("author", ""),
        "Config": tree.get("config") or {},
        "Architecture": tree.get("architecture", ""),
        "Os": tree.get("os", ""),
        "OsVersion": tree.get("os.version", ""),
        "Size": size,
        "VirtualSize": size,
        "RootFS": {"Type": rootfs.get("type", ""), "Layers": rootfs.get("diff_ids") or [], "BaseLayer": ""},
    }  # fmt: skip


def manifest_of(image: Reference) -> FetchedManifest:
    """Return the manifest that a tag or a digest names, byte for byte.

    Raises:
        NotFoundError: if there is none.
    """
    return Registry.of(image).manifest(_named(image))


def _named(image: Reference) -> str:
    return str(image.digest or image.tag or "latest")
