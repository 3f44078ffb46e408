"""Signed documents and the keys behind them, case by case, each under its number in the catalogue of attacks.

What holds here holds for the server and for the client: both read with the same functions.
"""

import base64
import json
import os
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from inkan.errors import (
    InkanError,
    KeyInvalidError,
    MetadataInvalidError,
    PublicationRefusedError,
    RoleInvalidError,
    SignatureThresholdError,
)
from inkan.testing.corruptions import OF_BYTES, OF_MEANING, resigned
from inkan.testing.publisher import Publisher, role_entry, root_signer, target
from inkan.testing.repository import SimulatedRepository
from inkan.tuf.canonical_json import canonical, wire
from inkan.tuf.envelope import parse_expiry
from inkan.tuf.keys import KeyType, Method, PublicKey
from inkan.tuf.metadata import parse_root, parse_snapshot, parse_targets, parse_timestamp
from inkan.tuf.roles import RELEASES, ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.sign import EcdsaSigner, sign
from inkan.tuf.verify import RoleKeys, Signature, require_threshold

GUN = "localhost:5000/team/app"
ALICE = RoleName("targets/alice")


@pytest.fixture
def repository():
    return SimulatedRepository.with_tags(GUN, a=b"1" * 32)


@pytest.fixture
def raw(repository):
    return repository.files[TARGETS]


def refused(repository, files, *words):
    before = dict(repository.files)
    with pytest.raises(PublicationRefusedError) as caught:
        repository.publish(files)
    assert repository.files == before
    for word in words:
        assert word in caught.value.reason
    return caught.value


# --- parsing ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [n for n in OF_BYTES if "signature" not in n and "another version" not in n]
)
def test_TUF_PARSE_001_011_013_015_016_023_spoiled_bytes(raw, name):
    with pytest.raises(MetadataInvalidError):
        parse_targets(OF_BYTES[name](raw))


@pytest.mark.parametrize("name", [n for n in OF_MEANING if n != "expired"])
def test_TUF_PARSE_002_003_005_signed_nonsense(repository, raw, name):
    with pytest.raises(MetadataInvalidError):
        parse_targets(resigned(raw, OF_MEANING[name], [repository.owner.targets]))


@pytest.mark.parametrize("version", ["1.0", "1e3", "9007199254740993", "-0"])
def test_TUF_PARSE_005_versions_that_are_no_integers(raw, version):
    with pytest.raises(MetadataInvalidError):
        parse_targets(raw.replace(b'"version":2', b'"version":' + version.encode()))


@pytest.mark.parametrize(
    "change",
    [
        {"length": -1},
        {"length": 1.5},
        {"length": "5"},
        {"length": None},
        {"hashes": {}},
        {"hashes": {"sha256": 5}},
        {"hashes": []},
        {"hashes": {"sha256": "AAAA"}},
    ],
    ids=str,
)
def test_TUF_PARSE_008_entries_without_a_length_or_a_hash(repository, raw, change):
    def spoil(tree):
        tree["targets"]["a"].update(change)

    with pytest.raises(MetadataInvalidError):
        parse_targets(json.dumps({"signed": tree_with(raw, spoil), "signatures": []}).encode())


def tree_with(raw, change):
    tree = json.loads(raw)["signed"]
    change(tree)
    return tree


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("2031-01-02T03:04:05Z", datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2031-01-02T03:04:05.123456789Z", datetime(2031, 1, 2, 3, 4, 5, 123456, UTC)),
        ("2031-01-02T05:04:05+02:00", datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("9999-12-31T23:59:59Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_TUF_PARSE_009_times_that_go_writes(text, means):
    assert parse_expiry(text) == means


@pytest.mark.parametrize(
    "text",
    ["2031-01-02T03:04:05", "0000-01-01T00:00:00Z", "2031-01-02T24:00:00Z", "2031-12-31T23:59:60Z",
     "9999-12-31T23:59:59-14:00", "2031-01-02 03:04:05Z", "2031-02-30T00:00:00Z", "", None, 5],
    ids=str,
)  # fmt: skip
def test_TUF_PARSE_009_times_that_are_none(text):
    with pytest.raises(InkanError):
        parse_expiry(text)


def test_TUF_PARSE_010_a_time_is_signed_as_it_was_written(repository):
    signer = repository.owner.targets
    raw = resigned(
        repository.files[TARGETS],
        lambda t: t.update(expires="2041-01-02T05:04:05.123456789+02:00"),
        [signer],
    )
    file = parse_targets(raw)
    require_threshold(RoleKeys(TARGETS, (signer.public_key,), 1), file.signatures, file.message)
    assert b".123456789+02:00" in file.message


def test_TUF_PARSE_014_unknown_members_are_signed_and_kept(repository):
    signer = repository.owner.targets
    raw = resigned(repository.files[TARGETS], lambda t: t.update(zzz={"x": 1}), [signer])
    file = parse_targets(raw)
    require_threshold(RoleKeys(TARGETS, (signer.public_key,), 1), file.signatures, file.message)
    assert file.tree()["zzz"] == {"x": 1}


def test_TUF_PARSE_018_a_nul_in_a_name(repository):
    repository.owner.tags = {"a\x00b": target(b"1" * 32, 1)}
    raw = repository.owner.next_targets()
    for spelled in (raw, raw.replace(b"\x00", b"\\u0000")):
        with pytest.raises(MetadataInvalidError):
            parse_targets(spelled)


def test_TUF_PARSE_020_escapes_of_the_wire_are_not_signed():
    text = '<&>\u2028\u2029"\\é'
    assert wire(text) == b'"\\u003c\\u0026\\u003e\\u2028\\u2029\\"\\\\\xc3\xa9"'
    assert canonical(text) == '"<&>\u2028\u2029\\"\\\\é"'.encode()


@pytest.mark.parametrize("number", ["1.5", "1e400", "NaN", "Infinity", "-Infinity", "1E5"])
def test_TUF_PARSE_021_numbers_that_are_no_integers(raw, number):
    spoiled = raw.replace(b'"version":2', b'"version":2,"x":' + number.encode())
    with pytest.raises(MetadataInvalidError):
        parse_targets(spoiled)


def test_TUF_PARSE_022_integers_are_exact_or_refused(repository):
    signer = repository.owner.targets
    exact = resigned(repository.files[TARGETS], lambda t: t.update(x=2**53), [signer])
    assert b'"x":9007199254740992' in parse_targets(exact).message
    with pytest.raises(MetadataInvalidError):
        parse_targets(
            resigned(repository.files[TARGETS], lambda t: t.update(x=2**53 + 1), [signer])
        )


def test_TUF_PARSE_024_more_than_the_cap_is_not_even_parsed(raw):
    with pytest.raises(MetadataInvalidError, match="more than"):
        parse_targets(raw + b" " * (21 * 2**20))


def test_TUF_PARSE_026_what_is_kept_is_what_came(repository):
    loose = repository.owner.push("b", b"2" * 32)[TARGETS].replace(b",", b" ,")
    repository.publish({TARGETS: loose})
    assert repository.files[TARGETS] == loose
    assert parse_snapshot(repository.files[SNAPSHOT]).meta[TARGETS].length == len(loose)


@pytest.mark.parametrize("text", ["A" * 42 + "\n=", "A" * 43, "_" * 43 + "=", " " + "A" * 43 + "="])
def test_TUF_PARSE_029_base64_of_another_alphabet(raw, text):
    def spoil(tree):
        tree["targets"]["a"]["hashes"]["sha256"] = text

    with pytest.raises(MetadataInvalidError):
        parse_targets(json.dumps({"signed": tree_with(raw, spoil), "signatures": []}).encode())


# --- signatures ---------------------------------------------------------------------------------


MESSAGE = b"message"


def signature(signer, message=MESSAGE, **changes):
    value = changes.get("value", signer.sign(message))
    return Signature(
        changes.get("key_id", signer.public_key.key_id), changes.get("method", signer.method), value
    )


def meets(threshold, signers, signatures, message=MESSAGE) -> bool:
    keys = RoleKeys(TARGETS, tuple(s.public_key for s in signers), threshold)
    try:
        require_threshold(keys, signatures, message)
    except SignatureThresholdError:
        return False
    return True


@pytest.fixture
def signers():
    return [EcdsaSigner.generate() for _ in range(3)]


def test_TUF_SIG_003_one_key_listed_twice_counts_once(signers):
    one = signature(signers[0])
    assert not meets(2, signers, [one, one])
    assert not meets(2, signers, [one, signature(signers[0])])
    assert meets(2, signers, [one, one, signature(signers[1])])


def test_TUF_SIG_004_005_one_key_under_several_ids_counts_once():
    """notary 0.7.0 accepts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    wrapped = root_signer(GUN, key, datetime(2031, 1, 1, tzinfo=UTC))
    bare = EcdsaSigner(key, PublicKey(KeyType.ECDSA, spki(key.public_key())))
    other = root_signer(GUN, key, datetime(2031, 1, 2, tzinfo=UTC))
    signers = [wrapped, bare, other]
    assert len({one.public_key.key_id for one in signers}) == 3
    assert not meets(2, signers, [signature(one) for one in signers])
    assert meets(1, signers, [signature(one) for one in signers])


def spki(key):
    return key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@pytest.mark.parametrize(
    "spell", [str.upper, lambda key_id: f" {key_id}", lambda key_id: key_id + "\n"]
)
def test_TUF_SIG_007_key_ids_are_matched_exactly(signers, spell):
    spelled = spell(signers[0].public_key.key_id)
    expected = spelled == signers[0].public_key.key_id
    assert meets(1, signers, [signature(signers[0], key_id=spelled)]) == expected


def test_TUF_SIG_008_009_bad_and_strange_signatures_beside_a_good_one(signers):
    good, bad = signature(signers[0]), signature(signers[1], value=b"x" * 64)
    strange = signature(EcdsaSigner.generate())
    assert meets(1, signers, [bad, strange, good])
    assert not meets(1, signers, [bad, strange])


@pytest.mark.parametrize(
    "name", [n for n in OF_BYTES if n.startswith(("signatures", "a signature", "no sig", "10,000"))]
)
def test_TUF_SIG_011_012_014_028_spoiled_signatures(repository, raw, name):
    keys = RoleKeys(TARGETS, (repository.owner.targets.public_key,), 1)

    def read():
        file = parse_targets(OF_BYTES[name](raw))
        require_threshold(keys, file.signatures, file.message)

    with pytest.raises((MetadataInvalidError, SignatureThresholdError)):
        read()


def test_TUF_SIG_014_methods_are_matched_without_case(repository, raw):
    loud = raw.replace(b'"method":"ecdsa"', b'"method":"ECDSA"')
    assert loud != raw
    file = parse_targets(loud)
    require_threshold(
        RoleKeys(TARGETS, (repository.owner.targets.public_key,), 1), file.signatures, file.message
    )


def test_TUF_SIG_015_short_rsa_keys_are_refused():
    key = rsa.generate_private_key(65537, 1024)
    with pytest.raises(KeyInvalidError):
        PublicKey(KeyType.RSA, spki(key.public_key()))


def test_TUF_SIG_017_pkcs1_where_pss_is_expected():
    key = rsa.generate_private_key(65537, 2048)
    public = PublicKey(KeyType.RSA, spki(key.public_key()))
    value = key.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    assert not public.verify(Method.RSA_PSS, value, MESSAGE)


def test_TUF_SIG_018_ecdsa_signatures_are_raw_numbers(signers):
    private = signers[0]
    r, s = (
        int.from_bytes(half) for half in (private.sign(MESSAGE)[:32], private.sign(MESSAGE)[32:])
    )
    assert not private.public_key.verify(Method.ECDSA, utils.encode_dss_signature(r, s), MESSAGE)


def test_TUF_SIG_019_numbers_out_of_range_and_malleated(signers):
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    value = signers[0].sign(MESSAGE)
    r, s = int.from_bytes(value[:32]), int.from_bytes(value[32:])
    for bad in ((0, s), (r, 0), (order, s), (r, order), (0, 0)):
        raw = b"".join(number.to_bytes(32) for number in bad)
        assert not signers[0].public_key.verify(Method.ECDSA, raw, MESSAGE)
    twin = value[:32] + (order - s).to_bytes(32)
    one, two = signature(signers[0], value=value), signature(signers[0], value=twin)
    assert not meets(2, signers, [one, two])


@pytest.mark.parametrize("point", [b"\x00", b"\x04" + b"\x01" * 64, b"\x04" + b"\x00" * 64])
def test_TUF_SIG_021_points_that_are_not_on_the_curve(point):
    prefix = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
    with pytest.raises(KeyInvalidError):
        PublicKey(KeyType.ECDSA, prefix + point)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_TUF_SIG_022_ed25519_keys_of_another_length(length):
    with pytest.raises(KeyInvalidError):
        PublicKey(KeyType.ED25519, b"\x01" * length)


@pytest.mark.parametrize(
    "height",
    [
        0,
        1,
        -1,
        2**255 - 19,
        2**255 - 18,
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    ],
)
@pytest.mark.parametrize("sign", [0, 1 << 255])
def test_TUF_SIG_023_keys_of_small_order(height, sign):
    """One signature would verify over every message."""
    point = (height % (2**255 - 19) if height < 0 else height) | sign
    with pytest.raises(KeyInvalidError):
        PublicKey(KeyType.ED25519, point.to_bytes(32, "little"))


def test_TUF_SIG_024_keys_of_another_role(repository):
    snapshot_signed = resigned(
        repository.files[TARGETS], lambda t: t.update(version=3), [repository.online[SNAPSHOT]]
    )
    refused(repository, {TARGETS: snapshot_signed}, "did not meet threshold for targets")


def test_TUF_SIG_025_a_signature_over_other_bytes_than_the_canonical(repository):
    tree = tree_with(repository.files[TARGETS], lambda t: t.update(version=3))
    signer = repository.owner.targets
    pretty = json.dumps(tree, indent=1).encode()
    value = base64.b64encode(signer.sign(pretty)).decode()
    raw = (
        b'{"signed":'
        + pretty
        + b',"signatures":'
        + json.dumps(
            [{"keyid": signer.public_key.key_id, "method": "ecdsa", "sig": value}]
        ).encode()
        + b"}"
    )
    refused(repository, {TARGETS: raw}, "did not meet threshold")


def test_TUF_SIG_027_hash_algorithms_named_in_a_key_mean_nothing(repository):
    key = repository.owner.targets.public_key
    spelled = {**key.to_json(), "keyid_hash_algorithms": ["md5"]}
    assert PublicKey.from_json(spelled).key_id == key.key_id


# --- roots --------------------------------------------------------------------------------------


def test_TUF_CHAIN_005_a_root_that_its_own_new_key_did_not_sign(repository):
    old = repository.owner.root
    repository.owner.rotate_root()
    refused(repository, {ROOT: repository.owner.root_file([old])})


def several(repository, count, threshold):
    """Begin anew with a root of several keys."""
    owner = repository.owner
    roots = [
        root_signer(GUN, ec.generate_private_key(ec.SECP256R1()), owner.now) for _ in range(count)
    ]
    raw = with_roots(owner, roots, threshold, roots)
    repository.files.clear()
    owner.targets_version = 1
    repository.publish({ROOT: raw, TARGETS: owner.next_targets()})
    return roots


def with_roots(owner, roots, threshold, signers, version=1):
    keys = [one.public_key for one in roots]
    owner.root_version = version
    others = [owner.targets.public_key, *owner.server_keys.values()]
    roles = {
        "root": role_entry(keys, threshold),
        "targets": role_entry([owner.targets.public_key]),
        "snapshot": role_entry([owner.server_keys[SNAPSHOT]]),
        "timestamp": role_entry([owner.server_keys[TIMESTAMP]]),
    }
    listed = {key.key_id: key.to_json() for key in [*keys, *others]}
    return owner.root_file(signers, roles=roles, keys=listed)


def test_TUF_CHAIN_007_three_of_five_where_two_old_ones_signed(repository):
    roots = several(repository, 5, 3)
    owner = repository.owner
    new = [
        *roots[:2],
        *(root_signer(GUN, ec.generate_private_key(ec.SECP256R1()), owner.now) for _ in range(3)),
    ]
    refused(repository, {ROOT: with_roots(owner, new, 3, new, version=2)}, "could not rotate trust")
    repository.publish({ROOT: with_roots(owner, new, 3, [*new, roots[2]], version=2)})


def test_TUF_CHAIN_009_a_lowered_threshold_does_not_serve_its_own_lowering(repository):
    roots = several(repository, 3, 2)
    owner = repository.owner
    refused(repository, {ROOT: with_roots(owner, roots, 1, roots[:1], version=2)})
    repository.publish({ROOT: with_roots(owner, roots, 1, roots[:2], version=2)})


def test_TUF_CHAIN_014_016_roots_that_are_not_newer(repository):
    with pytest.raises(InkanError):
        repository.publish({ROOT: repository.owner.root_file([repository.owner.root])})


def test_TUF_CHAIN_025_a_threshold_met_by_one_key_alone(repository):
    owner = repository.owner
    key = ec.generate_private_key(ec.SECP256R1())
    twins = [root_signer(GUN, key, owner.now) for _ in range(2)]
    raw = with_roots(owner, twins, 2, [*twins, owner.root], version=2)
    refused(repository, {ROOT: raw})


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_TUF_CHAIN_028_029_031_032_roles_that_cannot_be_met(repository, role):
    owner = repository.owner
    owner.root_version = 2
    good = owner.root_file([owner.root])

    def emptied(tree):
        tree["roles"][role]["keyids"] = []

    def unknown(tree):
        tree["roles"][role]["keyids"] = ["0" * 64]

    def raised(tree):
        tree["roles"][role]["threshold"] = 9

    def more(tree):
        tree["roles"]["mirrors"] = tree["roles"][role]

    for change in (emptied, unknown, raised, more):
        refused(repository, {ROOT: resigned(good, change, [owner.root])})


def test_TUF_CHAIN_033_targets_by_a_key_that_the_root_has_dropped(repository):
    owner = repository.owner
    old, owner.targets = owner.targets, EcdsaSigner.generate()
    owner.root_version = 2
    repository.publish({ROOT: owner.root_file([owner.root]), TARGETS: owner.next_targets()})
    late = resigned(repository.files[TARGETS], lambda t: t.update(version=9), [old])
    refused(repository, {TARGETS: late}, "did not meet threshold")


# --- delegations --------------------------------------------------------------------------------


def delegating(repository, **changes):
    owner = repository.owner
    owner.signers["alice"] = EcdsaSigner.generate()
    keys = [owner.signers["alice"].public_key]
    entry = {**role_entry(keys), "name": "targets/alice", "paths": [""], **changes}
    return {"keys": {key.key_id: key.to_json() for key in keys}, "roles": [entry]}


def test_TUF_DEL_001_007_a_role_signed_by_others_or_by_one_key_twice(repository):
    owner = repository.owner
    repository.publish({TARGETS: owner.next_targets(delegations=delegating(repository))})
    stranger = owner.delegated_file(ALICE, EcdsaSigner.generate(), {"b": target(b"1" * 32, 5)})
    refused(repository, {ALICE: stranger}, "did not meet threshold for targets/alice")
    keys = [owner.signers["alice"].public_key, EcdsaSigner.generate().public_key]
    two = delegating(repository)
    two["keys"] = {key.key_id: key.to_json() for key in keys}
    two["roles"][0] |= role_entry(keys, 2)
    repository.publish({TARGETS: owner.next_targets(delegations=two)})
    raw = owner.delegated_file(ALICE, owner.signers["alice"], {"b": target(b"1" * 32, 5)})
    tree = json.loads(raw)
    tree["signatures"] *= 2
    refused(repository, {ALICE: json.dumps(tree).encode()})


def test_TUF_DEL_002_003_006_expired_and_malformed_roles(repository):
    owner = repository.owner
    repository.publish({TARGETS: owner.next_targets(delegations=delegating(repository))})
    raw = owner.delegated_file(ALICE, owner.signers["alice"], {"b": target(b"1" * 32, 5)})
    expired = resigned(raw, OF_MEANING["expired"], [owner.signers["alice"]])
    refused(repository, {ALICE: expired}, "targets/alice expired")
    refused(repository, {ALICE: raw[:-1]})


@pytest.mark.parametrize(
    "name", ["targets/b/c", "targets", "root", "targets/releases/x", "releases"]
)
def test_TUF_DEL_009_017_roles_that_are_no_child(repository, name):
    refused(
        repository,
        {TARGETS: repository.owner.next_targets(delegations=delegating(repository, name=name))},
    )


def test_TUF_DEL_018_a_role_delegated_twice(repository):
    twice = delegating(repository)
    twice["roles"] *= 2
    refused(repository, {TARGETS: repository.owner.next_targets(delegations=twice)}, "twice")


@pytest.mark.parametrize(
    "name",
    ["../x", "/x", "targets/../root", "targets//a", "targets/a/", ".", "..", "targets/.", "targets/a?b", "targets/a#b",
     "targets/%2e%2e", "targets/a\x00", "targets/a\n", "targets/" + "a" * 256, "targets/A", "targets/CON ", "targets\\a", ""],
)  # fmt: skip
def test_TUF_DEL_020_021_026_names_that_are_no_roles(name):
    with pytest.raises(RoleInvalidError):
        RoleName.parse(name)


def test_TUF_DEL_012_targets_outside_of_the_paths(repository):
    owner = repository.owner
    repository.publish(
        {TARGETS: owner.next_targets(delegations=delegating(repository, paths=["dev-"]))}
    )
    outside = owner.delegated_file(ALICE, owner.signers["alice"], {"prod": target(b"1" * 32, 5)})
    refused(repository, {ALICE: outside}, "may not sign 'prod'")


def test_what_the_simulator_serves_is_what_a_client_asks_for(repository):
    timestamp = parse_timestamp(repository.fetch("timestamp.json"))
    named = timestamp.meta[SNAPSHOT].hashes["sha256"].hex()
    assert parse_snapshot(repository.fetch(f"snapshot.{named}.json")).version == 1
    assert parse_root(repository.fetch("1.root.json")).version == 1
    stranger = Publisher(GUN, repository.owner.server_keys)
    stranger.first_push("evil", os.urandom(32))
    repository.announce({TARGETS: stranger.next_targets()})
    assert parse_targets(repository.fetch("targets.json")).version == 3
    repository.withdraw("root.json")
    assert repository.fetch("root.json") is None
    repository.renew()
    assert parse_timestamp(repository.fetch("timestamp.json")).version == 3
    assert RELEASES not in repository.files
    assert sign({"a": 1}, [repository.online[SNAPSHOT]])
