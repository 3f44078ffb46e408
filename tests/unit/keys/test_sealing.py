"""Secrets at rest open with their key, for their purpose, whole."""

import os
import stat

import pytest

from inkan.errors import DataFolderError, KeyUnreadableError, SettingInvalidError
from inkan.keys.sealing import (
    KeyEncryptionKey,
    load_key_encryption_key,
    open_sealed,
    parse_key_encryption_key,
    seal,
)

KEY = KeyEncryptionKey(bytes(range(32)))


def test_what_was_sealed_opens():
    sealed = seal(KEY, b"secret", b"for this")
    assert b"secret" not in sealed
    assert open_sealed(KEY, sealed, b"for this") == b"secret"


def test_another_key_purpose_or_byte_does_not_open():
    sealed = seal(KEY, b"secret", b"for this")
    attempts = [(KeyEncryptionKey(os.urandom(32)), sealed, b"for this"), (KEY, sealed, b"for that")]
    attempts += [
        (KEY, sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :], b"for this")
        for n in range(len(sealed))
    ]
    attempts += [(KEY, sealed[:n], b"for this") for n in range(len(sealed))]
    for key, damaged, purpose in attempts:
        with pytest.raises(KeyUnreadableError):
            open_sealed(key, damaged, purpose)


def test_the_first_start_makes_a_key_that_stays(tmp_path):
    path = tmp_path / "key"
    key = load_key_encryption_key(path)
    assert len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key_encryption_key(path) == key
    assert list(tmp_path.iterdir()) == [path]


def test_a_key_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "key"
    load_key_encryption_key(path)
    path.chmod(0o644)
    with pytest.raises(DataFolderError, match="chmod 600"):
        load_key_encryption_key(path)


def test_links_and_other_files_are_refused(tmp_path):
    real, link, short = tmp_path / "real", tmp_path / "link", tmp_path / "short"
    load_key_encryption_key(real)
    link.symlink_to(real)
    short.write_bytes(b"short")
    short.chmod(0o600)
    for path in (link, short, tmp_path / "gone" / "key"):
        with pytest.raises(DataFolderError):
            load_key_encryption_key(path)


@pytest.mark.parametrize("text", ["00" * 32, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="])
def test_keys_from_the_environment_are_read(text):
    assert parse_key_encryption_key(text) == b"\0" * 32


@pytest.mark.parametrize("text", ["", "00", "zz" * 32, "AAAA", "\xe9"])
def test_texts_that_are_no_key_are_refused_without_showing_them(text):
    with pytest.raises(SettingInvalidError) as caught:
        parse_key_encryption_key(text)
    assert not text or text not in str(caught.value)
