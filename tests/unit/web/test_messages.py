"""Paths are decoded once, bodies are capped while they come."""

import pytest

from inkan import limits
from inkan.errors import BodyIncompleteError, BodyTooLargeError, RequestInvalidError
from inkan.web.messages import Request, decode_path


def request(*messages, headers=(), query=b""):
    pending = list(messages)

    async def receive():
        return pending.pop(0)

    scope = {"method": "PUT", "path": "/", "headers": list(headers), "query_string": query}
    return Request(scope, receive, "/")


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/v2/", "/v2/"),
        (b"//v2/a", "/v2/a"),
        (b"/v2/a/blobs/sha256%3Aabc", "/v2/a/blobs/sha256:abc"),
        (b"/v2/localhost:5000/a/_trust/tuf/root.json", "/v2/localhost:5000/a/_trust/tuf/root.json"),
    ],
)
def test_paths_are_decoded_once(raw, path):
    assert decode_path(raw) == path


@pytest.mark.parametrize(
    "raw",
    [
        b"/v2/a%2fb",
        b"/v2/a%2Fb",
        b"/v2/%00",
        b"/v2/%",
        b"/v2/%4",
        b"/v2/%zz",
        b"/v2/%+1",
        b"/v2/../x",
        b"/v2/%2e%2e/x",
        b"/v2/.",
        b"/v2/\xc3\xa9",
        b"/v2/%c3%a9",
        b"/v2/%0a",
        b"/" + b"a" * limits.REQUEST_TARGET_BYTES,
    ],
)
def test_paths_with_hidden_parts_are_refused(raw):
    with pytest.raises(RequestInvalidError):
        decode_path(raw)


def test_a_second_encoding_is_not_decoded():
    with pytest.raises(RequestInvalidError):
        decode_path(b"/v2/%252fa%2f")
    assert decode_path(b"/v2/%252fa") == "/v2/%2fa"


async def test_a_body_over_its_cap_stops_at_the_cap():
    coming = request(
        {"type": "http.request", "body": b"12345", "more_body": True},
        {"type": "http.request", "body": b"6", "more_body": True},
    )
    coming.body_cap_bytes = 5
    with pytest.raises(BodyTooLargeError):
        await coming.body()


async def test_a_body_cut_short_is_an_error_not_an_end():
    cut = request(
        {"type": "http.request", "body": b"1", "more_body": True}, {"type": "http.disconnect"}
    )
    cut.body_cap_bytes = 5
    with pytest.raises(BodyIncompleteError):
        await cut.body()


def test_a_declared_length_over_the_cap_is_refused_before_reading():
    declared = request(headers=[(b"content-length", b"11")])
    declared.body_cap_bytes = 10
    with pytest.raises(BodyTooLargeError):
        declared.require_body_within_cap()


@pytest.mark.parametrize("length", [b"-1", b"1x", b"\xb2", b"9" * 30])
def test_a_length_that_is_no_number_is_refused(length):
    with pytest.raises(RequestInvalidError):
        _ = request(headers=[(b"content-length", length)]).content_length


def test_several_lines_of_a_field_are_one_list():
    asked = request(headers=[(b"accept", b"a"), (b"accept", b"b")])
    assert asked.header("accept") == "a, b"


def test_queries_keep_order_and_blanks():
    asked = request(query=b"scope=a&scope=b&n=")
    assert asked.query_all("scope") == ["a", "b"]
    assert asked.query("n") == ""
    assert asked.query("last") is None


@pytest.mark.parametrize("query", [b"\xff", b"a=%ff", b"&".join([b"a=1"] * 65)])
def test_queries_that_cannot_be_read_are_refused(query):
    with pytest.raises(RequestInvalidError):
        request(query=query).query_all("a")
