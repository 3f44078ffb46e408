"""A file that is recognised says exactly what the strict reader says of it; one that is not quite of the form goes to the strict reader."""

import json
import random
from base64 import b64encode
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkan.errors import MetadataInvalidError
from inkan.testing.publisher import DEFAULT_NOW
from inkan.tuf import metadata
from inkan.tuf.canonical_json import envelope
from inkan.tuf.compact_targets import CompactTargets
from inkan.tuf.envelope import format_expiry
from inkan.tuf.metadata import parse_targets
from inkan.tuf.sign import EcdsaSigner, sign

SIGNER = EcdsaSigner.generate()
SIGNATURES = [{"keyid": "0" * 64, "method": "ecdsa", "sig": "AAAA"}]
plain_names = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=12)
odd_names = st.text(min_size=1, max_size=6)
entries = st.builds(
    lambda sha256, sha512, length: {
        "hashes": {"sha256": b64encode(sha256).decode()}
        | ({"sha512": b64encode(sha512).decode()} if sha512 else {}),
        "length": length,
    },
    st.binary(min_size=32, max_size=32),
    st.none() | st.binary(min_size=64, max_size=64),
    st.integers(0, 2**53),
)
targets = st.dictionaries(plain_names | odd_names, entries, max_size=6)


def tree(tags, **more):
    expires = format_expiry(DEFAULT_NOW + timedelta(days=1095))
    return {
        "_type": "Targets",
        "delegations": {"keys": {}, "roles": []},
        "expires": expires,
        "targets": tags,
        "version": 2,
    } | more


def strictly(raw):
    """Read without the short way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metadata, "cut", lambda _: None)
        return parse_targets(raw)


def outcome(read, raw):
    try:
        file = read(raw)
    except MetadataInvalidError:
        return "refused"
    return file.message, dict(file.targets), file.delegations, file.expires, file.signatures


@given(targets)
def test_both_ways_say_the_same(tags):
    raw = sign(tree(tags), [SIGNER])
    assert outcome(parse_targets, raw) == outcome(strictly, raw)


@settings(max_examples=300)
@given(st.dictionaries(plain_names, entries, min_size=1, max_size=4), st.data())
def test_both_ways_say_the_same_of_files_with_a_flaw(tags, data):
    raw = bytearray(sign(tree(tags), [SIGNER]))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        how = data.draw(st.sampled_from(["replace", "delete", "repeat"]))
        if how == "replace":
            raw[at] = data.draw(st.sampled_from(b'"{}[]:, \\0a<\x00\xff'))
        elif how == "delete":
            del raw[at]
        else:
            raw[at:at] = raw[at : at + data.draw(st.integers(1, 80))]
    raw = bytes(raw)
    assert outcome(parse_targets, raw) == outcome(strictly, raw)


def entry(number=1):
    return {"hashes": {"sha256": b64encode(bytes([number]) * 32).decode()}, "length": number}


def test_what_docker_writes_takes_the_short_way():
    assert isinstance(parse_targets(sign(tree({"1.0": entry()}), [SIGNER])).targets, CompactTargets)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(
            envelope(tree({}, zzz={"targets": {"evil": entry()}, "version": 3}), SIGNATURES),
            id="entries further down",
        ),
        pytest.param(
            envelope(
                tree({"a": entry()}, x={"a": 1, "targets": {"b": entry()}, "version": 3}),
                SIGNATURES,
            ),
            id="two",
        ),
        pytest.param(
            envelope(tree({"a": entry()}), SIGNATURES).replace(
                b'"version":2}', b'"version":2,"zzz":1}'
            ),
            id="a member after the version",
        ),
        pytest.param(
            envelope(tree({"a": entry(), "b": entry(2)}), SIGNATURES).replace(b'"b"', b'"a"'),
            id="a name twice",
        ),
        pytest.param(
            envelope(tree({"a": entry(), "b": entry(2)}), SIGNATURES).replace(b'"a"', b'"c"'),
            id="names out of order",
        ),
        pytest.param(
            envelope(tree({"a": {**entry(), "custom": {"x": 1}}}), SIGNATURES), id="custom"
        ),
    ],
)
def test_what_looks_like_the_form_and_is_not_is_read_strictly(raw):
    read = outcome(parse_targets, raw)
    assert read == outcome(strictly, raw)
    if read != "refused":
        assert not isinstance(parse_targets(raw).targets, CompactTargets)


def test_what_changed_is_what_a_comparison_of_all_entries_says():
    dice = random.Random(7)
    pool = [f"v{n}" for n in range(40)]
    for _ in range(500):
        old = {
            name: entry(dice.randrange(1, 250)) for name in dice.sample(pool, dice.randrange(1, 20))
        }
        new = dict(old)
        for name in dice.sample(pool, dice.randrange(4)):
            new[name] = entry(dice.randrange(1, 250))
        for name in dice.sample(sorted(new), min(len(new) - 1, dice.randrange(3))):
            del new[name]
        earlier = parse_targets(sign(tree(old), [SIGNER]))
        later = parse_targets(sign(tree(new, expires="2033-01-01T00:00:00Z"), [SIGNER]))
        before, after = later.targets.changes_since(earlier.raw)

        def changes(one, other):
            return (
                one.keys() - other.keys(),
                other.keys() - one.keys(),
                {name for name in one.keys() & other.keys() if one[name] != other[name]},
            )

        assert changes(before, after) == changes(dict(earlier.targets), dict(later.targets))


def test_an_earlier_file_of_another_form_is_not_guessed_at():
    later = parse_targets(sign(tree({"a": entry()}), [SIGNER])).targets
    for earlier in (
        json.dumps({"signed": tree({"a": entry(2)}), "signatures": []}).encode(),
        sign(tree({"a": {**entry(2), "custom": 1}}), [SIGNER]),
        sign(tree({"a": entry(2)}, delegations=None), [SIGNER]),
        b"",
    ):
        assert later.changes_since(earlier) is None
