"""Credentials stay where docker keeps them, and nowhere else."""

import base64
import json
import stat

import pytest

from inkan.client import credentials, targets
from inkan.client.credentials import Credential
from inkan.errors import (
    AuthenticationRequiredError,
    ReferenceInvalidError,
    SettingInvalidError,
    UnavailableError,
)

HOST = "localhost:5000"
SECRET = Credential("alice", "s3cret:with colon")

HELPER = """#!/bin/sh
echo "$@" >> "{log}"
case $1 in
  store) cat > "{kept}" ;;
  get) [ -e "{kept}" ] && cat "{kept}" || exit 1 ;;
esac
"""


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("INKAN_CONFIG", str(tmp_path / "inkan" / "config.json"))
    for name in ("INKAN_USERNAME", "INKAN_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def write_config(home, tree):
    (home / "docker").mkdir(exist_ok=True)
    (home / "docker" / "config.json").write_text(json.dumps(tree))


def test_what_was_stored_is_found_and_the_rest_is_kept(home):
    write_config(
        home, {"auths": {"other": {"auth": "eDp5"}}, "psFormat": "x", "proxies": {"a": [1]}}
    )
    credentials.store(HOST, SECRET)
    assert credentials.find(HOST) == SECRET
    file = home / "docker" / "config.json"
    kept = json.loads(file.read_text())
    assert kept["psFormat"] == "x"
    assert kept["auths"]["other"] == {"auth": "eDp5"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_without_a_credential_the_way_to_one_is_named():
    with pytest.raises(AuthenticationRequiredError, match="inkan login"):
        credentials.find(HOST)


def test_the_environment_comes_first(monkeypatch):
    credentials.store(HOST, SECRET)
    monkeypatch.setenv("INKAN_USERNAME", "robot")
    monkeypatch.setenv("INKAN_PASSWORD", "token")
    assert credentials.find(HOST) == Credential("robot", "token")


def test_a_helper_gets_the_secret_on_its_input_only(home, monkeypatch):
    program, log, kept = home / "docker-credential-mine", home / "log", home / "kept"
    program.write_text(HELPER.format(log=log, kept=kept))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}:/usr/bin:/bin")
    write_config(home, {"credsStore": "mine"})
    credentials.store(HOST, SECRET)
    assert credentials.find(HOST) == SECRET
    assert SECRET.password not in log.read_text()
    assert SECRET.password not in (home / "docker" / "config.json").read_text()


def test_a_helper_that_is_not_there_is_named(home):
    write_config(home, {"credHelpers": {HOST: "missing"}})
    with pytest.raises(UnavailableError, match="docker-credential-missing"):
        credentials.find(HOST)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"auths": []}', '{"auths": {"localhost:5000": {"auth": "*"}}}']
)
def test_a_configuration_that_cannot_be_read_is_left_alone(home, text):
    (home / "docker").mkdir()
    file = home / "docker" / "config.json"
    file.write_text(text)
    with pytest.raises(SettingInvalidError):
        credentials.find(HOST)
    assert file.read_text() == text


def test_a_password_does_not_show():
    assert "s3cret" not in repr(SECRET)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("localhost:5000", "https://localhost:5000"),
        ("http://localhost:5000/", "http://localhost:5000"),
        ("registry", "https://registry"),
        ("[::1]:5000", "https://[::1]:5000"),
    ],
)
def test_targets_are_remembered(text, url):
    targets.remember(targets.Target.parse(text))
    assert targets.current().url == url


@pytest.mark.parametrize("text", ["", "ftp://x", "a b", "host/path", "-x", "a..b"])
def test_targets_that_are_none_are_refused(text):
    with pytest.raises(ReferenceInvalidError):
        targets.Target.parse(text)


def test_what_docker_keeps_instead_of_a_password_is_found(home):
    """`docker login` leaves the user's name without a password, and a refresh token beside it."""
    entry = {"auth": "YWxpY2U6", "identitytoken": "ir_secret"}
    write_config(home, {"auths": {HOST: entry}})
    found = credentials.find(HOST)
    assert found.is_identity_token
    assert found.password == "ir_secret"
    assert "ir_secret" not in repr(found)
    credentials.store("other.test", found)
    assert credentials.find("other.test") == found


def test_an_identity_token_is_kept_with_a_name_beside_it_or_podman_passes_over_it(home):
    token = credentials.Credential(credentials.IDENTITY_TOKEN, "ir_secret")
    credentials.store(HOST, token)
    kept = json.loads((home / "docker" / "config.json").read_text())["auths"][HOST]
    assert kept == {"auth": base64.b64encode(b"iamrefresh:").decode(), "identitytoken": "ir_secret"}
