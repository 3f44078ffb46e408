"""Addresses of stores: what they may be, and that no secret is in one."""

import pytest

from inkan.errors import SettingInvalidError
from inkan.server.settings import load
from inkan.server.store_addresses import BucketAddress, parse_blobs, parse_database

KEY = {"INKAN_KEY_ENCRYPTION_KEY": "00" * 32}


def test_nothing_is_the_data_folder():
    assert parse_database("") is None
    assert parse_blobs("") is None


def test_an_address_is_shown_as_it_was_given():
    assert str(parse_database("postgresql://inkan@db:5432/inkan")) == "postgresql://inkan@db:5432/inkan"  # fmt: skip
    assert parse_blobs("s3://bucket/a/b/") == BucketAddress("bucket", "a/b")
    assert str(parse_blobs("s3://bucket/a/b/")) == "s3://bucket/a/b"
    assert str(parse_blobs("s3://bucket")) == "s3://bucket"


@pytest.mark.parametrize(
    "text",
    [
        "mysql://db/x",
        "postgresql://db",
        "postgresql://u:secret@db/x",
        "postgresql://u@db/x?password=secret",
    ],
)
def test_OPS_011_a_database_address_with_a_password_or_without_a_name_is_refused(text):
    with pytest.raises(ValueError) as caught:
        parse_database(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["file:///x", "s3://", "s3://AB", "s3://bucket/..", "s3://k:secret@bucket", "s3://b/c"]
)
def test_OPS_011_a_bucket_address_with_credentials_or_without_a_bucket_is_refused(text):
    with pytest.raises(ValueError) as caught:
        parse_blobs(text)
    assert "secret" not in str(caught.value)


def test_servers_that_share_a_database_share_the_key_that_keys_are_sealed_under():
    flags = {"database": "postgresql://inkan@db/inkan"}
    with pytest.raises(SettingInvalidError, match="INKAN_KEY_ENCRYPTION_KEY"):
        load(flags, {})
    assert load(flags, KEY).shown()["database"] == "postgresql://inkan@db/inkan"
