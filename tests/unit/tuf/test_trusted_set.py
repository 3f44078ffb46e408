"""The client's ordered loading, rule by rule: each is broken alone, so that no other rule can refuse in its place."""

from datetime import timedelta

import pytest

from inkan import limits
from inkan.errors import (
    CertificateInvalidError,
    MetadataEquivocationError,
    MetadataExpiredError,
    MetadataMismatchError,
    MetadataRollbackError,
    SignatureThresholdError,
    UntrustedError,
)
from inkan.testing.publisher import DEFAULT_NOW
from inkan.testing.repository import SimulatedRepository
from inkan.tuf.canonical_json import canonical
from inkan.tuf.metadata import parse_root, parse_snapshot, parse_targets, parse_timestamp
from inkan.tuf.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.sign import EcdsaSigner
from inkan.tuf.trusted_set import Floor, TrustedSet
from inkan.tuf.verify import RoleKeys, Signature, require_threshold

GUN = "registry.test/team/app"
ALICE = RoleName("targets/alice")


@pytest.fixture
def repository():
    return SimulatedRepository.with_tags(GUN, a=b"1" * 32)


def begun(repository, floors=None, gun=GUN, now=DEFAULT_NOW):
    return TrustedSet(gun, parse_root(repository.files[ROOT]), floors or {}, now)


def loaded(repository, floors=None):
    trusted = begun(repository, floors)
    trusted.finish_root()
    trusted.update_timestamp(repository.files[TIMESTAMP])
    trusted.update_snapshot(repository.files[SNAPSHOT])
    return trusted


def test_each_step_returns_what_it_has_taken(repository):
    trusted = begun(repository)
    trusted.finish_root()
    files = repository.files
    assert trusted.update_timestamp(files[TIMESTAMP]) == parse_timestamp(files[TIMESTAMP])
    assert trusted.update_snapshot(files[SNAPSHOT]) == parse_snapshot(files[SNAPSHOT])
    assert trusted.update_targets(files[TARGETS]) == parse_targets(files[TARGETS])
    assert trusted.floors[ROOT] == Floor.of(trusted.root)


@pytest.mark.parametrize("which", ["old", "new", "both"])
def test_a_next_root_needs_the_old_keys_and_its_own(repository, which):
    trusted, old = begun(repository), repository.owner.root
    repository.owner.rotate_root()
    signers = {"old": [old], "new": [repository.owner.root], "both": [old, repository.owner.root]}
    raw = repository.owner.root_file(signers[which])
    if which == "both":
        assert trusted.update_root(raw).version == 2
        return
    with pytest.raises(SignatureThresholdError):
        trusted.update_root(raw)
    assert trusted.root.version == 1


@pytest.mark.parametrize("version", [1, 3, 7])
def test_a_next_root_is_the_next_version(repository, version):
    trusted, old = begun(repository), repository.owner.root
    repository.owner.rotate_root()
    repository.owner.root_version = version
    with pytest.raises(MetadataRollbackError, match="2"):
        trusted.update_root(repository.owner.root_file([old, repository.owner.root]))


def test_the_last_root_is_in_its_time_for_its_collection_and_not_older_than_seen(repository):
    root = parse_root(repository.files[ROOT])
    with pytest.raises(MetadataExpiredError):
        begun(repository, now=root.expires).finish_root()
    with pytest.raises(CertificateInvalidError):
        begun(repository, gun="registry.test/team/other").finish_root()
    with pytest.raises(MetadataRollbackError):
        begun(repository, {ROOT: Floor(2, "0" * 64)}).finish_root()
    with pytest.raises(MetadataEquivocationError):
        begun(repository, {ROOT: Floor(1, "0" * 64)}).finish_root()


def test_files_out_of_order_are_a_mistake_of_the_program(repository):
    trusted = begun(repository)
    for act in (lambda: trusted.update_timestamp(b""), lambda: trusted.update_snapshot(b""),
                lambda: trusted.update_targets(b""), lambda: trusted.lists(TARGETS),
                lambda: trusted.update_delegation(b"", ALICE)):  # fmt: skip
        with pytest.raises(RuntimeError):
            act()
    trusted = loaded(repository)
    with pytest.raises(RuntimeError):
        trusted.update_root(b"")
    with pytest.raises(RuntimeError):
        trusted.update_timestamp(repository.files[TIMESTAMP])
    with pytest.raises(RuntimeError):
        trusted.update_snapshot(repository.files[SNAPSHOT])
    trusted.update_targets(repository.files[TARGETS])
    with pytest.raises(RuntimeError):
        trusted.update_targets(repository.files[TARGETS])


def test_a_delegation_is_taken_once_after_its_parent_and_only_if_it_is_one(repository):
    owner = repository.owner
    repository.announce({**owner.add_signer("alice"), **owner.sign_as("alice", "a", b"2" * 32)})
    trusted = loaded(repository)
    with pytest.raises(RuntimeError):
        trusted.update_delegation(repository.files[ALICE], ALICE)
    trusted.update_targets(repository.files[TARGETS])
    with pytest.raises(UntrustedError, match="not delegated by targets"):
        trusted.update_delegation(repository.files[ALICE], RoleName("targets/bob"))
    with pytest.raises(RuntimeError):
        trusted.update_delegation(repository.files[ALICE], RoleName("targets/bob/carol"))
    trusted.update_delegation(repository.files[ALICE], ALICE)
    with pytest.raises(RuntimeError):
        trusted.update_delegation(repository.files[ALICE], ALICE)


def test_what_a_snapshot_does_not_list_is_missing_only_if_it_was_seen(repository):
    assert loaded(repository).lists(TARGETS) is True
    assert loaded(repository).lists(ALICE) is False
    with pytest.raises(MetadataMismatchError, match="lists it no more"):
        loaded(repository, {ALICE: Floor(1, "0" * 64)}).lists(ALICE)
    trusted = loaded(repository)
    trusted.update_targets(repository.files[TARGETS])
    trusted.targets[TARGETS] = parse_targets(repository.owner.add_signer("alice")[TARGETS])
    raw = repository.owner.sign_as("alice", "a", b"2" * 32)[ALICE]
    with pytest.raises(MetadataMismatchError, match="does not announce"):
        trusted.update_delegation(raw, ALICE)


def test_what_expires_now_has_expired(repository):
    trusted = begun(repository)
    trusted.finish_root()
    trusted.now = parse_timestamp(repository.files[TIMESTAMP]).expires
    with pytest.raises(MetadataExpiredError):
        trusted.update_timestamp(repository.files[TIMESTAMP])
    trusted.now -= timedelta(seconds=1)
    trusted.update_timestamp(repository.files[TIMESTAMP])


FLOORS = {role: Floor(9, "0" * 64) for role in (TIMESTAMP, SNAPSHOT, TARGETS, ALICE)}


@pytest.mark.parametrize(
    ("rotated", "forgotten"),
    [
        (TIMESTAMP, {TIMESTAMP, SNAPSHOT}),
        (SNAPSHOT, {TIMESTAMP, SNAPSHOT, TARGETS, ALICE}),
        (TARGETS, {TARGETS, ALICE}),
        (ROOT, set()),
    ],
)
def test_a_role_with_new_keys_may_begin_anew_and_no_other(repository, rotated, forgotten):
    trusted, owner = begun(repository, FLOORS), repository.owner
    old = owner.root
    if rotated == ROOT:
        owner.rotate_root()
    elif rotated == TARGETS:
        owner.targets, owner.root_version = EcdsaSigner.generate(), 2
    else:
        owner.server_keys[rotated], owner.root_version = EcdsaSigner.generate().public_key, 2
    trusted.update_root(owner.root_file([old, owner.root]))
    assert set(FLOORS) - set(trusted.floors) == forgotten


def test_as_many_signatures_as_are_allowed_and_no_more():
    signer = EcdsaSigner.generate()
    keys = RoleKeys(TARGETS, (signer.public_key,), 1)
    good = Signature(signer.public_key.key_id, signer.method, signer.sign(b"m"))
    other = Signature("0" * 64, signer.method, b"x" * 64)
    require_threshold(keys, [other] * (limits.SIGNATURES_PER_FILE - 1) + [good], b"m")
    with pytest.raises(SignatureThresholdError, match="0"):
        require_threshold(keys, [good] * (limits.SIGNATURES_PER_FILE + 1), b"m")


def test_canonical_bytes_hold_control_characters_as_they_are_and_no_numbers_that_are_none():
    assert canonical({"a": "\x1f\x10\x0b"}) == b'{"a":"\x1f\x10\x0b"}'
    for number in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="Out of range|not JSON compliant"):
            canonical({"a": number})
