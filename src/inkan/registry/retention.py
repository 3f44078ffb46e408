"""Retention: how many images of each repository stay. What goes, goes into the trash.

An image stays if any of these is so:

- it is younger than the policy's threshold;
- it has a tag and is among the newest of its repository that have one; or it has none, and the policy keeps those;
- one of its tags is immutable;
- somebody's signed metadata names its digest, whatever its tags are now: whoever pulls with content trust pulls it;
- an index that stays names it, it is attached to an image that stays (a signature, a list of parts), or an image that stays is attached to it.

Signatures that cosign keeps under a tag made of a digest (`sha256-….sig`) count as attached to that digest, not as images.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from inkan.clock import Clock
from inkan.errors import NamespaceUnknownError, TagImmutableError
from inkan.oci.digest import Digest
from inkan.oci.reference import RepositoryName, Tag
from inkan.store.ports import ImmutableTags, Namespaces, Retention
from inkan.store.records import Act, RetainedRecord, RetentionPolicy

logger = logging.getLogger(__name__)
_BY_DIGEST = re.compile(r"sha256-([0-9a-f]{64})(?:\.[A-Za-z0-9_.-]*)?\Z")
THE_POLICY = "retention policy"
"""Who deletes when nobody asked for it; no account has a space in its name."""

SignedDigests = Callable[[RepositoryName], Awaitable[Collection[str]]]
"""Returns every digest that signed metadata of a repository names."""


@dataclass(frozen=True, slots=True)
class Retired:
    """An image that a policy lets go."""

    repository: RepositoryName
    image: RetainedRecord


@dataclass(frozen=True, slots=True)
class RetentionService:
    """Keeps policies and carries them out."""

    retention: Retention
    immutable: ImmutableTags
    namespaces: Namespaces
    signed: SignedDigests
    clock: Clock

    async def set(self, policy: RetentionPolicy) -> None:
        """Let this be the policy of its namespace.

        Raises:
            NamespaceUnknownError: if there is no such namespace.
        """
        await self.retention.set(policy)

    async def list(self) -> Sequence[RetentionPolicy]:
        """Return the policy of every namespace; where none was set, everything stays."""
        found = {one.namespace: one for one in await self.retention.list()}
        return [
            found.get(one.namespace) or RetentionPolicy(one.namespace, None, 0, keeps_untagged=True)
            for one in await self.namespaces.list()
        ]

    async def analyze(self, policy: RetentionPolicy) -> Sequence[Retired]:
        """Return what a policy would let go now; changes nothing.

        Raises:
            NamespaceUnknownError: if there is no such namespace.
        """
        if await self.namespaces.find(str(policy.namespace)) is None:
            raise NamespaceUnknownError(str(policy.namespace))
        patterns = (await self.immutable.list()).get(policy.namespace, ())
        retired: list[Retired] = []
        for repository, images in (await self.retention.list_images(policy.namespace)).items():
            kept = Kept(policy, frozenset(await self.signed(repository)), tuple(patterns))
            gone = doomed(images, kept, self.clock.now())
            retired += [Retired(repository, image) for image in gone]
        return retired

    async def run(self, policy: RetentionPolicy, account: str) -> Sequence[Retired]:
        """Move what a policy lets go into the trash; return what went.

        Raises:
            NamespaceUnknownError: if there is no such namespace.
        """
        act = Act(account, self.clock.now())
        return [one for one in await self.analyze(policy) if await self._retire(one, act)]

    async def _retire(self, one: Retired, act: Act) -> bool:
        # asked again: somebody may have signed it since
        if str(one.image.digest) in await self.signed(one.repository):
            return False
        try:
            return await self.retention.delete(one.repository, one.image, act)
        except TagImmutableError:
            return False

    async def run_all(self) -> None:
        """Carry out every policy, as happens once a day."""
        for policy in await self.retention.list():
            gone = await self.run(policy, THE_POLICY)
            logger.info("retention", extra={"namespace": str(policy.namespace), "images": len(gone)})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """What makes an image of a repository stay."""

    policy: RetentionPolicy
    signed: frozenset[str]
    immutable: tuple[str, ...]

    def stays(self, image: RetainedRecord, now: datetime) -> bool:
        """Return whether an image stays by itself, however many there are."""
        young = timedelta(days=self.policy.threshold_days)
        return (
            image.created_at > now - young
            or str(image.digest) in self.signed
            or any(fnmatchcase(str(tag), one) for tag in image.tags for one in self.immutable)
        )


def doomed(images: Sequence[RetainedRecord], kept: Kept, now: datetime) -> Sequence[RetainedRecord]:
    """Return the images of one repository that go, an index before what it names."""
    by_digest = {image.digest: image for image in images}
    named = {child for image in images for child in image.children}
    attached = {image.digest: _attached(image, by_digest) for image in images}
    tagged = [one for one in images if _names(one.tags) and not attached[one.digest]]
    newest = sorted(tagged, key=lambda one: (one.created_at, str(one.digest)), reverse=True)
    stay = {one.digest for one in newest[: kept.policy.images_per_repository]}
    stay |= {one.digest for one in images if kept.stays(one, now)}
    for one in images:
        is_alone = not (_names(one.tags) or attached[one.digest] or one.digest in named)
        # what is attached to something that is not here may be here before it
        if is_alone and (kept.policy.keeps_untagged or one.subject or one.tags):
            stay.add(one.digest)
    stay = _with_relatives(stay, by_digest, attached)
    return _indexes_first([one for one in images if one.digest not in stay])


def _names(tags: Iterable[Tag]) -> list[Tag]:
    """Return the tags that people gave; one that spells a digest is how cosign attaches a signature."""
    return [tag for tag in tags if not _BY_DIGEST.match(str(tag))]


def _attached(image: RetainedRecord, here: Mapping[Digest, RetainedRecord]) -> list[Digest]:
    spelled = [match[1] for tag in image.tags if (match := _BY_DIGEST.match(str(tag)))]
    subjects = [Digest("sha256", encoded) for encoded in spelled]
    if image.subject is not None:
        subjects.append(image.subject)
    return [one for one in subjects if one in here]


def _with_relatives(
    stay: set[Digest],
    here: Mapping[Digest, RetainedRecord],
    attached: Mapping[Digest, Sequence[Digest]],
) -> set[Digest]:
    """Return what stays with all that it names, is attached to, or has attached."""
    attachments: dict[Digest, list[Digest]] = {}
    for one, subjects in attached.items():
        for subject in subjects:
            attachments.setdefault(subject, []).append(one)
    found: set[Digest] = set()
    todo = list(stay)
    while todo:
        digest = todo.pop()
        if digest in found or digest not in here:
            continue
        found.add(digest)
        todo += [*here[digest].children, *attached[digest], *attachments.get(digest, ())]
    return found


def _indexes_first(images: Sequence[RetainedRecord]) -> Sequence[RetainedRecord]:
    """Return images in an order in which nothing comes before an index that names it."""
    by_digest = {image.digest: image for image in images}
    order: dict[Digest, RetainedRecord] = {}

    def place(image: RetainedRecord) -> None:
        if image.digest in order:
            return
        for child in image.children:
            if child in by_digest:
                place(by_digest[child])
        order[image.digest] = image

    for image in images:
        place(image)
    return list(reversed(order.values()))
