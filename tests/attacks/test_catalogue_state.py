"""More rows of the catalogue for the client: its clock, its folder, mirrors that do not fit together, sizes and counts."""

import json
from datetime import timedelta

import pytest

from attacks.hostile import EVIL, GOOD, GUN
from inkan.errors import (
    CorruptError,
    FreshnessUnprovenError,
    InkanError,
    MetadataExpiredError,
    MetadataMismatchError,
    StorageUnavailableError,
)
from inkan.testing.corruptions import OF_BYTES, resigned
from inkan.testing.publisher import DEFAULT_NOW
from inkan.testing.repository import SimulatedRepository
from inkan.tuf.announcements import next_timestamp
from inkan.tuf.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP
from inkan.tuf.sign import sign

DECADE = timedelta(days=3650)
SPOILED_ROOTS = ("empty", "cut in the middle", "a byte behind", "no signatures", "nested 100,000 deep")  # fmt: skip


def test_TUF_STATE_004_a_folder_that_may_only_be_read_is_warned_of(repository, client, monkeypatch):
    client.digest()
    repository.publish(repository.owner.push("b", GOOD))
    before = (client.cache.folder / "metadata" / "targets.json").read_bytes()

    def refuse(path, *_):
        cause = OSError(30, "Read-only file system")
        raise StorageUnavailableError(f"{path} cannot be written") from cause

    monkeypatch.setattr("inkan.client.trust_cache.write_private", refuse)
    found = client.look()
    assert (found.is_fresh, found.is_remembered) == (True, False)
    assert found.resolve("b").sha256 == GOOD.hex()
    assert (client.cache.folder / "metadata" / "targets.json").read_bytes() == before


@pytest.mark.parametrize("seen", ['"2031-01-01"', '"never"', "5", '["x"]'])
def test_what_is_remembered_and_cannot_be_read_is_never_taken_for_nothing(client, tmp_path, seen):
    client.digest()
    (path,) = (tmp_path / "inkan").rglob("floors.json")
    path.write_text(f'{{"seen": {seen}}}')
    client.refuses(CorruptError)


def test_TUF_STATE_008_a_clock_that_is_set_back_or_forward(client):
    client.digest()
    client.now = DEFAULT_NOW - DECADE
    client.refuses(FreshnessUnprovenError)
    client.refuses(FreshnessUnprovenError, offline=True)
    client.now = DEFAULT_NOW - timedelta(hours=23)
    assert client.digest() == GOOD
    client.now = DEFAULT_NOW + DECADE
    client.refuses(InkanError)
    # a clock that was forward and saw nothing good leaves nothing behind
    client.now = DEFAULT_NOW
    assert client.digest() == GOOD


@pytest.mark.parametrize("local", SPOILED_ROOTS)
@pytest.mark.parametrize("remote", OF_BYTES)
def test_TUF_STATE_014_a_damaged_cached_root_is_named_first_and_never_replaced(
    repository, client, local, remote
):
    client.digest()
    path = client.cache.folder / "metadata" / "root.json"
    good = path.read_bytes()
    path.write_bytes(OF_BYTES[local](good))
    spoiled = path.read_bytes()
    repository.served["root.json"] = OF_BYTES[remote](repository.files[ROOT])
    with pytest.raises(InkanError) as refused:
        client.digest()
    assert isinstance(refused.value, CorruptError) or local == "no signatures"
    assert path.read_bytes() == spoiled


def test_TUF_STATE_016_a_timestamp_of_one_mirror_and_a_snapshot_of_another(repository, client):
    """The same owner, the same online keys, two states: what one announces the other does not have."""
    tree = json.loads(repository.files[SNAPSHOT])["signed"]
    other = sign({**tree, "version": 7}, [repository.online[SNAPSHOT]])
    for name in list(repository.served):
        if name.startswith("snapshot"):
            repository.served[name] = other
    client.refuses(MetadataMismatchError)


@pytest.mark.parametrize("role", ["snapshot", "targets"])
def test_TUF_STATE_017_SN_008_TG_006_a_name_with_a_hash_serves_other_bytes(
    repository, client, role
):
    """In this dialect a file is asked for by its hash, never by its version: other bytes are another file."""
    older = SimulatedRepository.with_tags(GUN, a=EVIL)
    for name in list(repository.served):
        if name.startswith(f"{role}."):
            repository.served[name] = older.served[f"{role}.json"]
    client.refuses(MetadataMismatchError)


def test_TUF_TS_019_a_timestamp_with_ten_thousand_signatures(repository, client):
    tree = json.loads(repository.files[TIMESTAMP])
    for count in (60, 10_000):
        many = {**tree, "signatures": tree["signatures"] * count}
        repository.served["timestamp.json"] = json.dumps(many).encode()
        client.refuses(InkanError)


def test_TUF_TG_011_targets_of_a_hundred_mebibytes(repository, client):
    snapshot = json.loads(repository.files[SNAPSHOT])["signed"]
    snapshot["version"] = 2
    snapshot["meta"]["targets"]["length"] = 101 * 2**20
    raw = sign(snapshot, [repository.online[SNAPSHOT]])
    stamp = next_timestamp(raw, 2, DEFAULT_NOW + timedelta(days=9))
    repository.serve({SNAPSHOT: raw, TIMESTAMP: sign(stamp, [repository.online[TIMESTAMP]])})
    client.refuses(InkanError)


def test_TUF_TG_021_names_that_steer_a_terminal_are_other_names(repository, client):
    evil = "1.0\u202etxt"
    repository.owner.tags[evil] = repository.owner.tags["a"]
    repository.announce({TARGETS: repository.owner.next_targets()})
    assert client.digest(evil) == GOOD
    client.refuses(InkanError, tag="1.0")


def test_TUF_STATE_009_expiry_is_expiry_also_at_the_last_instant(client):
    client.digest()
    client.now = DEFAULT_NOW + timedelta(days=14, seconds=1)
    client.refuses(MetadataExpiredError, offline=True)
    assert resigned
