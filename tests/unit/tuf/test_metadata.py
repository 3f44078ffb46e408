"""Signed files are read one way or not at all."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkan.errors import MetadataInvalidError, RoleInvalidError
from inkan.testing.publisher import Publisher
from inkan.tuf.envelope import format_expiry, parse_expiry
from inkan.tuf.metadata import parse, parse_root, parse_targets
from inkan.tuf.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, RoleName
from inkan.tuf.sign import EcdsaSigner

SERVER = {role: EcdsaSigner.generate().public_key for role in (SNAPSHOT, TIMESTAMP)}
FILES = Publisher("h/team/app", SERVER).first_push("1", b"x" * 32)
ROOT_RAW, TARGETS_RAW = FILES[ROOT], FILES[TARGETS]


def changed(raw: bytes, change) -> bytes:
    tree = json.loads(raw)
    change(tree)
    return json.dumps(tree).encode()


def set_signed(name, value):
    return lambda tree: tree["signed"].__setitem__(name, value)


REFUSED_TARGETS = {
    "an unknown member of the envelope": lambda t: t.__setitem__("abc", "xyz"),
    "a case twin of the envelope": lambda t: t.__setitem__("Signed", {}),
    "no signatures member": lambda t: t.pop("signatures"),
    "another type": set_signed("_type", "Root"),
    "version 0": set_signed("version", 0),
    "a negative version": set_signed("version", -1),
    "a version past 2^53": set_signed("version", 2**63 - 1),
    "a version as text": set_signed("version", "3"),
    "a version as true": set_signed("version", True),
    "a version with a fraction": set_signed("version", 3.0),
    "a case twin of version": set_signed("Version", 9),
    "a long s twin of version": set_signed("ver\u017fion", 9),
    "an expiry that is none": set_signed("expires", "tomorrow"),
    "an expiry on a day that is none": set_signed("expires", "2031-02-30T00:00:00Z"),
    "an expiry as number": set_signed("expires", 5),
    "targets as list": set_signed("targets", []),
    "a target without hashes": lambda t: t["signed"]["targets"]["1"].__setitem__("hashes", {}),
    "a target with null hashes": lambda t: t["signed"]["targets"]["1"].__setitem__("hashes", None),
    "a target with a short hash": lambda t: t["signed"]["targets"]["1"].__setitem__(
        "hashes", {"sha256": "YQ=="}
    ),
    "a target with another hash only": lambda t: t["signed"]["targets"]["1"].__setitem__(
        "hashes", {"md5": "YQ=="}
    ),
    "a target of negative length": lambda t: t["signed"]["targets"]["1"].__setitem__("length", -1),
    "a target with a case twin": lambda t: t["signed"]["targets"]["1"].__setitem__("Hashes", {}),
    "a delegation to nowhere": lambda t: t["signed"].__setitem__(
        "delegations",
        {"keys": {}, "roles": [{"name": "root", "keyids": [], "threshold": 1, "paths": []}]},
    ),
    "a delegation to a grandchild": lambda t: t["signed"].__setitem__(
        "delegations",
        {"keys": {}, "roles": [{"name": "targets/a/b", "keyids": [], "threshold": 1}]},
    ),
    "a delegation twice": lambda t: t["signed"].__setitem__(
        "delegations",
        {"keys": {}, "roles": [{"name": "targets/a", "keyids": [], "threshold": 1}] * 2},
    ),
    "a delegation of threshold 0": lambda t: t["signed"].__setitem__(
        "delegations", {"keys": {}, "roles": [{"name": "targets/a", "keyids": [], "threshold": 0}]}
    ),
    "a delegation with a key that is not there": lambda t: t["signed"].__setitem__(
        "delegations",
        {"keys": {}, "roles": [{"name": "targets/a", "keyids": ["0" * 64], "threshold": 1}]},
    ),
    "a signature that is not base64": lambda t: t["signatures"][0].__setitem__("sig", "*"),
}


@pytest.mark.parametrize("change", REFUSED_TARGETS.values(), ids=REFUSED_TARGETS.keys())
def test_targets_that_are_read_differently_elsewhere_are_refused(change):
    with pytest.raises(MetadataInvalidError):
        parse_targets(changed(TARGETS_RAW, change))


@pytest.mark.parametrize(
    "raw", [TARGETS_RAW + b"x", b"\xef\xbb\xbf" + TARGETS_RAW, b"", b"[]", b"null", b"{}"]
)
def test_bytes_around_a_file_are_refused(raw):
    with pytest.raises(MetadataInvalidError):
        parse_targets(raw)


def test_a_key_under_a_wrong_id_is_refused():
    def swap(tree):
        keys = tree["signed"]["keys"]
        first, second, *_ = keys
        keys[first], keys[second] = keys[second], keys[first]

    with pytest.raises(MetadataInvalidError, match="key ID is not valid"):
        parse_root(changed(ROOT_RAW, swap))


@pytest.mark.parametrize("role", ["root", "targets", "snapshot", "timestamp"])
def test_a_root_without_a_role_is_refused(role):
    with pytest.raises(MetadataInvalidError, match=f"missing {role} role specification"):
        parse_root(changed(ROOT_RAW, lambda t: t["signed"]["roles"].pop(role)))


def test_null_is_what_go_writes_for_nothing():
    tree = json.loads(TARGETS_RAW)
    tree["signed"].update(targets=None, delegations={"keys": {}, "roles": None})
    file = parse_targets(json.dumps(tree).encode())
    assert file.targets == {}
    tree["signed"]["delegations"] = {
        "keys": {},
        "roles": [{"name": "targets/releases", "keyids": None, "threshold": 1, "paths": None}],
    }
    (delegation,) = parse_targets(json.dumps(tree).encode()).delegations
    assert delegation.keys.keys == ()
    assert not delegation.permits("anything")


def test_unknown_signed_members_and_white_space_are_kept():
    raw = changed(TARGETS_RAW, set_signed("x-note", {"a": [1]})) + b"\n"
    file = parse_targets(raw)
    assert file.raw == raw
    assert b'"x-note":{"a":[1]}' in file.message


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2031-01-02T03:04:05Z", datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2031-01-02T03:04:05.123456789Z", datetime(2031, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)),
        ("2031-01-02T03:04:05.6-05:00", datetime(2031, 1, 2, 8, 4, 5, 600000, tzinfo=UTC)),
    ],
)
def test_expiries_are_read_as_go_writes_them(text, instant):
    assert parse_expiry(text) == instant


@given(
    st.datetimes(
        min_value=datetime(1970, 1, 1), max_value=datetime(9000, 1, 1), timezones=st.just(UTC)
    )
)
def test_expiries_round_trip(instant):
    assert parse_expiry(format_expiry(instant)) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Root",
        "targets/",
        "targets//a",
        "targets/../a",
        "targets/A",
        "targets/a b",
        "targets/a/",
        "targets/" + "a" * 250,
        "x",
        "targets/a/b/c/d/e/f/g/h/i",
    ],
)
def test_names_that_are_no_roles_are_refused(text):
    with pytest.raises(RoleInvalidError):
        RoleName.parse(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "signed",
                    "signatures",
                    "_type",
                    "version",
                    "expires",
                    "keys",
                    "roles",
                    "meta",
                    "targets",
                    "delegations",
                    "keyids",
                    "x",
                ]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(JSON, st.sampled_from([ROOT, TARGETS, SNAPSHOT, TIMESTAMP, RoleName("targets/a")]))
def test_any_json_gives_a_file_or_the_one_error(tree, role):
    try:
        parse(role, json.dumps(tree).encode())
    except MetadataInvalidError:
        pass


@given(st.sampled_from([ROOT_RAW, TARGETS_RAW]), st.data())
def test_any_damage_gives_a_file_or_the_one_error(raw, data):
    start = data.draw(st.integers(0, len(raw)))
    stop = data.draw(st.integers(start, min(len(raw), start + 30)))
    damaged = raw[:start] + data.draw(st.binary(max_size=10)) + raw[stop:]
    for role in (ROOT, TARGETS):
        try:
            parse(role, damaged)
        except MetadataInvalidError:
            pass
