"""What TUF's dialect of Notary v1 has no words for cannot be asked of a client; what takes its place is shown here. And what notary 0.7.0 lets through."""

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from attacks.hostile import EVIL, GOOD, GUN, Client
from inkan import limits
from inkan.cli.main import main
from inkan.client.library import Client as Library
from inkan.client.trust_cache import TrustCache
from inkan.client.trust_updater import TrustUpdater
from inkan.errors import (
    FreshnessUnprovenError,
    InkanError,
    MetadataEquivocationError,
    MetadataLeapError,
    MetadataRollbackError,
    MetadataUnknownError,
    ReferenceInvalidError,
    ServerUnreachableError,
    SignatureThresholdError,
    TargetUnsignedError,
    UntrustedError,
)
from inkan.oci.digest import Digest
from inkan.testing.corruptions import resigned
from inkan.testing.publisher import DEFAULT_NOW, root_signer
from inkan.testing.repository import SimulatedRepository
from inkan.tuf.metadata import parse
from inkan.tuf.roles import RELEASES, ROOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.sign import EcdsaSigner
from inkan.tuf.verify import RoleKeys, Signature, require_threshold

ALICE, BOB = RoleName("targets/alice"), RoleName("targets/bob")
TWO = b"2" * 32


@pytest.fixture
def signed_by_alice(repository):
    owner = repository.owner
    repository.publish(owner.add_signer("alice"))
    repository.publish(owner.sign_as("alice", "b", TWO))
    return repository


def test_TUF_SN_015_an_older_file_of_a_signer_under_a_new_snapshot(signed_by_alice, client):
    """The dialect's snapshot lists hashes, not versions: that a file is older is found by what was seen before."""
    older = dict(signed_by_alice.files)
    signed_by_alice.publish(signed_by_alice.owner.sign_as("alice", "b", EVIL))
    assert client.digest("b") == EVIL
    signed_by_alice.announce({role: older[role] for role in (ALICE, RELEASES)})
    with pytest.raises(UntrustedError):
        client.digest("b")
    assert {type(error) for error in client.look().skipped.values()} == {MetadataRollbackError}


def test_TUF_DEL_014_a_delegation_cannot_end_the_search_for_others(signed_by_alice, client):
    """`terminating` is a word of later TUF: it gives nobody more, and takes nothing from anybody."""
    owner = signed_by_alice.owner
    tree = owner.targets_tree()
    for one in tree["delegations"]["roles"]:
        one["terminating"] = one["name"] == str(ALICE)
    signed_by_alice.announce({TARGETS: owner.next_targets(delegations=tree["delegations"])})
    assert client.digest("b") == TWO
    assert client.digest("a") == GOOD


@pytest.mark.parametrize("backwards", [False, True])
def test_TUF_DEL_015_releases_come_before_targets_in_whatever_order_roles_are_listed(signed_by_alice, client, backwards):  # fmt: skip
    owner = signed_by_alice.owner
    signed_by_alice.publish(owner.sign_as("alice", "a", TWO))
    tree = owner.targets_tree()["delegations"]
    tree["roles"].sort(key=lambda one: one["name"], reverse=backwards)
    signed_by_alice.announce({TARGETS: owner.next_targets(delegations=tree)})
    assert client.digest("a") == TWO
    assert client.look().signers("a") == ("alice",)


def test_TUF_DEL_016_a_role_has_one_parent_whose_keys_alone_count(signed_by_alice, client):
    """A role's name is its path, so no second parent can lend it keys: one that tries is not believed."""
    owner = signed_by_alice.owner
    repository = signed_by_alice
    repository.publish(owner.add_signer("bob"))
    repository.publish(owner.sign_as("bob", "c", TWO))
    evil = EcdsaSigner.generate()
    lent = json.loads(repository.files[ALICE])["signed"]
    key = evil.public_key
    lent["version"] += 1
    lent["delegations"] = {
        "keys": {key.key_id: key.to_json()},
        "roles": [{"keyids": [key.key_id], "name": str(BOB), "paths": [""], "threshold": 1}],
    }
    ours = resigned(
        repository.files[ALICE], lambda tree: tree.update(lent), [owner.signers["alice"]]
    )
    forged = resigned(repository.files[BOB], lambda tree: tree.update(version=9), [evil])
    with pytest.raises(InkanError):
        parse(ALICE, ours)
    repository.announce({BOB: forged})
    collection = client.look()
    assert list(collection.skipped) == [BOB]
    assert collection.signers("c") == ("Repo Admin",)


def same_timestamp_twice(repository):
    repository.served["timestamp.json"] = resigned(
        repository.files[TIMESTAMP],
        lambda tree: tree.update(expires="2031-01-10T00:00:00Z"),
        [repository.online[TIMESTAMP]],
    )


def same_targets_twice(repository):
    repository.owner.targets_version -= 1
    repository.announce({TARGETS: repository.owner.push("a", EVIL)[TARGETS]})


def leap(repository):
    repository.served["timestamp.json"] = resigned(
        repository.files[TIMESTAMP],
        lambda tree: tree.update(version=2**31),
        [repository.online[TIMESTAMP]],
    )


def skip_roots(repository):
    old, repository.owner.root_version = repository.owner.root, 6
    repository.owner.rotate_root()
    raw = repository.owner.root_file([old, repository.owner.root])
    repository.served["2.root.json"] = raw
    repository.announce({ROOT: raw, TARGETS: repository.owner.push("a", EVIL)[TARGETS]})


@pytest.mark.parametrize(
    ("attack", "error"),
    [
        (same_timestamp_twice, MetadataEquivocationError),
        (same_targets_twice, MetadataEquivocationError),
        (leap, MetadataLeapError),
        (skip_roots, MetadataRollbackError),
    ],
    ids=lambda one: one.__name__,
)
def test_what_notary_lets_through_is_refused(repository, client, attack, error):
    client.digest()
    attack(repository)
    client.refuses(error)


@pytest.mark.parametrize(
    "answer", [MetadataUnknownError(GUN, "timestamp"), ServerUnreachableError("503")]
)
def test_what_notary_lets_through_a_cache_instead_of_an_answer_is_refused(client, answer):
    client.digest()
    client.server.fails = {"timestamp": answer}
    client.refuses(FreshnessUnprovenError)


def test_what_notary_lets_through_one_key_under_two_ids_is_one_signature():
    key = ec.generate_private_key(ec.SECP256R1())
    one, other = (root_signer(GUN, key, DEFAULT_NOW + timedelta(days=days)) for days in (0, 1))
    assert one.public_key.key_id != other.public_key.key_id
    message = b"the same"
    signatures = [
        Signature(signer.public_key.key_id, signer.method, signer.sign(message))
        for signer in (one, other)
    ]
    with pytest.raises(SignatureThresholdError):
        require_threshold(
            RoleKeys(TARGETS, (one.public_key, other.public_key), 2), signatures, message
        )


def test_after_a_leap_honest_versions_are_believed_again(repository, client):
    client.digest()
    leap(repository)
    client.refuses(MetadataLeapError)
    repository.announce({})
    assert client.digest() == GOOD


@pytest.mark.parametrize(("ahead", "goes"), [(limits.VERSION_LEAP, True), (limits.VERSION_LEAP + 1, False)])  # fmt: skip
def test_a_version_may_be_ahead_by_what_publishing_can_account_for(repository, client, ahead, goes):
    client.digest()
    seen = json.loads(repository.files[TIMESTAMP])["signed"]["version"]
    repository.served["timestamp.json"] = resigned(
        repository.files[TIMESTAMP], lambda tree: tree.update(version=seen + ahead), [repository.online[TIMESTAMP]]
    )  # fmt: skip
    if goes:
        assert client.digest() == GOOD
    else:
        client.refuses(MetadataLeapError)


def found_by_library(client, monkeypatch):
    library = Library()
    monkeypatch.setattr(
        Library, "_look", lambda _self, _image, offline: client.look(offline=offline)
    )
    return library


def test_CLI_003_a_digest_says_what_bytes_are_not_whose(signed_by_alice, client, monkeypatch):
    library = found_by_library(client, monkeypatch)
    of = f"{GUN}@sha256:"
    found = library.require_signed(of + GOOD.hex())
    assert (found.digest, found.signers) == (f"sha256:{GOOD.hex()}", ("Repo Admin",))
    assert library.require_signed(of + TWO.hex()).signers == ("alice",)
    with pytest.raises(TargetUnsignedError):
        library.require_signed(of + EVIL.hex())
    with pytest.raises(ReferenceInvalidError):
        library.require_signed(f"{GUN}:a")


def test_CLI_003_a_role_that_does_not_verify_vouches_for_no_digest(signed_by_alice, client):
    releases = signed_by_alice.owner.delegated_file(RELEASES, EcdsaSigner.generate(), {})
    signed_by_alice.announce({RELEASES: releases})
    assert client.look().tags_of(Digest.parse(f"sha256:{GOOD.hex()}")) == ()


def test_CLI_006_a_signature_over_another_collection_is_none_over_this(repository, tmp_path):
    """What is signed for one name says nothing about another: the name is in the root's certificate."""
    other = Client(repository, tmp_path)
    other.server.gun = "localhost:5000/team/other"
    other.cache = TrustCache(tmp_path, other.server.gun)
    with pytest.raises(UntrustedError):
        TrustUpdater(other.server, other.cache, other.pins, other.now).update()


def test_CLI_007_a_bad_signature_beside_a_good_one_is_counted_as_none():
    signers = [root_signer(GUN, ec.generate_private_key(ec.SECP256R1()), DEFAULT_NOW) for _ in "ab"]
    keys, message = tuple(one.public_key for one in signers), b"the same"
    good = [Signature(one.public_key.key_id, one.method, one.sign(message)) for one in signers]
    bad = Signature(keys[1].key_id, signers[1].method, signers[1].sign(b"another"))
    for signatures in ([good[0], bad], [bad, good[0]]):
        require_threshold(RoleKeys(TARGETS, keys, 1), signatures, message)
        with pytest.raises(SignatureThresholdError):
            require_threshold(RoleKeys(TARGETS, keys, 2), signatures, message)
    require_threshold(RoleKeys(TARGETS, keys, 2), [bad, *good], message)


@pytest.mark.parametrize("days", [-400, 400])
def test_CLI_009_a_root_whose_certificate_is_not_valid_now_is_not_believed_first(tmp_path, days):
    repository = SimulatedRepository(GUN)
    owner = repository.owner
    begun = owner.now + timedelta(days=days)
    key = ec.generate_private_key(ec.SECP256R1())
    owner.root = root_signer(GUN, key, begun, timedelta(days=365))
    owner.root_version = 1
    repository.serve({ROOT: owner.root_file([owner.root])})
    repository.announce({TARGETS: owner.next_targets()})
    client = Client(repository, tmp_path)
    client.refuses(UntrustedError)


def test_CLI_010_more_signatures_than_anybody_needs_are_not_verified_one_by_one():
    signer = root_signer(GUN, ec.generate_private_key(ec.SECP256R1()), DEFAULT_NOW)
    one = Signature(signer.public_key.key_id, signer.method, signer.sign(b"the same"))
    keys = RoleKeys(TARGETS, (signer.public_key,), 1)
    require_threshold(keys, [one] * limits.SIGNATURES_PER_FILE, b"the same")
    with pytest.raises(SignatureThresholdError):
        require_threshold(keys, [one] * (limits.SIGNATURES_PER_FILE + 1), b"the same")


def test_CLI_002_inkan_builds_nothing_and_says_so(capsys):
    assert main(["build", "."]) == 2
    said = capsys.readouterr().err
    assert "inkan push" in said or "docker build" in said
