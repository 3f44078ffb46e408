"""What a hostile server can send to the client, case by case, each under its number in the catalogue of attacks.

The server is the simulator's; the client is the updater that `inkan` uses, on a real folder.
"""

import json
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.hostile import EVIL, GOOD, GUN, Client
from inkan.client.trust_cache import TrustCache
from inkan.errors import (
    AccessDeniedError,
    CorruptError,
    FreshnessUnprovenError,
    InkanError,
    MetadataEquivocationError,
    MetadataExpiredError,
    MetadataMismatchError,
    MetadataRollbackError,
    MetadataUnknownError,
    ReferenceInvalidError,
    RepositoryUnknownError,
    RootPinnedError,
    ServerUnreachableError,
    TargetUnsignedError,
    UntrustedError,
)
from inkan.testing.corruptions import OF_BYTES, OF_MEANING, resigned
from inkan.testing.publisher import DEFAULT_NOW, Publisher, root_signer
from inkan.testing.repository import SimulatedRepository
from inkan.tuf.announcements import next_timestamp
from inkan.tuf.metadata import parse_root, parse_targets
from inkan.tuf.pinning import Pin, Pins
from inkan.tuf.roles import RELEASES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.sign import EcdsaSigner, sign
from inkan.tuf.trusted_set import TrustedSet


def test_an_honest_server_is_believed(client):
    assert client.digest() == GOOD
    assert client.digest() == GOOD


# --- roots --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OF_BYTES)
def test_TUF_CHAIN_001_002_003_a_first_root_that_is_spoiled(repository, client, name):
    repository.served["root.json"] = OF_BYTES[name](repository.files[ROOT])
    client.refuses(InkanError)
    assert not client.cache.is_known


def test_TUF_CHAIN_005_018_019_a_next_root_that_is_badly_signed(repository, client):
    client.digest()
    old = repository.owner.root
    repository.owner.rotate_root()
    for signers in ([old], [repository.owner.root], []):
        repository.served["2.root.json"] = repository.owner.root_file(signers)
        client.refuses(UntrustedError)


def test_TUF_CHAIN_013_roots_that_are_skipped(repository, client):
    """notary 0.7.0 accepts it."""
    client.digest()
    old = repository.owner.root
    repository.owner.rotate_root()
    repository.owner.root_version = 7
    raw = repository.owner.root_file([old, repository.owner.root])
    repository.announce({ROOT: raw, TARGETS: repository.owner.push("a", EVIL)[TARGETS]})
    client.refuses(UntrustedError)
    repository.served["2.root.json"] = raw
    client.refuses(MetadataRollbackError)


def test_TUF_CHAIN_014_016_a_root_of_the_same_or_a_lower_version(repository, client):
    repository.publish(repository.owner.rotate_root())
    client.digest()
    repository.served["3.root.json"] = repository.fetch("1.root.json")
    client.refuses(UntrustedError)


def test_TUF_CHAIN_017_roots_without_end(repository, client):
    client.digest()
    for _ in range(300):
        repository.serve(repository.owner.rotate_root())
    client.refuses(UntrustedError)
    assert len(client.server.asked) < 300


def test_TUF_CHAIN_020_022_expired_roots_in_between_are_no_matter(repository, client):
    client.digest()
    for days in (1, 1, 3650):
        old, owner = repository.owner.root, repository.owner
        owner.root_version += 1
        owner.root = root_signer(GUN, ec.generate_private_key(ec.SECP256R1()), owner.now)
        expires = f"{(DEFAULT_NOW + timedelta(days=days)):%Y-%m-%dT%H:%M:%SZ}"
        repository.serve({ROOT: owner.root_file([old, owner.root], expires=expires)})
    client.now = repository.now = DEFAULT_NOW + timedelta(days=5)
    repository.announce({})
    assert client.digest() == GOOD


def test_TUF_CHAIN_023_a_cached_root_whose_certificate_has_ended(repository, tmp_path):
    """notary 0.7.0 fails for good."""
    owner = repository.owner
    owner.root = root_signer(
        GUN, ec.generate_private_key(ec.SECP256R1()), owner.now, timedelta(days=30)
    )
    repository.files.clear()
    owner.root_version, owner.targets_version = 1, 1
    repository.publish({ROOT: owner.root_file([owner.root]), TARGETS: owner.next_targets()})
    client = Client(repository, tmp_path)
    client.digest()
    client.now = repository.now = owner.now = DEFAULT_NOW + timedelta(days=60)
    client.refuses(UntrustedError)
    repository.publish(owner.rotate_root())
    assert client.digest() == GOOD


def test_TUF_CHAIN_034_a_rotated_key_lets_versions_begin_anew(repository, client):
    """TUF-TS-015, TUF-SN-016, TUF-TG-012: recovery from versions that somebody drove up."""
    client.digest()
    for role in (SNAPSHOT, TIMESTAMP):
        repository.online[role] = EcdsaSigner.generate()
    owner = repository.owner
    owner.server_keys = {role: signer.public_key for role, signer in repository.online.items()}
    owner.root_version = 2
    owner.targets_version = 0
    root, targets = owner.root_file([owner.root]), owner.next_targets()
    repository.files.pop(SNAPSHOT)
    repository.files.pop(TIMESTAMP)
    repository.announce({ROOT: root, TARGETS: targets})
    assert client.digest() == GOOD


@pytest.mark.parametrize("spoiled", [b"", b"{", b'{"signed":{}}'])
def test_TUF_CHAIN_035_036_a_damaged_cached_root_is_never_replaced(client, spoiled):
    client.digest()
    (client.cache.folder / "metadata" / "root.json").write_bytes(spoiled)
    client.refuses(CorruptError)


def test_TUF_CHAIN_038_a_server_that_will_not_say_whether_there_is_a_newer_root(client):
    client.digest()
    client.server.fails["2.root"] = ServerUnreachableError("500")
    client.refuses(FreshnessUnprovenError)


def test_TUF_CHAIN_039_each_verified_root_is_kept_before_the_next(repository, client):
    client.digest()
    repository.publish(repository.owner.rotate_root())
    repository.publish(repository.owner.rotate_root())
    client.server.fails["3.root"] = ServerUnreachableError("cut")
    client.refuses(FreshnessUnprovenError)
    client.server.fails.clear()
    client.server.asked.clear()
    client.digest()
    assert "2.root" not in client.server.asked


# --- timestamps, snapshots, targets -------------------------------------------------------------


@pytest.mark.parametrize("role", [TIMESTAMP, SNAPSHOT, TARGETS])
@pytest.mark.parametrize("name", OF_BYTES)
def test_TUF_TS_SN_TG_001_spoiled_files(repository, client, role, name):
    client.digest()
    raw = OF_BYTES[name](repository.files[role])
    if role == TIMESTAMP:
        repository.served["timestamp.json"] = raw
    else:
        repository.announce({role: raw} if role == TARGETS else {})
        repository.served.update(
            {
                k: raw
                for k in list(repository.served)
                if k.startswith(f"{role}.") and role == SNAPSHOT
            }
        )
    client.refuses(InkanError)


@pytest.mark.parametrize("name", OF_MEANING)
def test_signed_nonsense_of_the_servers_and_of_the_owners(repository, client, name):
    client.digest()
    change = OF_MEANING[name]
    repository.owner.push("a", EVIL)
    repository.announce(
        {TARGETS: resigned(repository.owner.next_targets(), change, [repository.owner.targets])}
    )
    client.refuses(InkanError)
    repository.served["timestamp.json"] = resigned(
        repository.files[TIMESTAMP], change, [repository.online[TIMESTAMP]]
    )
    client.refuses(InkanError)


def test_TUF_TS_002_SN_005_rollback_of_everything_the_server_signs(repository, client):
    old = dict(repository.served)
    repository.publish(repository.owner.push("a", EVIL))
    repository.publish(repository.owner.push("a", b"3" * 32))
    client.digest()
    repository.served = old
    client.refuses(MetadataRollbackError)
    # and not on the second try either, as with the reference (finding 6.6)
    client.refuses(MetadataRollbackError)


def test_TUF_SN_007_TG_004_a_smaller_older_file_under_new_signatures(repository, client):
    """The reference forgets a cached file that is longer than what is announced (finding 6.6)."""
    old = repository.files[TARGETS]
    repository.publish(repository.owner.push("b", GOOD))
    client.digest()
    repository.announce({TARGETS: old})
    client.refuses(MetadataRollbackError)
    client.refuses(MetadataRollbackError)


def test_TUF_TS_004_SN_009_TG_005_two_truths_under_one_version(repository, client):
    """notary 0.7.0 shows the evil digest."""
    client.digest()
    owner = repository.owner
    owner.targets_version -= 1
    repository.announce({TARGETS: owner.push("a", EVIL)[TARGETS]})
    client.refuses(MetadataEquivocationError)
    twin = resigned(
        repository.files[TIMESTAMP], lambda t: t.update(version=1), [repository.online[TIMESTAMP]]
    )
    repository.served["timestamp.json"] = twin
    client.refuses(MetadataEquivocationError)


def test_TUF_TS_003_006_no_news_and_late_news(repository, client):
    client.digest()
    client.now = repository.now = DEFAULT_NOW + timedelta(days=20)
    client.refuses(MetadataExpiredError)
    repository.renew()
    assert client.digest() == GOOD


def test_TUF_TS_010_011_012_servers_that_do_not_answer(client):
    client.digest()
    for error, kind in (
        (MetadataUnknownError(GUN, "timestamp"), FreshnessUnprovenError),
        (ServerUnreachableError("503"), FreshnessUnprovenError),
        (AccessDeniedError("403"), AccessDeniedError),
    ):
        client.server.fails = {"timestamp": error}
        client.refuses(kind)
    assert client.digest(offline=True) == GOOD
    client.now += timedelta(days=20)
    client.refuses(MetadataExpiredError, offline=True)


def test_TUF_TS_013_a_snapshot_where_a_timestamp_belongs(repository, client):
    repository.served["timestamp.json"] = repository.files[SNAPSHOT]
    client.refuses(InkanError)


def test_TUF_SN_002_003_004_016_files_that_are_not_the_announced(repository, client):
    for role in (SNAPSHOT, TARGETS):
        for change in (
            lambda raw: raw + b" ",
            lambda raw: raw[:-1],
            lambda raw: raw.replace(b":", b": ", 1),
        ):
            kept = dict(repository.served)
            for name, raw in kept.items():
                if name.startswith(f"{role}.") and len(name) > 60:
                    repository.served[name] = change(raw)
            client.refuses(InkanError)
            repository.served = kept


@pytest.mark.parametrize("role", [TARGETS, SNAPSHOT])
def test_TUF_SN_010_TG_007_008_expired_and_missing_files(repository, client, role):
    client.digest()
    client.now = DEFAULT_NOW + timedelta(days=1090)
    repository.now = client.now
    if role == SNAPSHOT:
        tree = json.loads(repository.files[SNAPSHOT])["signed"] | {
            "expires": "2031-06-01T00:00:00Z",
            "version": 9,
        }
        raw = sign(tree, [repository.online[SNAPSHOT]])
        repository.serve({SNAPSHOT: raw})
        repository.serve(
            {
                TIMESTAMP: sign(
                    next_timestamp(raw, 9, client.now + timedelta(days=9)),
                    [repository.online[TIMESTAMP]],
                )
            }
        )
    else:
        client.now = repository.now = DEFAULT_NOW + timedelta(days=1100)
        repository.announce({})
    client.refuses(MetadataExpiredError)


def test_TUF_TG_019_releases_before_targets_and_no_quiet_downgrade(repository, client):
    owner = repository.owner
    repository.publish(owner.add_signer("alice"))
    repository.publish(owner.sign_as("alice", "a", b"2" * 32))
    assert client.digest() == b"2" * 32
    collection = client.look()
    assert collection.signers("a") == ("alice",)
    stranger = owner.delegated_file(RELEASES, EcdsaSigner.generate(), {})
    repository.announce({RELEASES: stranger})
    with pytest.raises(UntrustedError, match="inkan trust repair"):
        client.digest()


def test_TUF_DEL_001_002_a_signers_role_that_does_not_verify_is_named_and_left_out(
    repository, client
):
    owner = repository.owner
    repository.publish(owner.add_signer("alice"))
    repository.publish(owner.sign_as("alice", "b", b"2" * 32))
    alice = RoleName("targets/alice")
    repository.announce({alice: owner.delegated_file(alice, EcdsaSigner.generate(), {})})
    collection = client.look()
    assert list(collection.skipped) == [alice]
    assert collection.signers("b") == ("Repo Admin",)


def test_TUF_DEL_012_what_a_role_signs_outside_of_its_paths_counts_for_nothing(repository, client):
    owner = repository.owner
    owner.add_signer("alice")
    tree = owner.targets_tree()
    for one in tree["delegations"]["roles"]:
        one["paths"] = ["dev-"]
    repository.announce({TARGETS: owner.next_targets(delegations=tree["delegations"])})
    repository.announce(owner.sign_as("alice", "a", EVIL))
    repository.announce(owner.sign_as("alice", "dev-1", b"2" * 32))
    assert client.digest() == GOOD
    assert client.digest("dev-1") == b"2" * 32
    assert client.look().signers("a") == ("Repo Admin",)


def test_TUF_SN_014_a_role_that_is_hidden(repository, client):
    owner = repository.owner
    repository.publish(owner.add_signer("alice"))
    repository.publish(owner.sign_as("alice", "a", b"2" * 32))
    client.digest()
    del repository.files[RELEASES]
    repository.announce({})
    client.refuses(MetadataMismatchError)


def test_TUF_STATE_003_a_damaged_cache_is_mended_from_the_server(client):
    client.digest()
    for role in ("timestamp", "snapshot", "targets"):
        for content in (b"", b"{}", b"\x00" * 10_000):
            (client.cache.folder / "metadata" / f"{role}.json").write_bytes(content)
            assert client.digest() == GOOD
        (client.cache.folder / "metadata" / f"{role}.json").unlink()
        assert client.digest() == GOOD


def test_TUF_STATE_013_offline_without_an_earlier_look(client):
    client.server.fails[""] = ServerUnreachableError("away")
    client.refuses(InkanError, offline=True)


def test_TUF_STATE_015_a_collection_that_begins_again(repository, client, tmp_path):
    repository.publish(repository.owner.push("b", GOOD))
    client.digest()
    again = SimulatedRepository.with_tags(GUN, a=EVIL)
    client.server.repository = again
    client.refuses(InkanError)
    client.cache.forget()
    assert client.digest() == EVIL


def test_TUF_STATE_018_a_publish_in_the_middle_of_an_update(repository, client):
    client.digest()
    fetch, published = client.server.fetch, []

    def racing(name, cap):
        raw = fetch(name, cap)
        if name == "timestamp" and not published:
            published.append(True)
            repository.publish(repository.owner.push("a", b"2" * 32))
            repository.withdraw(
                *(
                    n
                    for n in list(repository.served)
                    if n.startswith("snapshot.")
                    and len(n) > 60
                    and repository.served[n] != repository.files[SNAPSHOT]
                )
            )
        return raw

    client.server.fetch = racing
    repository.publish(repository.owner.push("c", GOOD))
    assert client.digest() == b"2" * 32


@pytest.mark.parametrize(
    "gun",
    [
        "../../../../tmp/reverse",
        "localhost/../../x/y",
        "/etc/passwd",
        "a/b/\x00",
        "",
        "localhost:5000/a/../b",
    ],
)
def test_TUF_DEL_023_024_025_names_that_lead_out_of_the_folder(tmp_path, gun):
    with pytest.raises((ReferenceInvalidError, InkanError)):
        TrustCache(tmp_path, gun)


def test_an_unknown_collection_and_an_unsigned_tag_are_two_things(repository, client):
    with pytest.raises(TargetUnsignedError):
        client.digest("none")
    repository.served.clear()
    client.cache.forget()
    with pytest.raises(RepositoryUnknownError):
        client.digest()


def test_TUF_STATE_001_002_files_out_of_order_or_twice_are_a_mistake_of_the_program(repository):
    trusted = TrustedSet(GUN, parse_root(repository.files[ROOT]), {}, DEFAULT_NOW)
    for early in (trusted.update_timestamp, trusted.update_snapshot, trusted.update_targets):
        with pytest.raises(RuntimeError):
            early(b"{}")
    trusted.finish_root()
    with pytest.raises(RuntimeError):
        trusted.update_root(repository.files[ROOT])
    trusted.update_timestamp(repository.files[TIMESTAMP])
    with pytest.raises(RuntimeError):
        trusted.update_timestamp(repository.files[TIMESTAMP])
    trusted.update_snapshot(repository.files[SNAPSHOT])
    trusted.update_targets(repository.files[TARGETS])
    with pytest.raises(RuntimeError):
        trusted.update_targets(repository.files[TARGETS])


def test_TUF_STATE_009_one_instant_for_the_whole_update(repository):
    soon = DEFAULT_NOW + timedelta(days=14) - timedelta(seconds=1)
    trusted = TrustedSet(GUN, parse_root(repository.files[ROOT]), {}, soon)
    trusted.finish_root()
    trusted.update_timestamp(repository.files[TIMESTAMP])
    assert trusted.now == soon


def test_TUF_STATE_005_a_cache_that_cannot_be_written_leaves_what_was_there(
    repository, client, monkeypatch
):
    client.digest()
    before = (client.cache.folder / "metadata" / "targets.json").read_bytes()
    repository.publish(repository.owner.push("b", GOOD))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("inkan.durable_file.os.fsync", full)
    with pytest.raises(InkanError, match="No space left"):
        client.digest("b")
    assert (client.cache.folder / "metadata" / "targets.json").read_bytes() == before


def test_TUF_SN_013_019_TG_009_snapshots_that_leave_out_or_cannot_be_checked(repository, client):
    tree = json.loads(repository.files[SNAPSHOT])["signed"]
    for change in (
        lambda meta: meta.pop("targets"),
        lambda meta: meta.pop("root"),
        lambda meta: meta["targets"].update(hashes={"sha3-256": "AAAA"}),
        lambda meta: meta["targets"].update(hashes={}),
    ):
        spoiled = json.loads(json.dumps(tree)) | {"version": 9}
        change(spoiled["meta"])
        raw = sign(spoiled, [repository.online[SNAPSHOT]])
        repository.serve({SNAPSHOT: raw})
        stamp = next_timestamp(raw, 9, DEFAULT_NOW + timedelta(days=9))
        repository.serve({TIMESTAMP: sign(stamp, [repository.online[TIMESTAMP]])})
        client.refuses(InkanError)


def test_TUF_SN_017_a_snapshot_with_very_many_entries(repository, client):
    tree = json.loads(repository.files[SNAPSHOT])["signed"] | {"version": 2}
    entry = tree["meta"]["targets"]
    tree["meta"] |= {f"targets/r{number}": entry for number in range(30_000)}
    raw = sign(tree, [repository.online[SNAPSHOT]])
    repository.serve({SNAPSHOT: raw})
    stamp = next_timestamp(raw, 2, DEFAULT_NOW + timedelta(days=9))
    repository.serve({TIMESTAMP: sign(stamp, [repository.online[TIMESTAMP]])})
    assert client.digest() == GOOD


def test_TUF_TG_016_a_target_without_a_sha256(repository, client):
    repository.owner.tags["a"] = {"hashes": {"sha512": "A" * 86 + "=="}, "length": 5}
    repository.announce({TARGETS: repository.owner.next_targets()})
    with pytest.raises(UntrustedError, match="without a SHA-256"):
        client.digest()


def test_TUF_CHAIN_037_no_newer_root_is_no_error(client):
    client.digest()
    assert "2.root" in client.server.asked


# --- pins ---------------------------------------------------------------------------------------


def test_PIN_001_002_003_pins_and_first_use(repository, client):
    client.pins = Pins(trust_on_first_use=False)
    client.refuses(RootPinnedError)
    key = repository.owner.root.public_key
    for pinned in (key.key_id, key.canonical_key_id):
        client.pins = Pins({GUN: Pin(frozenset({pinned}))}, trust_on_first_use=False)
        assert client.digest() == GOOD
    client.pins = Pins({GUN: Pin(frozenset({"0" * 64}))})
    client.refuses(RootPinnedError)


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("localhost:5000/team/*", True),
        ("localhost:5000/*", True),
        ("localhost:5000/te*", False),
        ("localhost:5000/tea/*", False),
        ("*", False),
    ],
)
def test_PIN_007_010_011_patterns_end_at_path_components(repository, client, pattern, fits):
    client.pins = Pins({pattern: Pin(frozenset({"0" * 64}))})
    if fits:
        client.refuses(RootPinnedError)
    else:
        assert client.digest() == GOOD


def test_PIN_007_the_longest_pattern_decides(repository, client):
    good = Pin(frozenset({repository.owner.root.public_key.key_id}))
    client.pins = Pins(
        {"localhost:5000/*": Pin(frozenset({"0" * 64})), "localhost:5000/team/*": good}
    )
    assert client.digest() == GOOD


def test_PIN_020_021_a_pin_wins_over_the_cache_and_over_rotations(repository, client):
    client.digest()
    key = repository.owner.root.public_key.key_id
    client.pins = Pins({GUN: Pin(frozenset({"0" * 64}))})
    client.refuses(RootPinnedError)
    client.pins = Pins({GUN: Pin(frozenset({key}))})
    repository.publish(repository.owner.rotate_root())
    client.refuses(RootPinnedError)


# --- whatever -----------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_sequence_of_answers_yields_a_digest_that_the_owner_did_not_sign(data):
    """The server holds its own keys and everything it has ever seen; it may mix, cut and re-sign as it likes."""
    repository = SimulatedRepository.with_tags(GUN, a=GOOD)
    repository.publish(repository.owner.push("a", b"2" * 32))
    stranger = Publisher(GUN, repository.owner.server_keys)
    stranger.targets_version = 5
    pool = [
        *repository.served.values(),
        stranger.push("a", EVIL)[TARGETS],
        stranger.root_file([stranger.root], version=2),
        b"{}",
    ]
    with tempfile.TemporaryDirectory() as folder:
        client = Client(repository, Path(folder))
        for _ in range(data.draw(st.integers(1, 3))):
            for name in data.draw(st.lists(st.sampled_from(sorted(repository.served)), max_size=4)):
                repository.served[name] = data.draw(st.sampled_from(pool))
            if data.draw(st.booleans()):
                repository.announce({TARGETS: data.draw(st.sampled_from(pool))})
            try:
                found = client.digest()
            except InkanError:
                continue
            assert found in (GOOD, b"2" * 32)


def test_what_the_simulator_signs_is_what_the_client_reads(repository):
    assert set(parse_targets(repository.files[TARGETS]).targets) == {"a"}
