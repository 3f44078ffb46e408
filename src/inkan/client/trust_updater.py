"""Brings a collection up to date: feeds the server's bytes, in order, into `tuf/trusted_set`; keeps what is verified.

"Could not be asked" and "asked and bad" never meet: without the server, what is cached is used only when the caller said offline, and only while it is good.

Source: TUF 1.0 § 5; Notary v1, `client/tufclient.go`, whose fallbacks are not followed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from inkan import limits
from inkan.client.trust_cache import TrustCache
from inkan.client.trust_server import TrustServer
from inkan.errors import (
    BodyTooLargeError,
    CorruptError,
    FreshnessUnprovenError,
    InkanError,
    InvalidError,
    MetadataInvalidError,
    MetadataMismatchError,
    MetadataUnknownError,
    RepositoryUnknownError,
    ServerUnreachableError,
    SignatureThresholdError,
    TargetUnsignedError,
    UnavailableError,
    UntrustedError,
)
from inkan.oci.digest import Digest
from inkan.tuf.delegations import may_sign, released
from inkan.tuf.metadata import Announcement, Root, Targets, parse_root
from inkan.tuf.pinning import Pins
from inkan.tuf.roles import RELEASES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.target import Target
from inkan.tuf.trusted_set import TrustedSet

ROOTS_FOLLOWED = 256
CLOCK_SKEW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Collection:
    """A verified collection.

    Attributes:
        trusted: root, timestamp, snapshot, targets and delegations.
        skipped: delegations that did not verify, and why.
        is_fresh: whether the server said that this is the newest.
        is_remembered: whether it could be kept, so that a later look finds out a rollback.
    """

    gun: str
    trusted: TrustedSet
    skipped: dict[RoleName, InkanError] = field(default_factory=dict)
    is_fresh: bool = True
    is_remembered: bool = True

    @property
    def root(self) -> Root:
        """The root in force."""
        return self.trusted.root

    @property
    def files(self) -> dict[RoleName, Targets]:
        """Targets and delegations by role."""
        return self.trusted.targets

    def resolve(self, tag: str) -> Target:
        """Return what a tag is released as: by `targets/releases`, else by `targets`.

        A released role that did not verify is no reason to believe an older one (finding 6.4 of the reference run).

        Raises:
            TargetUnsignedError: if nobody has released it.
            UntrustedError: if `targets/releases` does not verify.
        """
        if RELEASES in self.skipped:
            raise UntrustedError(
                f"{RELEASES} of {self.gun} does not verify: {self.skipped[RELEASES]}; whoever may sign it repairs it with: "
                f"inkan trust repair {self.gun}"
            ) from self.skipped[RELEASES]
        for role in (RELEASES, TARGETS):
            listed = self.files[role].targets if role in self.files else {}
            if tag in listed and may_sign(self.files, role, tag):
                target = listed[tag]
                if not target.sha256:
                    raise UntrustedError(f"{tag} is signed without a SHA-256")
                return target
        raise TargetUnsignedError(tag)

    def tags_of(self, digest: Digest) -> tuple[str, ...]:
        """Return the tags that are released as a digest; none where a released role did not verify."""
        if digest.algorithm != "sha256" or RELEASES in self.skipped:
            return ()
        found = released(self.files).items()
        return tuple(sorted(tag for tag, one in found if one.digest == digest.encoded))

    def signers(self, tag: str) -> tuple[str, ...]:
        """Return who signed what a tag is released as."""
        found = released(self.files).get(tag)
        return found.signers if found else ()


@dataclass(frozen=True, slots=True)
class TrustUpdater:
    """Updates one collection.

    Attributes:
        now: the one instant of this update.
        is_offline: whether the cache may do, while it is good.
    """

    server: TrustServer
    cache: TrustCache
    pins: Pins
    now: datetime
    is_offline: bool = False

    def update(self) -> Collection:
        """Return the verified collection, having kept what is new.

        Raises:
            RepositoryUnknownError: if the server has no such collection and we know of none.
            UntrustedError: if something was checked, and is bad.
            FreshnessUnprovenError: if the server could not be asked, and what is known may be old.
        """
        with self.cache.hold():
            try:
                return self._update_or_again()
            except (MetadataInvalidError, BodyTooLargeError) as error:
                # whoever asked has said nothing invalid: what came was looked at, and is bad
                raise UntrustedError(f"{self.server.gun} does not verify: {error}") from error

    def _update_or_again(self) -> Collection:
        try:
            return self._update()
        except (MetadataMismatchError, MetadataUnknownError, SignatureThresholdError):
            # somebody published between two of our requests, perhaps a root with another timestamp key: the second look sees one state
            return self._update()

    def _update(self) -> Collection:
        memory = self.cache.memory()
        if memory.seen is not None and self.now < memory.seen - CLOCK_SKEW:
            # a clock that was set back makes old files look good
            raise FreshnessUnprovenError(
                f"this machine's clock says {self.now:%Y-%m-%d}, but on {memory.seen:%Y-%m-%d} {self.server.gun} was verified already; "
                f"set it right, or if it was wrong then: inkan trust forget {self.server.gun}"
            )
        trusted = TrustedSet(self.server.gun, self._known_root(), memory.floors, self.now)
        self._follow_roots(trusted)
        trusted.finish_root()
        is_fresh = self._load_timestamp(trusted)
        assert trusted.timestamp is not None
        trusted.update_snapshot(self._announced(trusted.timestamp, SNAPSHOT))
        assert trusted.snapshot is not None
        trusted.update_targets(self._announced(trusted.snapshot, TARGETS))
        skipped = self._load_delegations(trusted)
        files = {
            ROOT: trusted.root,
            TIMESTAMP: trusted.timestamp,
            SNAPSHOT: trusted.snapshot,
            **trusted.targets,
        }
        kept = self.cache.write(
            {role: file.raw for role, file in files.items()}, trusted.floors, self.now
        )
        return Collection(self.server.gun, trusted, skipped, is_fresh, kept)

    def _known_root(self) -> Root:
        cached = self.cache.read(ROOT)
        if cached is not None:
            try:
                root = parse_root(cached)
            except InvalidError as error:
                # never taken for "not known": that would be trust on first use, for whoever can damage a file
                raise CorruptError(
                    f"the cached root of {self.server.gun} is damaged ({error}); restore it, or forget it with: inkan trust forget {self.server.gun}"
                ) from error
            self.pins.require(root, self.server.gun, self.now)
            return root
        try:
            root = parse_root(self.server.fetch("root", limits.ROOT_FILE_BYTES))
        except MetadataUnknownError as error:
            raise RepositoryUnknownError(self.server.gun) from error
        self.pins.establish(root, self.server.gun, self.now)
        return root

    def _follow_roots(self, trusted: TrustedSet) -> None:
        if self.is_offline:
            return
        for _ in range(ROOTS_FOLLOWED):
            try:
                raw = self.server.fetch(f"{trusted.root.version + 1}.root", limits.ROOT_FILE_BYTES)
            except MetadataUnknownError:
                return
            except UnavailableError as error:
                raise FreshnessUnprovenError(
                    f"whether there is a newer root is unknown: {error}"
                ) from error
            root = trusted.update_root(raw)
            self.pins.require(root, self.server.gun, self.now)
            # each verified root is kept before the next is asked for, so that a broken update goes on from here
            self.cache.write({ROOT: raw}, trusted.floors, self.now)
        raise UntrustedError(f"{self.server.gun} has more than {ROOTS_FOLLOWED} new roots at once")

    def _load_timestamp(self, trusted: TrustedSet) -> bool:
        if not self.is_offline:
            try:
                trusted.update_timestamp(
                    self.server.fetch("timestamp", limits.TIMESTAMP_FILE_BYTES)
                )
            except ServerUnreachableError as error:
                raise FreshnessUnprovenError(_unproven(error)) from error
            except MetadataUnknownError as error:
                if self.cache.read(TIMESTAMP) is None:
                    raise
                raise FreshnessUnprovenError(
                    f"the server has no timestamp any more: {error}"
                ) from error
            return True
        cached = self.cache.read(TIMESTAMP)
        if cached is None:
            raise FreshnessUnprovenError(
                f"nothing is known of {self.server.gun}; --offline needs an earlier look"
            )
        trusted.update_timestamp(cached)
        return False

    def _announced(self, parent: Announcement, role: RoleName) -> bytes:
        """Return the file that a parent announces: from the cache if it is that one, else from the server by its hash."""
        meta = parent.meta[role]
        cached = self.cache.read(role)
        if cached is not None:
            try:
                meta.require_match(role, cached)
            except MetadataMismatchError:
                cached = None
        if cached is not None:
            return cached
        if self.is_offline:
            raise FreshnessUnprovenError(f"the {role} that is announced is not in the cache")
        cap = min(meta.length, limits.METADATA_FILE_BYTES)
        try:
            return self.server.fetch(f"{role}.{meta.hashes['sha256'].hex()}", cap)
        except ServerUnreachableError as error:
            raise FreshnessUnprovenError(_unproven(error)) from error

    def _load_delegations(self, trusted: TrustedSet) -> dict[RoleName, InkanError]:
        skipped: dict[RoleName, InkanError] = {}
        assert trusted.snapshot is not None
        for role in _downwards(trusted):
            if not trusted.lists(role):
                continue
            try:
                trusted.update_delegation(self._announced(trusted.snapshot, role), role)
            except (UntrustedError, InvalidError) as error:
                skipped[role] = error
        return skipped


def _downwards(trusted: TrustedSet) -> Iterator[RoleName]:
    waiting = [TARGETS]
    while waiting:
        parent = trusted.targets.get(waiting.pop(0))
        if parent is None:
            continue
        for delegation in parent.delegations:
            yield delegation.role
            waiting.append(delegation.role)


def _unproven(error: Exception) -> str:
    return f"freshness not proven: {error}; --offline uses what is known until it expires"
