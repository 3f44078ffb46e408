"""What a program uses: `from inkan.client import Client`.

```python
from inkan.client import Client

found = Client().resolve("registry.example.com/team/app:1.0")
print(found.digest, found.signers)
```

Every refusal is an error of `inkan.errors`; nothing is printed, nobody is asked. Passphrases come from the variables of `inkan.client.passphrases`, credentials from docker's
configuration or `INKAN_USERNAME` and `INKAN_PASSWORD`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from inkan.client import pins
from inkan.client.engine import Engine
from inkan.client.passphrases import Passphrases, nobody_to_ask
from inkan.client.places import Kind, Place
from inkan.client.progress import Progress, Silence
from inkan.client.registry import FetchedManifest, Registry
from inkan.client.targets import located
from inkan.client.transfer import copy, pull, push
from inkan.client.trust_updater import Collection
from inkan.client.trusted_repository import TrustedRepository
from inkan.clock import SystemClock
from inkan.errors import (
    ContentAlteredError,
    ReferenceInvalidError,
    RequestInvalidError,
    TargetUnsignedError,
)
from inkan.oci.digest import Digest
from inkan.oci.manifest import parse
from inkan.oci.platform import Platform, choose
from inkan.oci.reference import Reference, Tag
from inkan.tuf.pinning import Pins

_TAG_NEEDED = "no tag specified; a tag is mandatory with content trust"
# what docker takes where no tag is said, and content trust is off
_LATEST = Tag("latest")


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a tag stands for.

    Attributes:
        image: the whole name, host and tag included.
        digest: of its manifest.
        size_bytes: of its manifest; nothing where only the digest was given.
        signers: who signed just that; empty where it was signed by the repository's own key alone.
        is_verified: whether signatures vouch for it; a digest that a person named vouches for itself.
        is_fresh: whether the trust server said that this is the newest.
        new_keys: the folder of keys that were made to sign it, which are nowhere else yet.
    """

    image: Reference
    digest: str
    size_bytes: int | None = None
    signers: tuple[str, ...] = ()
    is_verified: bool = True
    is_fresh: bool = True
    new_keys: Path | None = None


@dataclass(frozen=True, slots=True)
class Client:
    """Signs, verifies, pushes, pulls and copies as one person, with the keys and the cache of docker's folder.

    Attributes:
        passphrases: where those of key files come from.
        progress: is told how far transfers are.
        tell: takes a line for people.
        clock: gives the instant of each look.
    """

    passphrases: Passphrases = field(default_factory=lambda: Passphrases(nobody_to_ask))
    progress: Progress = field(default_factory=Silence)
    tell: Callable[[str], None] = lambda _line: None
    clock: Callable[[], datetime] = SystemClock().now

    def repository(self, image: str | Reference) -> TrustedRepository:
        """Return the trusted repository of an image, for everything that there is to do with one.

        Raises:
            SettingInvalidError: if pins or the trust server's address cannot be used.
        """
        pinned: Pins = pins.load()
        return TrustedRepository.of(located(image), self.passphrases, pinned, self.clock, self.tell)

    def resolve(self, image: str | Reference, *, offline: bool = False) -> Resolved:
        """Return the digest that a tag is signed as, verified, and the newest unless offline.

        Args:
            image: with a tag.
            offline: whether what is known may do, while it is good.

        Raises:
            ReferenceInvalidError: if there is no tag.
            RepositoryUnknownError: if nothing is signed there.
            UntrustedError: if it was checked, and is bad.
            FreshnessUnprovenError: if the trust server could not be asked.
        """
        reference = _tagged(image)
        return self._resolved(reference, self._look(reference, offline=offline))

    def require_signed(self, image: str | Reference, *, offline: bool = False) -> Resolved:
        """Return who signed a digest, once a tag of its repository is released as just that: a digest alone says what bytes are, not whose.

        Args:
            image: with a digest.
            offline: whether what is known may do, while it is good.

        Raises:
            ReferenceInvalidError: if there is no digest.
            TargetUnsignedError: if no tag is signed as the digest.
            UntrustedError, FreshnessUnprovenError: as `resolve`.
        """
        reference = located(image)
        if reference.digest is None:
            raise ReferenceInvalidError(str(image), "name a digest")
        collection = self._look(reference, offline=offline)
        tags = collection.tags_of(reference.digest)
        if not tags:
            raise TargetUnsignedError(str(reference.digest))
        signers = sorted({name for tag in tags for name in collection.signers(tag)})
        length = collection.resolve(tags[0]).length
        return Resolved(
            reference, str(reference.digest), length, tuple(signers), is_fresh=collection.is_fresh
        )

    def _look(self, reference: Reference, *, offline: bool) -> Collection:
        collection = self.repository(reference).look(offline=offline)
        for role, error in collection.skipped.items():
            self.tell(f"{role} does not verify and was left out: {error}")
        if not collection.is_remembered:
            self.tell(
                "The trust folder cannot be written: what was seen is not remembered, and a later rollback would go unnoticed"
            )
        return collection

    def sign(self, image: str | Reference, *, digest: str | None = None) -> Resolved:
        """Sign what a tag names in the registry: it is asked for once, and that is what is signed.

        Args:
            image: with a tag.
            digest: what the tag has to name; anything else is not signed.

        Raises:
            RequestInvalidError: if the tag names something else.
            NotFoundError: if there is no such tag, or no key here may sign.
        """
        reference = _tagged(image)
        manifest = Registry.of(reference).manifest(str(reference.tag))
        if digest is not None and digest != str(manifest.digest):
            raise RequestInvalidError(
                f"{image} is {manifest.digest}, not {digest}; nothing was signed"
            )
        return self._signed(reference, manifest)

    def publish(self, image: str | Reference, digest: str, size_bytes: int) -> Resolved:
        """Sign a digest for a tag, without asking any registry: for what was built, checked and pushed elsewhere.

        Raises:
            DigestInvalidError: if it is no digest.
            RequestInvalidError: if it is none that can be signed.
            NotFoundError: if no key here may sign.
        """
        reference = _tagged(image)
        signed = Digest.parse(digest)
        if signed.algorithm != "sha256":
            raise RequestInvalidError("content trust signs SHA-256 only")
        self.repository(reference).sign(
            str(reference.tag), bytes.fromhex(signed.encoded), size_bytes
        )
        return Resolved(reference, digest, size_bytes)

    def push(self, image: str | Reference, source: Place, *, signed: bool = True, platform: Platform | None = None) -> Resolved:  # fmt: skip
        """Push an image and sign it. The tag is set last, once the signature is made: a tag is signed, or it is not moved.

        Args:
            image: with a tag; unsigned, it is `latest` where none is said.
            source: where the image is.
            signed: whether to sign.
            platform: which image of an index, alone; the whole index where none is said.

        Raises:
            NotFoundError: if the image is not there, or no key here may sign.
        """
        reference = _tagged(image, or_latest=not signed)
        registry = Registry.of(reference)
        with source.layout() as layout:
            manifest = source.take(layout, reference, platform)
            push(layout, manifest, registry, self.progress)
        return self._release(reference, registry, manifest, signed=signed)

    def pull(self, image: str | Reference, destination: Place, *, verified: bool = True, offline: bool = False,
             platform: Platform | None = None) -> Resolved:  # fmt: skip
        """Pull what a tag is signed as. From the signature on there are digests only.

        Args:
            image: with a tag or a digest; unverified, it is `latest` where neither is said.
            destination: where the image goes.
            verified: whether a tag is what is signed, or what the registry says.
            offline: whether what is known of signatures may do, while it is good.
            platform: which image of an index, alone; an engine takes the one for itself.

        Raises:
            UntrustedError: if it was checked, and is bad.
        """
        reference = located(image) if verified else _tagged_or_digest(image)
        registry = Registry.of(reference)
        found = self._find(reference, registry, verified=verified, offline=offline)
        if destination.kind is Kind.ENGINE:
            platform = platform or Engine().platform()
        manifest = self._manifest(registry, found, platform)
        with destination.layout() as layout:
            pull(registry, manifest, layout, self.progress)
            destination.keep(layout, manifest, reference)
        return replace(found, digest=str(manifest.digest), size_bytes=len(manifest.raw))

    def copy(self, source: str | Reference, destination: str | Reference, *, trusted: bool = True,
             platform: Platform | None = None) -> Resolved:  # fmt: skip
        """Copy an image from registry to registry: what its tag is signed as there, signed here. Nothing is kept on this machine.

        Args:
            source: with a tag or a digest; a digest vouches for itself.
            destination: with a tag.
            trusted: whether the source's tag is verified, and the destination's signed.
            platform: which image of an index, alone.

        Raises:
            UntrustedError: if it was checked, and is bad.
        """
        origin = located(source) if trusted else _tagged_or_digest(source)
        reference = _tagged(destination, or_latest=not trusted)
        theirs, ours = Registry.of(origin), Registry.of(reference)
        found = self._find(origin, theirs, verified=trusted, offline=False)
        manifest = self._manifest(theirs, found, platform)
        copy(theirs, manifest, ours, self.progress)
        return self._release(reference, ours, manifest, signed=trusted)

    # --- parts ----------------------------------------------------------------------------------

    def _find(self, reference: Reference, registry: Registry, *, verified: bool, offline: bool) -> Resolved:  # fmt: skip
        if reference.digest is not None:
            return Resolved(reference, str(reference.digest))
        if verified:
            found = self.resolve(reference, offline=offline)
            self.tell(f"Pull (1 of 1): {reference}@{found.digest}")
            return found
        manifest = registry.manifest(str(_tagged(reference).tag))
        self.tell("Content trust is off: this tag is not verified")
        return Resolved(reference, str(manifest.digest), len(manifest.raw), is_verified=False)

    @staticmethod
    def _manifest(
        registry: Registry, found: Resolved, platform: Platform | None
    ) -> FetchedManifest:
        """Return what was resolved, or of an index the image for one platform: its digest is vouched for by the index."""
        manifest = registry.manifest(found.digest)
        if found.size_bytes is not None and len(manifest.raw) != found.size_bytes:
            raise ContentAlteredError(found.digest)
        children = parse(manifest.raw, manifest.media_type).children
        if platform is None or not children:
            return manifest
        return registry.manifest(str(choose(children, platform).digest))

    def _release(self, reference: Reference, registry: Registry, manifest: FetchedManifest, *, signed: bool) -> Resolved:  # fmt: skip
        tag = str(reference.tag)
        if not signed:
            registry.push_manifest(manifest, tag)
            return Resolved(reference, str(manifest.digest), len(manifest.raw), is_verified=False)
        # by digest first: the signature is made over what is there, and the tag follows it
        registry.push_manifest(manifest, str(manifest.digest))
        found = self._signed(reference, manifest)
        registry.push_manifest(manifest, tag)
        return found

    def _signed(self, reference: Reference, manifest: FetchedManifest) -> Resolved:
        self.tell("Signing and pushing image metadata.")
        repository, digest = self.repository(reference), hashlib.sha256(manifest.raw).digest()
        begun = repository.sign(str(reference.tag), digest, len(manifest.raw))
        folder = repository.keys.path if begun else None
        return Resolved(reference, str(manifest.digest), len(manifest.raw), new_keys=folder)

    @staticmethod
    def _resolved(reference: Reference, collection: Collection) -> Resolved:
        tag = str(reference.tag)
        target = collection.resolve(tag)
        return Resolved(
            reference,
            f"sha256:{target.sha256}",
            target.length,
            collection.signers(tag),
            is_fresh=collection.is_fresh,
        )


def folder(path: str | Path) -> Place:
    """Return an OCI image layout in a folder as a place to push from or to pull into."""
    return Place(Kind.FOLDER, Path(path))


def _tagged(image: str | Reference, *, or_latest: bool = False) -> Reference:
    reference = located(image)
    if reference.digest is not None:
        raise ReferenceInvalidError(str(image), "cannot use a digest reference; name a tag")
    if reference.tag is None and or_latest:
        return replace(reference, tag=_LATEST)
    if reference.tag is None:
        raise ReferenceInvalidError(str(image), _TAG_NEEDED)
    return reference


def _tagged_or_digest(image: str | Reference) -> Reference:
    """Return the image to take unverified: as docker does, the newest is called `latest` where nothing else is said."""
    reference = located(image)
    return reference if reference.digest is not None else _tagged(reference, or_latest=True)
