"""Credentials of a bucket come from where every client looks, and show themselves nowhere."""

import pytest

from inkan.errors import SettingInvalidError
from inkan.server.bucket_access import bucket_access
from inkan.server.settings import load
from inkan.server.store_addresses import BucketAddress

WHERE = BucketAddress("bucket", "a")
KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "hidden"}


def test_the_environment_comes_first(tmp_path):
    file = tmp_path / "credentials"
    file.write_text("[default]\naws_access_key_id = other\naws_secret_access_key = other\n")
    environment = {**KEYS, "AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_REGION": "eu-1", "AWS_ENDPOINT_URL": "http://s3:7480/"}  # fmt: skip
    access = bucket_access(WHERE, environment)
    assert (access.keys.access_key, access.keys.secret_key) == ("id", "hidden")
    assert (access.endpoint, access.region) == ("http://s3:7480", "eu-1")


def test_a_profile_of_a_file_comes_next(tmp_path):
    file = tmp_path / ".aws" / "credentials"
    file.parent.mkdir()
    file.write_text("[default]\naws_access_key_id=a\naws_secret_access_key=b\n[ci]\naws_access_key_id=c\naws_secret_access_key=d%\naws_session_token=t\n")  # fmt: skip
    home = {"HOME": str(tmp_path)}
    assert bucket_access(WHERE, home).keys.access_key == "a"
    keys = bucket_access(WHERE, {**home, "AWS_PROFILE": "ci"}).keys
    assert (keys.access_key, keys.secret_key, keys.session_token) == ("c", "d%", "t")
    assert bucket_access(WHERE, {}).keys is None


def test_OPS_011_no_secret_is_in_what_is_printed_or_said(tmp_path):
    access = bucket_access(WHERE, {**KEYS, "AWS_SESSION_TOKEN": "hidden-too"})
    assert "hidden" not in repr(access)
    broken = tmp_path / "credentials"
    broken.write_text("[default]\nhidden hidden hidden\n")
    with pytest.raises(SettingInvalidError) as caught:
        bucket_access(WHERE, {"AWS_SHARED_CREDENTIALS_FILE": str(broken)})
    assert "hidden" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_ACCESS_KEY_ID": "id"},
        {"AWS_SECRET_ACCESS_KEY": "hidden"},
        {"AWS_SHARED_CREDENTIALS_FILE": "/nowhere"},
        {**KEYS, "AWS_ENDPOINT_URL": "s3.example.com"},
        {**KEYS, "AWS_CA_BUNDLE": "/nowhere"},
    ],
)
def test_OPS_010_what_is_half_given_is_refused_by_name(environment):
    with pytest.raises(SettingInvalidError, match="AWS_"):
        bucket_access(WHERE, environment)


def test_a_redirect_needs_somewhere_to_go():
    with pytest.raises(SettingInvalidError, match="blob_redirect"):
        load({"blob_redirect": "true"}, {})
    assert load({"blob_redirect": "true", "blobs": "s3://bucket"}, {}).blob_redirect
    assert load({}, {}).shown()["blob_redirect"] == "false"
