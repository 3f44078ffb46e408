"""Strangers' JSON has one reading or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkan import limits
from inkan.errors import JsonInvalidError
from inkan.strict_json import parse

REFUSED = {
    "a duplicate member": b'{"a":1,"a":2}',
    "a duplicate member spelled with an escape": b'{"a":1,"\\u0061":2}',
    "NaN": b"[NaN]",
    "Infinity": b"[-Infinity]",
    "an integer past 2^53": b"[9007199254740993]",
    "an integer of a million digits": b"[" + b"9" * 1_000_000 + b"]",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a second document": b"{} {}",
    "bytes that are not UTF-8": b'["\xff"]',
    "a lone surrogate": b'["\\ud800"]',
    "a lone surrogate as a name": b'{"\\udc00":1}',
    "a raw control character in a string": b'["\x01"]',
    "nothing": b"",
    "a trailing comma": b"[1,]",
    "nesting past the cap": b"[" * (limits.JSON_DEPTH + 2) + b"]" * (limits.JSON_DEPTH + 2),
    "nesting without end": b"[" * 100_000,
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED.keys())
def test_what_readers_disagree_on_is_refused(data):
    with pytest.raises(JsonInvalidError):
        parse(data, limit_bytes=2_000_000)


def test_the_size_cap_comes_before_anything_else():
    with pytest.raises(JsonInvalidError, match="more than the 3 allowed"):
        parse(b"\xff\xff\xff\xff", limit_bytes=3)


def test_nesting_up_to_the_cap_is_read():
    data = b"[" * limits.JSON_DEPTH + b"]" * limits.JSON_DEPTH
    assert parse(data, limit_bytes=1_000) is not None


def test_the_largest_exact_integer_is_read():
    assert parse(b"[9007199254740992,-9007199254740992,-0]", limit_bytes=99) == [2**53, -(2**53), 0]


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_the_one_error(data):
    try:
        parse(data, limit_bytes=1_000)
    except JsonInvalidError:
        pass
