"""Credentials stay where podman keeps its own, and the rest of its file as it was."""

import base64
import json
import os
import stat

import pytest

from inkan.client import podman
from inkan.client.credentials import IDENTITY_TOKEN, Credential
from inkan.errors import SettingInvalidError, StorageUnavailableError

HOST = "localhost:5000"
SECRET = Credential("alice", "s3cret:with colon")


@pytest.fixture(autouse=True)
def file(monkeypatch, tmp_path):
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "some" / "auth.json"))
    return tmp_path / "some" / "auth.json"


def test_where_it_is_is_where_podman_looks(monkeypatch, tmp_path):
    """containers-auth.json(5): the variable, else the session's folder, else the one for those without a session."""
    assert podman.auth_file() == tmp_path / "some" / "auth.json"
    monkeypatch.delenv("REGISTRY_AUTH_FILE")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert podman.auth_file() == tmp_path / "containers" / "auth.json"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "not there"))
    assert str(podman.auth_file()) == f"/run/containers/{os.getuid()}/containers/auth.json"


def test_what_was_stored_is_found_and_nobody_else_reads_it(file):
    assert podman.store(HOST, SECRET) == file
    assert podman.find(HOST) == SECRET
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    entry = json.loads(file.read_text())["auths"][HOST]
    assert base64.b64decode(entry["auth"]) == b"alice:s3cret:with colon"
    assert podman.find("other.test") is None


def test_what_else_is_in_the_file_stays(file):
    file.parent.mkdir()
    before = {"auths": {"quay.io": {"auth": "eDp5"}}, "credHelpers": {"x": "y"}}
    file.write_text(json.dumps(before))
    podman.store(HOST, SECRET)
    assert podman.forget(HOST)
    assert json.loads(file.read_text()) == before


def test_who_was_not_logged_in_is_not_logged_out(file):
    assert not podman.forget(HOST)
    assert not file.exists()


@pytest.mark.parametrize("content", ["", "[]", '{"auths": []}', "{", '{"auths": {}, "auths": {}}'])
def test_a_file_that_cannot_be_read_is_left_alone(file, content):
    file.parent.mkdir()
    file.write_text(content)
    for act in (lambda: podman.store(HOST, SECRET), lambda: podman.forget(HOST)):
        with pytest.raises(SettingInvalidError, match=r"auth\.json"):
            act()
    assert file.read_text() == content


def test_a_credential_that_cannot_be_read_says_to_log_in_again(file):
    file.parent.mkdir()
    file.write_text(json.dumps({"auths": {HOST: {"auth": "!"}}}))
    with pytest.raises(SettingInvalidError, match="log in again"):
        podman.find(HOST)


def test_a_folder_that_cannot_be_made_is_said(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(tmp_path / "file" / "auth.json"))
    with pytest.raises((StorageUnavailableError, SettingInvalidError)):
        podman.store(HOST, SECRET)


def test_an_identity_token_is_kept_as_one_and_not_as_somebodys_password(file):
    token = Credential(IDENTITY_TOKEN, "ir_secret")
    podman.store(HOST, token)
    assert podman.find(HOST) == token
    assert json.loads(file.read_text())["auths"][HOST]["identitytoken"] == "ir_secret"
