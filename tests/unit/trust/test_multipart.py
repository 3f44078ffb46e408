"""A publish body: what Go's clients send, and nothing cut or doubled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkan import limits
from inkan.errors import FileNameMissingError, InvalidError, MultipartInvalidError
from inkan.trust.multipart import Part, parse_boundary, parse_parts


def go_body(boundary: bytes, parts: dict[str, bytes]) -> bytes:
    body = b""
    for name, content in parts.items():
        body += (
            b"--"
            + boundary
            + b'\r\nContent-Disposition: form-data; name="files"; filename="'
            + name.encode()
            + b'"\r\nContent-Type: application/octet-stream\r\n\r\n'
            + content
            + b"\r\n"
        )
    return (b"\r\n" if not parts else b"") + body + b"--" + boundary + b"--\r\n"


def test_a_delegation_keeps_its_slash_and_its_exact_bytes():
    body = go_body(b"xx", {"targets/releases": b'{"a":\r\n1}', "root": b""})
    assert parse_parts(body, b"xx") == (Part("targets/releases", b'{"a":\r\n1}'), Part("root", b""))


def test_a_body_without_parts_is_legal():
    """Docker 20.10 to 28.2 send exactly this when an unchanged tag is pushed again."""
    boundary = b"b" * 60
    body = b"\r\n--" + boundary + b"--\r\n"
    assert len(body) == 68
    assert parse_parts(body, boundary) == ()


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ('multipart/form-data; boundary="a b:c"', b"a b:c"),
        ("Multipart/Form-Data; charset=utf-8; boundary=abc", b"abc"),
    ],
)
def test_a_boundary_is_read(content_type, boundary):
    assert parse_boundary(content_type) == boundary


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=" + "a" * 71,
    ],
)
def test_a_body_without_boundary_is_refused(content_type):
    with pytest.raises(MultipartInvalidError):
        parse_boundary(content_type)


def test_TS_UPLOAD_a_body_cut_anywhere_is_refused_whole():
    body = go_body(b"xx", {"root": b'{"signed":1}', "targets/releases": b"{}"})
    for length in range(len(body) - 2):
        with pytest.raises(InvalidError):
            parse_parts(body[:length], b"xx")


@pytest.mark.parametrize(
    "disposition",
    [
        b'Content-Disposition: form-data; name="files"',
        b'Content-Disposition: form-data; name="files"; filename=""',
        b'Content-Disposition: form-data; filename="root"; filename="targets"',
        b'Content-Disposition: form-data; filename="r\xc3\xb6\xc3\xb6t"',
    ],
)
def test_a_part_that_names_no_one_role_is_refused(disposition):
    with pytest.raises(FileNameMissingError):
        parse_parts(b"--x\r\n" + disposition + b"\r\n\r\n{}\r\n--x--\r\n", b"x")


@pytest.mark.parametrize(
    "body",
    [
        b"junk--x--",
        b"--x\r\nno header at all\r\n--x--\r\n",
        b"--x\r\n\r\n\r\n--x--\r\n",
        b"--x--\r\njunk",
        b"--xy\r\n\r\n--x--",
        b'--x\r\nContent-Disposition: form-data; filename="a"\r\nContent-Disposition: form-data; filename="b"\r\n\r\n{}\r\n--x--',
        b"--x\r\nA: " + b"a" * limits.MULTIPART_HEADER_BYTES + b"\r\n\r\n\r\n--x--",
    ],
)
def test_a_malformed_body_is_refused(body):
    with pytest.raises(MultipartInvalidError):
        parse_parts(body, b"x")


def test_more_parts_than_the_cap_are_refused():
    names = {f"targets/n{number}": b"{}" for number in range(limits.PUBLISH_PARTS + 1)}
    with pytest.raises(MultipartInvalidError, match="more than"):
        parse_parts(go_body(b"x", names), b"x")


@given(st.binary(max_size=120))
def test_any_bytes_give_parts_or_a_typed_error(tail):
    try:
        parse_parts(b"--x" + tail, b"x")
    except InvalidError:
        pass
