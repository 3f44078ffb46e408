"""Images between layouts and registries: by digest only, each blob once, several at a time, nothing half there.

Blobs first, then the manifests that name them, and an index last: at no moment does a manifest stand for what is not there.

Source: OCI Distribution Specification 1.1 § Push, § Pull.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import Empty, SimpleQueue

from inkan.client.layout import ImageLayout
from inkan.client.progress import Progress, watched
from inkan.client.registry import FetchedManifest, Registry
from inkan.errors import ContentAlteredError, ServerUnreachableError
from inkan.oci.digest import Digest
from inkan.oci.manifest import Descriptor, parse

# docker pulls three layers at a time, and pushes five; each lane is a connection of its own
_LANES = 4
_ATTEMPTS = 5
_INDEX_DEPTH = 4
Find = Callable[[Descriptor], FetchedManifest]


def push(
    layout: ImageLayout, manifest: FetchedManifest, registry: Registry, progress: Progress
) -> None:
    """Bring everything that a manifest names, and those that an index lists, into a registry, but for the manifest itself."""
    manifests, blobs = _everything(
        manifest, lambda one: layout.manifest(str(one.digest), one.media_type)
    )

    def move(lane: Registry, blob: Descriptor) -> str:
        digest = str(blob.digest)
        progress.begin(digest, blob.size_bytes, "Pushing")

        def read(start: int) -> Iterator[bytes]:
            return watched(layout.blob(digest, start), progress, digest, start)

        lane.push_blob(digest, blob.size_bytes, read)
        return "pushed"

    _move_all(registry, blobs, move, lambda lane, blob: lane.has_blob(str(blob.digest)), progress)
    _push_manifests(registry, manifests)


def pull(
    registry: Registry, manifest: FetchedManifest, layout: ImageLayout, progress: Progress
) -> None:
    """Bring a manifest, and everything that it names, into a layout. Every byte is compared with its digest."""
    manifests, blobs = _everything(manifest, lambda one: registry.manifest(str(one.digest)))

    def move(lane: Registry, blob: Descriptor) -> str:
        progress.begin(str(blob.digest), blob.size_bytes, "Pulling")
        _keep(lane, layout, blob, progress)
        return "pulled"

    def is_there(_lane: Registry, blob: Descriptor) -> bool:
        return layout.has_blob(str(blob.digest), blob.size_bytes)

    _move_all(registry, blobs, move, is_there, progress)
    for one in (*manifests, manifest):
        layout.keep_blob(str(one.digest), [one.raw])


def copy(
    source: Registry, manifest: FetchedManifest, destination: Registry, progress: Progress
) -> None:
    """Bring everything that a manifest names from one registry into another, but for the manifest itself; nothing is kept here.

    What the destination has already is not sent; what the same registry holds elsewhere is taken over there.
    """
    manifests, blobs = _everything(manifest, lambda one: source.manifest(str(one.digest)))
    origins: SimpleQueue[Registry] = SimpleQueue()

    def move(lane: Registry, blob: Descriptor) -> str:
        digest, size = str(blob.digest), blob.size_bytes
        if source.is_beside(destination) and lane.mount_blob(digest, source.repository):
            return "mounted"
        progress.begin(digest, size, "Copying")
        with _lane(origins, source) as origin:

            def read(start: int) -> Iterator[bytes]:
                pieces = origin.blob(digest, size, start)
                # a piece of it cannot be compared; the destination compares the whole in any case
                checked = pieces if start else _checked(pieces, blob.digest)
                return watched(checked, progress, digest, start)

            lane.push_blob(digest, size, read)
        return "copied"

    try:
        _move_all(
            destination, blobs, move, lambda lane, blob: lane.has_blob(str(blob.digest)), progress
        )
    finally:
        _close(origins)
    _push_manifests(destination, manifests)


# --- parts ----------------------------------------------------------------------------------------


def _everything(
    manifest: FetchedManifest, find: Find, depth: int = _INDEX_DEPTH
) -> tuple[list[FetchedManifest], list[Descriptor]]:
    """Return the manifests below one, those that are named first, and every blob once."""
    parsed = parse(manifest.raw, manifest.media_type)
    manifests: list[FetchedManifest] = []
    blobs = {one.digest: one for one in parsed.blobs if not one.may_be_elsewhere}
    for child in parsed.children if depth else ():
        inner = find(child)
        below, more = _everything(inner, find, depth - 1)
        manifests += [*below, inner]
        blobs |= {one.digest: one for one in more}
    return manifests, list(blobs.values())


def _push_manifests(registry: Registry, manifests: Iterable[FetchedManifest]) -> None:
    for one in manifests:
        if not registry.has_manifest(str(one.digest)):
            registry.push_manifest(one, str(one.digest))


def _move_all(registry: Registry, blobs: Sequence[Descriptor], move: Callable[[Registry, Descriptor], str],
              is_there: Callable[[Registry, Descriptor], bool], progress: Progress) -> None:  # fmt: skip
    """Move blobs, several at a time; the first failure ends it once the others have come to their ends."""
    lanes: SimpleQueue[Registry] = SimpleQueue()

    def one_blob(blob: Descriptor) -> None:
        with _lane(lanes, registry) as lane:
            outcome = "exists" if is_there(lane, blob) else move(lane, blob)
        progress.end(str(blob.digest), blob.size_bytes, outcome)

    pool = ThreadPoolExecutor(min(_LANES, len(blobs)) or 1)
    try:
        for done in [pool.submit(one_blob, blob) for blob in blobs]:
            done.result()
    finally:
        pool.shutdown(cancel_futures=True)
        _close(lanes)


@contextmanager
def _lane(idle: SimpleQueue[Registry], registry: Registry) -> Iterator[Registry]:
    """Give a lane that nobody uses, a new one where all are in use."""
    try:
        lane = idle.get_nowait()
    except Empty:
        lane = registry.lane()
    try:
        yield lane
    finally:
        idle.put(lane)


def _close(idle: SimpleQueue[Registry]) -> None:
    while not idle.empty():
        idle.get().close()


def _keep(registry: Registry, layout: ImageLayout, blob: Descriptor, progress: Progress) -> None:
    """Keep a blob, going on where a cut has left off, also one of an earlier command."""
    digest, size = str(blob.digest), blob.size_bytes
    for attempt in range(1, _ATTEMPTS + 1):
        start = layout.partial(digest)
        if start >= size:
            start = 0
        try:
            pieces = watched(registry.blob(digest, size, start), progress, digest, start)
            layout.keep_blob(digest, pieces, start)
        except ServerUnreachableError:
            if attempt == _ATTEMPTS:
                raise
        else:
            return


def _checked(pieces: Iterable[bytes], digest: Digest) -> Iterator[bytes]:
    """Yield pieces; fail at their end if they are not what their digest says."""
    hasher = hashlib.new(digest.algorithm)
    for piece in pieces:
        hasher.update(piece)
        yield piece
    if hasher.hexdigest() != digest.encoded:
        raise ContentAlteredError(str(digest))
