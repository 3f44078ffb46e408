"""A repository with content trust: look, sign, revoke, and name signers, as `docker trust` does and notary, on the same keys and the same cache.

Every act begins with a verified look, makes the next files of the roles it changes, signs them with keys of the person's folder, and publishes them together. If somebody else
published meanwhile, it is done anew on what they made.

Source: docker CLI, `cli/command/trust`; Notary v1, `client/client.go`; finding 13, 14 and 20 of the reference run for what is done otherwise.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from inkan import limits
from inkan.client.environment import docker_folder
from inkan.client.passphrases import Passphrases
from inkan.client.trust_cache import TrustCache
from inkan.client.trust_server import TrustServer
from inkan.client.trust_updater import Collection, TrustUpdater
from inkan.errors import (
    ConflictError,
    KeyInvalidError,
    NotFoundError,
    RepositoryUnknownError,
    RequestInvalidError,
    TargetUnsignedError,
)
from inkan.keys.folder import KeyFolder
from inkan.oci.reference import Reference
from inkan.tuf import changes
from inkan.tuf.announcements import announce
from inkan.tuf.changes import Signature
from inkan.tuf.keys import PublicKey
from inkan.tuf.metadata import Delegation, Targets, parse_root, parse_targets
from inkan.tuf.pinning import Pins
from inkan.tuf.roles import RELEASES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.sign import EcdsaSigner, ListedSigner, Signer, sign, wrapped
from inkan.tuf.verify import RoleKeys

Files = dict[RoleName, bytes]
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class TrustedRepository:
    """One collection, and a person's keys.

    Attributes:
        clock: gives the instant of each look.
        tell: takes a line of progress.
    """

    server: TrustServer
    cache: TrustCache
    keys: KeyFolder
    passphrases: Passphrases
    pins: Pins
    clock: Callable[[], datetime]
    tell: Callable[[str], None]

    @classmethod
    def of(cls, reference: Reference, passphrases: Passphrases, pins: Pins, clock: Callable[[], datetime],
           tell: Callable[[str], None]) -> "TrustedRepository":  # fmt: skip
        """Return the repository of an image, with docker's folders."""
        gun = f"{reference.host}/{reference.repository}"
        keys = KeyFolder(docker_folder() / "trust")
        return cls(
            TrustServer.of(reference), TrustCache.of(gun), keys, passphrases, pins, clock, tell
        )

    @property
    def gun(self) -> str:
        """The collection's name."""
        return self.server.gun

    def look(self, *, offline: bool = False) -> Collection:
        """Return the verified collection.

        Raises:
            RepositoryUnknownError: if there is none.
            UntrustedError: if it does not verify.
            FreshnessUnprovenError: if the server could not be asked.
        """
        updater = TrustUpdater(self.server, self.cache, self.pins, self.clock(), is_offline=offline)
        return updater.update()

    # --- acts -----------------------------------------------------------------------------------

    def sign(self, tag: str, sha256: bytes, length: int) -> bool:
        """Release a tag: by whichever roles our keys may sign it in, and by `targets` alone while there are no signers.

        Returns:
            whether the collection was begun for it, with new keys.

        Raises:
            NotFoundError: if none of the keys here may sign.
        """
        wanted = [Signature(tag, sha256, length)]

        def make(collection: Collection, now: datetime) -> Files:
            return {
                role: self._signed(changes.sign_tags(collection.files.get(role), wanted, now), keys)
                for role, keys in self._signing_roles(collection, tag).items()
            }

        begun = self._ensure_begun()
        self._publish(make)
        return begun

    def revoke(self, tags: Sequence[str]) -> list[RoleName]:
        """Take tags back from every role that holds them, so that nobody releases them any more; return those roles.

        Raises:
            TargetUnsignedError: if a tag is not released.
            NotFoundError: if a role that releases one is not ours to sign.
        """
        touched: list[RoleName] = []

        def make(collection: Collection, now: datetime) -> Files:
            touched.clear()
            for tag in tags:
                if not any(tag in file.targets for file in collection.files.values()):
                    raise TargetUnsignedError(tag)
            files: Files = {}
            for role, file in collection.files.items():
                held = [tag for tag in tags if tag in file.targets]
                keys = self._role_keys(collection, role)
                if not held:
                    continue
                if self._find(keys) is None:
                    if role in (TARGETS, RELEASES):
                        raise NotFoundError(
                            f"{held[0]} is released by {role}, for which no key is here; ask whoever may sign it"
                        )
                    continue
                files[role] = self._signed(changes.revoke_tags(file, held, now), keys)
                touched.append(role)
            return files

        self._publish(make)
        return touched

    def add_signer(self, name: str, keys: Sequence[PublicKey]) -> None:
        """Let a signer sign every tag."""

        def make(collection: Collection, now: datetime) -> Files:
            draft = changes.add_signer(collection.files[TARGETS], name, keys, now)
            return {TARGETS: self._signed(draft, collection.root.role_keys(TARGETS))}

        self._ensure_begun()
        self._publish(make)

    def remove_signer(self, name: str, *, force: bool = False) -> list[str]:
        """Remove a signer; return the tags that nobody releases any more.

        What others have signed as well stays released: the role is signed anew by a key that stays, if one is here.

        Raises:
            NotFoundError: if there is no such signer.
            ConflictError: if tags would be released by nobody, unless forced.
        """
        lost: list[str] = []

        def make(collection: Collection, now: datetime) -> Files:
            delegation = collection.files[TARGETS].find_delegation(RoleName(f"targets/{name}"))
            if delegation is None:
                raise NotFoundError(f"no signer {name} for repository {self.gun}")
            draft = changes.remove_signer(collection.files[TARGETS], name, now)
            files: Files = {TARGETS: self._signed(draft, collection.root.role_keys(TARGETS))}
            lost[:] = self._carry_on(files, collection, delegation, now)
            if lost and not force:
                raise ConflictError(
                    f"only {name} has signed {', '.join(lost[:5])} last; removing them leaves these tags without a signature: "
                    "have another signer sign them first, or say --force"
                )
            return files

        self._publish(make)
        return lost

    def witness(self, roles: Sequence[RoleName]) -> None:
        """Sign roles anew as they stand.

        Raises:
            NotFoundError: if a role has no file that verifies, or no key here may sign it.
        """

        def make(collection: Collection, now: datetime) -> Files:
            missing = [str(role) for role in roles if role not in collection.files]
            if missing:
                raise NotFoundError(
                    f"{missing[0]} of {self.gun} does not verify or is not there; see: inkan trust repair"
                )
            return {
                role: self._signed(
                    changes.witness(collection.files[role], now), self._role_keys(collection, role)
                )
                for role in roles
            }

        self._publish(make)

    def stuck(self) -> dict[RoleName, Targets]:
        """Return the files of roles that do not verify, as the snapshot announces them: nobody has vouched for what they say."""
        collection = self.look()
        snapshot = collection.trusted.snapshot
        assert snapshot is not None
        files = {}
        for role in collection.skipped:
            digest = snapshot.meta[role].hashes["sha256"].hex()
            raw = self.server.fetch(f"{role}.{digest}", limits.METADATA_FILE_BYTES)
            snapshot.meta[role].require_match(role, raw)
            files[role] = parse_targets(raw, role)
        return files

    def vouch(self, stuck: Mapping[RoleName, Targets]) -> None:
        """Sign what stuck roles say, and so vouch for it; a person has seen it before.

        Raises:
            NotFoundError: if no key here may sign a role.
        """

        def make(collection: Collection, now: datetime) -> Files:
            return {
                role: self._signed(changes.witness(file, now), self._role_keys(collection, role))
                for role, file in stuck.items()
            }

        self._publish(make)

    def rotate(self, role: RoleName, *, remote: bool = False) -> None:
        """Give a base role a new key: one of ours, or for snapshot and timestamp one of the server's."""

        def make(collection: Collection, now: datetime) -> Files:
            old = self._open(collection.root.role_keys(ROOT))
            if remote:
                key, signers = self.server.rotate_key(role), [old]
            else:
                fresh = EcdsaSigner.generate()
                gun = "" if role == ROOT else self.gun
                self.keys.add(fresh, str(role), gun, self.passphrases.new(str(role)))
                listed = wrapped(self.gun, fresh, now) if role == ROOT else fresh
                key, signers = listed.public_key, [old, listed] if role == ROOT else [old]
            files = {ROOT: sign(changes.rotate(collection.root, role, key, now), signers)}
            if role == TARGETS:
                files[TARGETS] = sign(changes.witness(collection.files[TARGETS], now), [fresh])
            return files

        if role == TIMESTAMP and not remote:
            raise RequestInvalidError(
                "the timestamp key is always the server's: rotate it with --server-managed"
            )
        self._publish(make)

    def begin(self) -> None:
        """Make a collection: a root key if there is none, a key for targets, and the server's keys.

        Raises:
            PassphraseRequiredError: if keys have to be made or opened and there is nobody to ask.
        """
        now = self.clock()
        root = wrapped(self.gun, self._root_signer(), now)
        targets = EcdsaSigner.generate()
        self.keys.add(targets, "targets", self.gun, self.passphrases.new("targets"))
        roles = {ROOT: root.public_key, TARGETS: targets.public_key,
                 SNAPSHOT: self.server.key(SNAPSHOT), TIMESTAMP: self.server.key(TIMESTAMP)}  # fmt: skip
        self.server.publish(
            {
                ROOT: sign(changes.first_root(roles, now), [root]),
                TARGETS: sign(changes.first_targets(now), [targets]),
            }
        )
        self.tell(f'Finished initializing "{self.gun}"')

    # --- parts ----------------------------------------------------------------------------------

    def _ensure_begun(self) -> bool:
        try:
            self.look()
        except RepositoryUnknownError:
            self.begin()
            return True
        return False

    def _publish(self, make: Callable[[Collection, datetime], Files]) -> None:
        # commands on this machine take turns; only others can be faster
        with self.cache.hold("act"):
            self._publish_in_turn(make)

    def _publish_in_turn(self, make: Callable[[Collection, datetime], Files]) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            collection = self.look()
            files = make(collection, self.clock())
            self._add_own_snapshot(files, collection)
            try:
                self.server.publish(files)
            except RequestInvalidError:
                # somebody was faster: their version is there now, and ours is made anew on it
                if attempt == _ATTEMPTS or not self._has_moved(collection):
                    raise
            else:
                self.look()
                return

    def _has_moved(self, before: Collection) -> bool:
        after = self.look()
        return {r: f.version for r, f in after.files.items()} != {
            r: f.version for r, f in before.files.items()
        }

    def _add_own_snapshot(self, files: Files, collection: Collection) -> None:
        """Sign the snapshot too where its key is here, as notary's own repositories have it."""
        root = parse_root(files[ROOT]) if ROOT in files else collection.root
        keys = root.role_keys(SNAPSHOT)
        if self._find(keys) is None:
            return
        assert collection.trusted.snapshot is not None
        held = {ROOT: collection.root.raw, SNAPSHOT: collection.trusted.snapshot.raw}
        held |= {role: file.raw for role, file in collection.files.items()}
        tree = announce(held, files, self.clock() + changes.TARGETS_LIFETIME)
        files[SNAPSHOT] = self._signed(tree, keys)

    def _signing_roles(self, collection: Collection, tag: str) -> Mapping[RoleName, RoleKeys]:
        """Return the roles that our keys sign a tag in: docker's rule."""
        delegations = collection.files[TARGETS].delegations
        if not delegations:
            return {TARGETS: collection.root.role_keys(TARGETS)}
        ours = {
            one.role: one.keys for one in delegations if one.permits(tag) and self._find(one.keys)
        }
        if not ours:
            raise NotFoundError(
                f"no valid signing keys for delegation roles: {self.gun} is signed by its signers alone, and none of their keys "
                f"({_ids(key for one in delegations for key in one.keys.keys)}) is in {self.keys.path}; bring yours with: "
                "inkan trust key load FILE --name YOU; an owner becomes a signer with: "
                f"inkan trust key generate YOU, then inkan trust signer add --key YOU.pub YOU {self.gun}"
            )
        return ours

    def _role_keys(self, collection: Collection, role: RoleName) -> RoleKeys:
        if role == TARGETS:
            return collection.root.role_keys(TARGETS)
        delegation = (
            collection.files[role.parent].find_delegation(role)
            if role.parent in collection.files
            else None
        )
        if delegation is None:
            raise NotFoundError(f"nobody delegates to {role} in {self.gun}")
        return delegation.keys

    def _carry_on(
        self, files: Files, collection: Collection, gone: Delegation, now: datetime
    ) -> list[str]:
        """Sign `targets/releases` anew by a key that stays; return the tags that are lost where none is here."""
        file = collection.files.get(RELEASES)
        if file is None or RELEASES not in parse_roles(files[TARGETS]):
            return []
        left = {key.identity for key in parse_roles(files[TARGETS])[RELEASES].keys}
        signed = {one.key_id for one in file.signatures}
        staying = [
            key for key in self._role_keys(collection, RELEASES).keys if key.identity in left
        ]
        if any(key.key_id in signed for key in staying):
            return []
        others = {
            (name, other.targets[name].sha256) for role, other in collection.files.items()
            if role not in (TARGETS, RELEASES, gone.role) for name in other.targets
        }  # fmt: skip
        if staying and self._find(RoleKeys(RELEASES, tuple(staying), 1)):
            drop = [
                name for name in file.targets if (name, file.targets[name].sha256) not in others
            ]
            files[RELEASES] = self._signed(
                changes.revoke_tags(file, drop, now), RoleKeys(RELEASES, tuple(staying), 1)
            )
            return drop
        return sorted(file.targets)

    def _signed(self, tree: Mapping[str, object], keys: RoleKeys) -> bytes:
        return sign(tree, [self._open(keys)])

    def _find(self, keys: RoleKeys) -> PublicKey | None:
        held = {one.key_id for one in self.keys.list()}
        return next((key for key in keys.keys if key.canonical_key_id in held), None)

    def _open(self, keys: RoleKeys) -> Signer:
        key = self._find(keys)
        if key is None:
            raise NotFoundError(
                f"could not find necessary signing keys, at least one of these keys must be available: {_ids(keys.keys)}; whoever "
                f"owns {self.gun} has it (see: inkan trust log {self.gun}): inkan trust key export FILE there, "
                "inkan trust key import FILE here, or inkan keys restore BACKUP"
            )
        signer = self._opened(key.canonical_key_id, str(keys.role))
        return signer if signer.public_key == key else ListedSigner(signer, key)

    def _opened(self, key_id: str, role: str) -> Signer:
        file = self.keys.find(key_id)
        if file is not None and file.role == "root" and role != "root":
            # a root key signs roots: what it signs besides is one more chance to have it stolen
            raise KeyInvalidError(
                f"the root key {key_id[:12]} does not sign {role}; give {role} a key of its own: inkan trust key rotate {self.gun} {role}"
            )
        label = file.role if file and file.role else role
        passphrase = self.passphrases.of(key_id, label) if self.keys.is_encrypted(key_id) else ""
        signer = self.keys.open(key_id, passphrase)
        self.passphrases.remember(key_id, passphrase)
        return signer

    def _root_signer(self) -> Signer:
        roots = [one for one in self.keys.list() if one.role == "root"]
        if roots:
            return self._opened(roots[0].key_id, "root")
        signer = EcdsaSigner.generate()
        self.keys.add(signer, "root", "", self.passphrases.new("root"))
        return signer


def _ids(keys: Iterable[PublicKey]) -> str:
    return ", ".join(sorted({key.canonical_key_id for key in keys}))


def parse_roles(targets: bytes) -> dict[RoleName, RoleKeys]:
    """Return the keys of each role that a targets file delegates to."""
    return {one.role: one.keys for one in parse_targets(targets).delegations}
