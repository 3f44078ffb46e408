"""Stories of a publish: what docker and notary send is kept, what would mislead or lock out is refused with a sentence."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from inkan.errors import MetadataVersionError, PublicationRefusedError
from inkan.testing.publisher import DEFAULT_NOW, Publisher, role_entry, root_signer, target
from inkan.testing.repository import SimulatedRepository
from inkan.tuf.envelope import format_expiry
from inkan.tuf.metadata import FileMeta, parse_snapshot, parse_targets
from inkan.tuf.publication import Held, renewed_snapshot
from inkan.tuf.roles import RELEASES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.sign import EcdsaSigner, sign

GUN = "localhost:5000/team/app"
YEAR = timedelta(days=365)
ALICE = RoleName("targets/alice")


@pytest.fixture
def server():
    return SimulatedRepository(GUN)


@pytest.fixture
def owner(server):
    return server.owner


@pytest.fixture
def published(server, owner):
    server.publish(owner.first_push("1.0", b"1" * 32))
    return server


def refused(server, files, *more) -> PublicationRefusedError:
    before = dict(server.files)
    with pytest.raises(PublicationRefusedError) as caught:
        server.publish(files, *more)
    assert server.files == before
    assert 20 < len(caught.value.reason) < 600
    return caught.value


# --- what the stock tools do --------------------------------------------------------------------


def test_a_first_push_is_root_1_and_targets_2(server, owner):
    accepted = server.publish(owner.first_push("1.0", b"1" * 32))
    assert {file.role: file.version for file in accepted.uploads} == {ROOT: 1, TARGETS: 2}
    snapshot = parse_snapshot(server.files[SNAPSHOT])
    assert snapshot.version == 1
    assert snapshot.meta[TARGETS] == FileMeta.of(server.files[TARGETS])


def test_a_first_root_may_be_version_2(server, owner):
    owner.root_version = 2
    files = {ROOT: owner.root_file([owner.root]), TARGETS: owner.next_targets()}
    server.publish(files)


def test_more_tags_follow(published, owner):
    published.publish(owner.push("2.0", b"2" * 32))
    assert set(parse_targets(published.files[TARGETS]).targets) == {"1.0", "2.0"}
    assert parse_snapshot(published.files[SNAPSHOT]).version == 2


def test_a_batch_without_parts_makes_a_new_snapshot_and_timestamp(published):
    accepted = published.publish({})
    assert accepted.uploads == ()
    assert parse_snapshot(published.files[SNAPSHOT]).version == 2


def test_signers_sign_into_their_role_and_releases(published, owner):
    published.publish(owner.add_signer("alice"))
    published.publish(owner.sign_as("alice", "3.0", b"3" * 32))
    snapshot = parse_snapshot(published.files[SNAPSHOT])
    assert {ALICE, RELEASES} <= snapshot.meta.keys()


def test_a_signer_and_what_they_sign_may_come_in_one_batch(published, owner):
    files = owner.add_signer("alice")
    published.publish({**files, **owner.sign_as("alice", "3.0", b"3" * 32)})


def test_removing_the_last_signer_leaves_a_role_without_keys(published, owner):
    published.publish(owner.add_signer("alice"))
    owner.signers.clear()
    empty = {
        "keys": {},
        "roles": [{"keyids": None, "name": "targets/releases", "paths": [""], "threshold": 1}],
    }
    published.publish({TARGETS: owner.next_targets(delegations=empty)})


def test_a_root_signed_by_the_old_key_and_the_new_is_the_next_root(published, owner):
    published.publish(owner.rotate_root())
    published.publish(owner.rotate_root())


def test_an_uploaded_timestamp_is_ignored(published, owner):
    published.publish(owner.push("2", b"2" * 32), (TIMESTAMP, b"anything"))


def test_a_snapshot_of_the_owners_is_kept_as_it_came(server, owner):
    key = EcdsaSigner.generate()
    owner.server_keys = {**server.owner.server_keys, SNAPSHOT: key.public_key}
    files = owner.first_push("1", b"1" * 32)
    files[SNAPSHOT] = snapshot_of(files, key)
    accepted = server.publish(files)
    assert accepted.snapshot is None
    assert server.files[SNAPSHOT] == files[SNAPSHOT]


def snapshot_of(files, signer, version=1, **changes):
    meta = {}
    for role, raw in files.items():
        entry = FileMeta.of(raw)
        meta[str(role)] = {**target(entry.hashes["sha256"], entry.length)}
    tree = {
        "_type": "Snapshot",
        "expires": format_expiry(DEFAULT_NOW + YEAR),
        "meta": meta,
        "version": version,
    }
    return sign({**tree, **changes}, [signer])


def test_TS_UPLOAD_033_bytes_that_are_not_gos_stay_readable(published, owner):
    """The reference answers 200 here and then nobody can read the repository."""
    raw = owner.push("2.0", b"2" * 32)[TARGETS]
    loose = raw.replace(b'{"signed":', b'{ "signed" : ') + b"\n"
    published.publish({TARGETS: loose})
    assert published.files[TARGETS] == loose
    assert parse_snapshot(published.files[SNAPSHOT]).meta[TARGETS] == FileMeta.of(loose)


def test_an_expired_old_certificate_does_not_end_a_repository(server):
    """The reference refuses every later publish, rotation included."""
    owner = Publisher(GUN, server.owner.server_keys)
    key = ec.generate_private_key(ec.SECP256R1())
    owner.root = root_signer(GUN, key, DEFAULT_NOW, timedelta(days=30))
    server.publish(owner.first_push("1", b"1" * 32))
    server.now = owner.now = DEFAULT_NOW + timedelta(days=60)
    server.publish(owner.rotate_root())
    server.publish(owner.push("2", b"2" * 32))


# --- what is refused ----------------------------------------------------------------------------


def test_nothing_begins_without_a_root(server, owner):
    owner.first_push("1", b"1" * 32)
    assert "no pre-existing root" in refused(server, owner.push("2", b"2" * 32)).reason
    assert "no pre-existing root" in refused(server, {}).reason


def test_a_root_for_another_collection_is_refused(server):
    other = Publisher("localhost:5000/team/other", server.owner.server_keys)
    error = refused(server, other.first_push("1", b"1" * 32))
    assert error.kind == "ErrBadRoot"
    assert "localhost:5000/team/other" in error.reason


def test_a_root_by_somebody_else_is_refused(published):
    thief = Publisher(GUN, published.owner.server_keys)
    files = thief.first_push("1", b"e" * 32)
    thief.root_version, thief.targets_version = 2, 5
    files = {ROOT: thief.root_file([thief.root]), TARGETS: thief.next_targets()}
    assert "could not rotate trust" in refused(published, files).reason


def test_a_root_that_the_new_key_did_not_sign_is_refused(published, owner):
    old = owner.root
    owner.rotate_root()
    assert "integrity of roots" in refused(published, {ROOT: owner.root_file([old])}).reason


def test_a_root_must_be_the_next_one(published, owner):
    owner.root_version = 3
    assert "Current 1, new 3" in refused(published, {ROOT: owner.root_file([owner.root])}).reason


def test_the_same_root_again_is_a_conflict(published, owner):
    with pytest.raises(MetadataVersionError):
        published.publish({ROOT: owner.root_file([owner.root])})


def test_TS_UPLOAD_016_a_threshold_that_cannot_be_met_is_refused(server, owner):
    owner.first_push("1", b"1" * 32)
    roles = {
        "root": role_entry([owner.root.public_key]),
        "targets": role_entry([owner.targets.public_key], threshold=2),
        "snapshot": role_entry([server.owner.server_keys[SNAPSHOT]]),
        "timestamp": role_entry([server.owner.server_keys[TIMESTAMP]]),
    }
    files = {ROOT: owner.root_file([owner.root], roles=roles), TARGETS: owner.next_targets()}
    error = refused(server, files)
    assert "targets asks for 2 signatures and has 1 distinct keys" in error.reason


def test_a_root_that_takes_the_targets_key_away_is_refused(published, owner):
    """The reference accepts this root, and the repository can be read no more."""
    owner.targets = EcdsaSigner.generate()
    owner.root_version = 2
    error = refused(published, {ROOT: owner.root_file([owner.root])})
    assert "publish targets signed by the new key together with the root" in error.reason
    published.publish({ROOT: owner.root_file([owner.root]), TARGETS: owner.next_targets()})


def test_a_role_twice_in_one_batch_is_refused(published, owner):
    files = owner.push("2", b"2" * 32)
    assert "came twice" in refused(published, files, (TARGETS, files[TARGETS])).reason


def test_TS_UPLOAD_032_a_member_that_no_signature_covers_is_refused(published, owner):
    raw = owner.push("2", b"2" * 32)[TARGETS]
    error = refused(published, {TARGETS: raw[:-1] + b',"abc":"xyz"}'})
    assert error.kind == "ErrBadTargets"
    assert "'abc'" in error.reason


def test_targets_without_a_hash_are_refused(published, owner):
    owner.tags["2"] = {"hashes": {}, "length": 5}
    assert "no sha256" in refused(published, {TARGETS: owner.next_targets()}).reason


def test_expired_uploads_are_refused(published, owner):
    expired = owner.next_targets(expires=format_expiry(DEFAULT_NOW - timedelta(seconds=1)))
    assert "targets expired at" in refused(published, {TARGETS: expired}).reason


def test_uploads_that_never_expire_are_refused(published, owner):
    eternal = owner.next_targets(expires="9000-01-01T00:00:00Z")
    assert "within 20 years" in refused(published, {TARGETS: eternal}).reason


def test_TS_UPLOAD_031_a_version_that_leaps_is_refused(published, owner):
    """NCC 2015 and Cure53 TUF-01-002: version 2^31 locks every later publisher out."""
    owner.targets_version = 2**31 - 2
    assert "the next is 3" in refused(published, owner.push("2", b"2" * 32)).reason


def test_a_version_held_already_is_a_conflict(published, owner):
    owner.targets_version = 1
    with pytest.raises(MetadataVersionError):
        published.publish(owner.push("2", b"2" * 32))


def test_targets_by_somebody_else_are_refused(published, owner):
    owner.targets = EcdsaSigner.generate()
    error = refused(published, owner.push("2", b"2" * 32))
    assert "valid signatures did not meet threshold for targets" in error.reason


def test_a_delegation_that_was_not_given_is_refused(published, owner):
    owner.signers["mallory"] = EcdsaSigner.generate()
    error = refused(published, owner.sign_as("mallory", "3", b"3" * 32))
    assert "ask the owner to add this signer" in error.reason


def test_a_signer_outside_their_paths_is_refused(published, owner):
    files = owner.add_signer("alice")
    keys = [owner.signers["alice"].public_key]
    roles = [{**role_entry(keys), "name": "targets/alice", "paths": ["dev-"]}]
    delegations = {"keys": {keys[0].key_id: keys[0].to_json()}, "roles": roles}
    files = {TARGETS: owner.next_targets(delegations=delegations)}
    published.publish(files)
    outside = owner.delegated_file(ALICE, owner.signers["alice"], {"prod-1": target(b"1" * 32, 5)})
    assert "may not sign 'prod-1'" in refused(published, {ALICE: outside}).reason


def test_a_delegation_with_too_few_keys_is_refused(published, owner):
    owner.add_signer("alice")
    keys = [owner.signers["alice"].public_key]
    roles = [{**role_entry(keys, threshold=2), "name": "targets/alice", "paths": [""]}]
    delegations = {"keys": {keys[0].key_id: keys[0].to_json()}, "roles": roles}
    error = refused(published, {TARGETS: owner.next_targets(delegations=delegations)})
    assert "targets/alice asks for 2 signatures" in error.reason


def test_without_a_snapshot_key_the_snapshot_must_come_along(server, owner):
    owner.server_keys = {**server.owner.server_keys, SNAPSHOT: EcdsaSigner.generate().public_key}
    error = refused(server, owner.first_push("1", b"1" * 32))
    assert (error.kind, error.missing) == ("ErrBadHierarchy", "snapshot")


def test_a_timestamp_key_that_is_not_the_servers_is_refused(server, owner):
    owner.server_keys = {**server.owner.server_keys, TIMESTAMP: EcdsaSigner.generate().public_key}
    assert (
        "no timestamp keys exist on the server"
        in refused(server, owner.first_push("1", b"1" * 32)).reason
    )


def test_a_snapshot_of_other_files_is_refused(server, owner):
    key = EcdsaSigner.generate()
    owner.server_keys = {**server.owner.server_keys, SNAPSHOT: key.public_key}
    files = owner.first_push("1", b"1" * 32)
    other = {**files, TARGETS: owner.next_targets()}
    for wrong in (snapshot_of(other, key), snapshot_of({**files, ALICE: b"{}"}, key)):
        assert refused(server, {**files, SNAPSHOT: wrong}).kind == "ErrBadSnapshot"


def test_a_renewed_snapshot_says_the_same_for_longer(published):
    before = parse_snapshot(published.files[SNAPSHOT])
    later = DEFAULT_NOW + YEAR
    tree = renewed_snapshot(Held(published.files), later, YEAR)
    after = parse_snapshot(sign(tree, [published.online[SNAPSHOT]]))
    assert after.meta == before.meta
    assert (after.version, after.expires) == (before.version + 1, later + YEAR)
