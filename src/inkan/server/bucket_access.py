"""What opens a bucket, from where every S3 client looks for it.

In order: `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`; the profile of `AWS_PROFILE` in `AWS_SHARED_CREDENTIALS_FILE` or `~/.aws/credentials`; else what the machine is given (a role of the
node or of the pod), which the library finds by itself.

Source: AWS SDKs and Tools Reference Guide § Environment variables, § Shared config and credentials files.
"""

import configparser
from collections.abc import Mapping
from pathlib import Path

from inkan.errors import SettingInvalidError
from inkan.server.store_addresses import BucketAddress
from inkan.store.bucket import BucketAccess
from inkan.store.multipart_leftovers import StaticKeys

_DEFAULT_REGION = "us-east-1"


def bucket_access(address: BucketAddress, environment: Mapping[str, str]) -> BucketAccess:
    """Return what opens a bucket.

    Raises:
        SettingInvalidError: if half of a key is given, or a file that is named cannot be read.
    """
    endpoint = environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL") or ""
    if endpoint and not endpoint.startswith(("https://", "http://")):
        raise SettingInvalidError("AWS_ENDPOINT_URL: use https://HOST or http://HOST:PORT")
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    bundle = environment.get("AWS_CA_BUNDLE")
    if bundle and not Path(bundle).is_file():
        raise SettingInvalidError(f"AWS_CA_BUNDLE: {bundle} cannot be read")
    return BucketAccess(
        address.bucket,
        address.prefix,
        endpoint.rstrip("/"),
        region or _DEFAULT_REGION,
        _keys(environment),
        Path(bundle) if bundle else None,
    )


def _keys(environment: Mapping[str, str]) -> StaticKeys | None:
    access, secret = (
        environment.get("AWS_ACCESS_KEY_ID"),
        environment.get("AWS_SECRET_ACCESS_KEY"),
    )
    if access and secret:
        return StaticKeys(access, secret, environment.get("AWS_SESSION_TOKEN", ""))
    if access or secret:
        raise SettingInvalidError("AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: give both or neither")
    return _from_file(environment)


def _from_file(environment: Mapping[str, str]) -> StaticKeys | None:
    named = environment.get("AWS_SHARED_CREDENTIALS_FILE")
    home = environment.get("HOME")
    path = Path(named) if named else Path(home) / ".aws" / "credentials" if home else None
    if path is None or not path.is_file():
        if named:
            raise SettingInvalidError(f"AWS_SHARED_CREDENTIALS_FILE: {named} cannot be read")
        return None
    profile = environment.get("AWS_PROFILE") or "default"
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error):
        # not `from`: the parser's words repeat lines, and a line may be the secret
        raise SettingInvalidError(f"{path} cannot be read as a file of credentials") from None
    if not parser.has_section(profile):
        if named or environment.get("AWS_PROFILE"):
            raise SettingInvalidError(f"AWS_PROFILE: {path} has no profile {profile}")
        return None
    section = dict(parser.items(profile))
    access, secret = section.get("aws_access_key_id"), section.get("aws_secret_access_key")
    if not (access and secret):
        return None
    return StaticKeys(access, secret, section.get("aws_session_token", ""))
