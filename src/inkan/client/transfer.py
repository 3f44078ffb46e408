"""Images from a layout to a registry and back: by digest only, each blob once, nothing half there.

Source: OCI Distribution Specification 1.1 § Push, § Pull.
"""

from collections.abc import Callable

from inkan.client.layout import ImageLayout
from inkan.client.registry import FetchedManifest, Registry
from inkan.errors import ServerUnreachableError
from inkan.oci.manifest import parse

_ATTEMPTS = 5
Progress = Callable[[str, int, str], None]
"""Takes a blob's digest, its size in bytes, and what was done with it."""


def push(
    layout: ImageLayout, manifest: FetchedManifest, registry: Registry, progress: Progress
) -> None:
    """Bring everything that a manifest names, and those that an index lists, into a registry, but for the manifest itself."""
    parsed = parse(manifest.raw, manifest.media_type)
    for child in parsed.children:
        inner = layout.manifest(str(child.digest), child.media_type)
        push(layout, inner, registry, progress)
        registry.push_manifest(inner, str(inner.digest))
    for blob in parsed.blobs:
        digest, size = str(blob.digest), blob.size_bytes
        if registry.has_blob(digest):
            progress(digest, size, "exists")
            continue
        registry.push_blob(digest, size, layout.blob(digest))
        progress(digest, size, "pushed")


def pull(
    registry: Registry, digest: str, layout: ImageLayout, progress: Progress
) -> FetchedManifest:
    """Bring a manifest, and everything that it names, into a layout; return it. Every byte is compared with its digest."""
    manifest = registry.manifest(digest)
    parsed = parse(manifest.raw, manifest.media_type)
    for child in parsed.children:
        pull(registry, str(child.digest), layout, progress)
    for blob in parsed.blobs:
        one, size = str(blob.digest), blob.size_bytes
        if layout.has_blob(one, size):
            progress(one, size, "exists")
            continue
        _keep(registry, layout, one, size)
        progress(one, size, "pulled")
    layout.keep_blob(str(manifest.digest), [manifest.raw])
    return manifest


def _keep(registry: Registry, layout: ImageLayout, digest: str, size: int) -> None:
    """Keep a blob, going on where a cut has left off, also one of an earlier command."""
    for attempt in range(1, _ATTEMPTS + 1):
        start = layout.partial(digest)
        if start >= size:
            start = 0
        try:
            layout.keep_blob(digest, registry.blob(digest, size, start), start)
        except ServerUnreachableError:
            if attempt == _ATTEMPTS:
                raise
        else:
            return
