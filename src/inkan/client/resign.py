"""The same images under another name: what is signed under the old one is brought there, by digest, and signed there.

A signature belongs to the whole name, host and port included: a registry that moves or is renamed has to be signed anew (S46 to S49). Bytes that the new name's registry holds already
are not sent again.
"""

from collections.abc import Callable, Sequence

from inkan.client.progress import Silence
from inkan.client.registry import Registry
from inkan.client.transfer import copy
from inkan.client.trusted_repository import TrustedRepository
from inkan.errors import NotFoundError, RequestInvalidError
from inkan.oci.reference import Reference
from inkan.tuf.delegations import released
from inkan.tuf.target import Target

Tell = Callable[[str], None]


def resign(
    old: tuple[Reference, TrustedRepository],
    new: tuple[Reference, TrustedRepository],
    tags: Sequence[str],
    tell: Tell,
) -> list[str]:
    """Sign under a new name what is signed under an old one; return the tags.

    Args:
        old: the old name, and its repository.
        new: the new name, and its repository.
        tags: which; all that are released, where none is named.
        tell: takes a line of progress.

    Raises:
        TargetUnsignedError: if a tag is not released under the old name.
        RequestInvalidError: if nothing is.
    """
    collection = old[1].look()
    chosen = list(tags) or sorted(released(collection.files))
    if not chosen:
        raise RequestInvalidError(f"nothing is signed in {old[1].gun}")
    source, destination = Registry.of(old[0]), Registry.of(new[0])
    for tag in chosen:
        target = collection.resolve(tag)
        _bring(source, destination, tag, target)
        new[1].sign(tag, bytes.fromhex(target.sha256), target.length)
        tell(f"Successfully signed {new[1].gun}:{tag}")
    return chosen


def _bring(source: Registry, destination: Registry, tag: str, target: Target) -> None:
    digest = f"sha256:{target.sha256}"
    try:
        manifest = destination.manifest(digest)
    except NotFoundError:
        manifest = source.manifest(digest)
        copy(source, manifest, destination, Silence())
    destination.push_manifest(manifest, tag)
