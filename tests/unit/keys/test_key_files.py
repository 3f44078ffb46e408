"""Key files: docker's and notary's open, ours have their form, and a folder that others can read is refused."""

import os
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from inkan import limits
from inkan.client import key_files
from inkan.errors import (
    ConflictError,
    InkanError,
    KeyInvalidError,
    NotFoundError,
    PassphraseInvalidError,
    RequestInvalidError,
)
from inkan.keys import backup, der
from inkan.keys.folder import KeyFolder, signer_of
from inkan.keys.pem import KeyBlock, decrypt, encrypt, parse_blocks
from inkan.tuf.roles import TARGETS
from inkan.tuf.sign import EcdsaSigner, RsaSigner
from inkan.tuf.verify import RoleKeys, Signature, require_threshold

VECTORS = Path(__file__).parent.parent.parent / "vectors" / "keys"
PASSPHRASES = ("root-pass-1234", "repo-pass-1234", "rootpw123", "targetspw123", "snapshotpw123")


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch):
    monkeypatch.setattr(limits, "KEY_ROUNDS", 1_000)


@pytest.fixture
def folder(tmp_path):
    return KeyFolder(tmp_path)


@pytest.fixture
def signer():
    return EcdsaSigner.generate()


def opens(block, key_id):
    for passphrase in PASSPHRASES:
        try:
            return signer_of(decrypt(block, passphrase)).public_key.canonical_key_id == key_id
        except PassphraseInvalidError:
            continue
    return False


@pytest.mark.parametrize(
    "path", sorted((VECTORS / "private").glob("*.key")), ids=lambda p: p.stem[:12]
)
def test_keys_that_docker_and_notary_wrote_open_and_are_what_they_are_named_for(path):
    (block,) = parse_blocks(path.read_text())
    assert block.is_encrypted
    assert opens(block, path.stem)
    assert bool(block.gun) == (block.role in ("targets", "snapshot"))


def test_what_we_write_has_their_form(folder, signer):
    file = folder.add(signer, "targets", "localhost:5000/team/app", "passphrase-1")
    text = file.path.read_text()
    assert text.startswith(
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\ngun: localhost:5000/team/app\nrole: targets\n\n"
    )
    assert file.path.name == f"{signer.public_key.canonical_key_id}.key"
    reader = der.Reader(parse_blocks(text)[0].body).enter().enter()
    assert reader.take(der.OID) == bytes.fromhex("2a864886f70d01050d")
    derivation = reader.enter().enter()
    derivation.take(der.OID)
    numbers = derivation.enter()
    assert len(numbers.take(der.OCTETS)) == 8
    assert numbers.take_integer() == 1_000
    # a pseudo-random function that is named makes notary derive the wrong key
    assert numbers.next_tag is None


def test_KEY_002_new_keys_are_their_owners_alone(folder, signer):
    old = os.umask(0)
    try:
        file = folder.add(signer, "alice", "", "passphrase-1")
    finally:
        os.umask(old)
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert folder.path.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606])
def test_KEY_001_a_key_that_others_can_read_is_refused(folder, signer, mode):
    file = folder.add(signer, "alice", "", "passphrase-1")
    file.path.chmod(mode)
    with pytest.raises(KeyInvalidError, match="chmod 600"):
        folder.open(file.key_id, "passphrase-1")


def test_KEY_008_009_headers_are_hints_and_names_are_compared(folder, signer):
    file = folder.add(signer, "alice", "../..", "passphrase-1")
    assert file.path.parent == folder.path
    other = folder.path / f"{'0' * 64}.key"
    shutil.copy(file.path, other)
    with pytest.raises(KeyInvalidError, match="another key"):
        folder.open("0" * 64, "passphrase-1")


def test_KEY_010_a_wrong_passphrase_and_a_changed_file_are_one_answer(folder, signer):
    file = folder.add(signer, "alice", "", "passphrase-1")
    (block,) = parse_blocks(file.path.read_text())
    with pytest.raises(PassphraseInvalidError) as wrong:
        decrypt(block, "passphrase-2")
    changed = KeyBlock(block.kind, block.headers, block.body[:-1] + bytes([block.body[-1] ^ 1]))
    with pytest.raises(PassphraseInvalidError) as damaged:
        decrypt(changed, "passphrase-1")
    assert str(wrong.value) == str(damaged.value)


def test_a_passphrase_can_be_changed(folder, signer):
    file = folder.add(signer, "alice", "", "passphrase-1")
    folder.change_passphrase(file.key_id, "passphrase-1", "passphrase-2")
    with pytest.raises(PassphraseInvalidError):
        folder.open(file.key_id, "passphrase-1")
    assert folder.open(file.key_id, "passphrase-2").public_key == signer.public_key
    assert folder.list()[0].role == "alice"


def test_rsa_keys_that_people_bring_sign(folder, tmp_path):
    signer = RsaSigner(rsa.generate_private_key(65537, 2048))
    file = folder.add(signer, "ci", "", "passphrase-1")
    again = folder.open(file.key_id, "passphrase-1")
    signature = Signature(again.public_key.key_id, again.method, again.sign(b"message"))
    require_threshold(RoleKeys(TARGETS, (signer.public_key,), 1), [signature], b"message")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_key_or_the_one_error(content):
    block = KeyBlock("ENCRYPTED PRIVATE KEY", {}, content)
    with pytest.raises(InkanError):
        decrypt(block, "passphrase-1")


@given(st.text(max_size=200))
def test_any_text_is_blocks_or_the_one_error(text):
    with pytest.raises(KeyInvalidError):
        parse_blocks(text)


def test_a_file_that_asks_for_endless_work_is_refused(monkeypatch, signer):
    monkeypatch.setattr(limits, "KEY_ROUNDS", limits.KEY_ROUNDS_MOST + 1)
    monkeypatch.setattr("inkan.keys.pem._derive", lambda *_: b"k" * 32)
    block = encrypt(signer.to_pkcs8(), "passphrase-1", {})
    with pytest.raises(KeyInvalidError):
        decrypt(block, "passphrase-1")


def test_a_signers_key_is_made_with_its_public_half(folder, tmp_path):
    file, public = key_files.generate(folder, "alice", tmp_path, "passphrase-1")
    assert public.read_text().startswith("-----BEGIN PUBLIC KEY-----\nrole: alice\n\n")
    assert key_files.read_public_key(public).key_id == file.key_id
    with pytest.raises(ConflictError, match="already exists"):
        key_files.generate(folder, "alice", tmp_path, "passphrase-1")
    with pytest.raises(NotFoundError):
        key_files.generate(folder, "bob", tmp_path / "none", "passphrase-1")
    for name in ("Alice", "a b", "", "releases", "-x"):
        with pytest.raises(RequestInvalidError):
            key_files.generate(folder, name, tmp_path, "passphrase-1")


def test_a_key_is_loaded_from_a_file_that_is_private(folder, tmp_path, signer):
    path = tmp_path / "key.pem"
    path.write_text(KeyBlock("PRIVATE KEY", {}, signer.to_pkcs8()).to_text())
    path.chmod(0o644)
    with pytest.raises(KeyInvalidError, match="refusing to load"):
        key_files.load(folder, "alice", path, "", "passphrase-1")
    path.chmod(0o600)
    file = key_files.load(folder, "alice", path, "", "passphrase-1")
    assert folder.open(file.key_id, "passphrase-1").public_key == signer.public_key
    path.write_text(KeyBlock("PUBLIC KEY", {}, signer.public_key.public).to_text())
    with pytest.raises(KeyInvalidError, match="not a supported private key"):
        key_files.load(folder, "alice", path, "", "passphrase-1")


def test_a_backup_opens_with_its_passphrase_and_holds_nothing_else():
    files = {
        f"private/{'a' * 64}.key": b"one",
        "tuf/localhost:5000/team/app/metadata/root.json": b"{}",
    }
    archive = backup.seal(files, "a backup passphrase")
    assert b"one" not in archive
    assert backup.open_archive(archive, "a backup passphrase") == files
    with pytest.raises(PassphraseInvalidError):
        backup.open_archive(archive, "another")
    with pytest.raises(PassphraseInvalidError):
        backup.open_archive(archive[:-1] + b"x", "a backup passphrase")
    for wrong in (b"", b"inkan-keys-2\n" + archive[13:]):
        with pytest.raises(RequestInvalidError):
            backup.open_archive(wrong, "a backup passphrase")
    for name in ("private/../../x.key", "/etc/passwd", "private/x"):
        with pytest.raises(RequestInvalidError):
            backup.open_archive(
                backup.seal({name: b"x"}, "a backup passphrase"), "a backup passphrase"
            )
