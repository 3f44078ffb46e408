"""Rows of the catalogue about people's keys and the command line."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from attacks.hostile import GUN, Client
from inkan import limits
from inkan.cli import exits
from inkan.cli.index import COMMANDS
from inkan.cli.main import cli, main
from inkan.cli.output import visible
from inkan.client import key_files, passphrases
from inkan.client.credentials import Credential
from inkan.client.session import Session
from inkan.client.trust_cache import TrustCache
from inkan.client.trust_server import TrustServer
from inkan.client.trusted_repository import TrustedRepository
from inkan.errors import (
    ConflictError,
    FreshnessUnprovenError,
    GunInvalidError,
    KeyInvalidError,
    PassphraseInvalidError,
    PassphraseRequiredError,
    RequestInvalidError,
    ServerUnreachableError,
    TargetUnsignedError,
)
from inkan.keys.folder import KeyFolder
from inkan.keys.pem import KeyBlock, parse_blocks
from inkan.testing.publisher import DEFAULT_NOW
from inkan.testing.repository import SimulatedRepository
from inkan.tuf.pinning import Pins
from inkan.tuf.roles import ROOT, TARGETS
from inkan.tuf.sign import EcdsaSigner
from inkan.tuf.verify import RoleKeys

SOURCES = sorted((Path(__file__).parents[2] / "src" / "inkan").rglob("*.py"))
SECRET = "a long passphrase"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "KEY_ROUNDS", 1_000)
    return KeyFolder(tmp_path / "trust")


@pytest.fixture
def other(tmp_path):
    return KeyFolder(tmp_path / "other")


def test_KEY_005_trying_a_passphrase_costs_three_hundred_times_notarys():
    assert limits.KEY_ROUNDS / 2_048 >= 300


def test_KEY_006_nothing_leaves_the_derivation_to_a_librarys_choice():
    assert [path.name for path in SOURCES if "BestAvailableEncryption" in path.read_text()] == []


def test_KEY_008_009_what_is_exported_is_imported_under_the_names_that_keys_have(
    folder, other, tmp_path
):
    gun = "registry.test/team/app"
    made = [
        folder.add(EcdsaSigner.generate(), role, where, SECRET)
        for role, where in (("root", ""), ("targets", gun), ("alice", ""))
    ]
    key_files.export(folder, folder.list(), tmp_path / "keys.pem")
    assert oct((tmp_path / "keys.pem").stat().st_mode & 0o777) == "0o600"
    blocks = parse_blocks((tmp_path / "keys.pem").read_text())
    assert {block.headers["path"] for block in blocks} == {one.key_id for one in made}
    with pytest.raises(ConflictError):
        key_files.export(folder, folder.list(), tmp_path / "keys.pem")
    asked = []

    def passphrase_of(name, role, is_new):
        asked.append((role, is_new))
        return SECRET

    kept = key_files.import_all(other, tmp_path / "keys.pem", "", "", passphrase_of)
    assert {(one.key_id, one.role, one.gun) for one in kept} == {
        (one.key_id, one.role, one.gun) for one in made
    }
    assert {is_new for _, is_new in asked} == {False}
    with pytest.raises(PassphraseInvalidError):
        key_files.import_all(KeyFolder(tmp_path / "third"), tmp_path / "keys.pem", "", "", lambda *_: "wrong passphrase")  # fmt: skip
    assert not (tmp_path / "third").exists()


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"role": "root"}, KeyInvalidError),
        ({"role": "targets", "gun": "../.."}, GunInvalidError),
        ({"role": "targets"}, GunInvalidError),
        ({"role": "../../alice"}, RequestInvalidError),
        ({"role": "releases"}, RequestInvalidError),
    ],
)
def test_KEY_008_009_headers_that_lie_and_root_keys_that_lie_open(other, tmp_path, headers, error):
    block = KeyBlock("PRIVATE KEY", headers, EcdsaSigner.generate().to_pkcs8())
    (tmp_path / "key.pem").write_text(block.to_text())
    with pytest.raises(error):
        key_files.import_all(other, tmp_path / "key.pem", "", "", lambda *_: SECRET)
    assert other.list() == []


def test_KEY_009_where_a_header_says_a_file_goes_it_does_not_go(other, tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "KEY_ROUNDS", 1_000)
    signer = EcdsaSigner.generate()
    block = KeyBlock("PRIVATE KEY", {"path": "../../stolen", "role": "alice"}, signer.to_pkcs8())
    (tmp_path / "key.pem").write_text(block.to_text() + block.to_text())
    kept = key_files.import_all(other, tmp_path / "key.pem", "", "", lambda *_: SECRET)
    assert {one.path for one in kept} == {other.path / f"{signer.public_key.canonical_key_id}.key"}
    (tmp_path / "many.pem").write_text(block.to_text() * (limits.KEYS_PER_FILE + 1))
    with pytest.raises(KeyInvalidError, match="more than"):
        key_files.import_all(other, tmp_path / "many.pem", "", "", lambda *_: SECRET)


def test_KEY_020_a_program_that_dies_leaves_no_image_of_its_memory():
    """Nor one that the kernel hands to another program, nor one that a debugger of the same user's takes."""
    code = (
        "import ctypes, resource; from inkan.cli.main import main; main(['--version']); "
        "print(resource.getrlimit(resource.RLIMIT_CORE)[0], ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert said.splitlines()[-1] == "0 0"


@pytest.mark.slow
def test_KEY_022_no_two_signatures_share_a_nonce():
    signer = EcdsaSigner.generate()
    seen = {signer.sign(b"the same message")[:32] for _ in range(100_000)}
    assert len(seen) == 100_000


def test_KEY_023_secrets_are_compared_in_constant_time():
    """What compares passwords, tokens and digests of them uses `compare_digest` or a library's own verify."""
    suspects = ("password ==", "== password", "token ==", "secret ==", "== secret")
    found = [f"{path.name}: {line.strip()}" for path in SOURCES for line in path.read_text().splitlines()
             if any(one in line for one in suspects)]  # fmt: skip
    assert found == []


# --- the command line ---------------------------------------------------------------------------


def every_command():
    context = click.Context(cli, info_name="inkan")
    waiting = [(name, cli.get_command(context, name)) for name in COMMANDS]
    while waiting:
        name, command = waiting.pop()
        yield name, command
        for verb, inner in getattr(command, "commands", {}).items():
            waiting.append((f"{name} {verb}", inner))


def test_CLI_015_no_option_takes_a_secret():
    """One that takes `@FILE` takes a place, and refuses anything else (tests/unit/cli/test_login.py)."""
    words = ("passphrase", "password", "secret", "pin", "apikey")
    taken = [f"{name} {option}" for name, command in every_command() for parameter in command.params
             for option in parameter.opts if any(one in option.lower().split("-") for one in words)
             and not parameter.is_flag and not str(parameter.metavar).startswith("@")]  # fmt: skip
    assert taken == []


@pytest.mark.parametrize("kind", ["FILE", "FD"])
def test_CLI_015_passphrases_come_from_files_and_descriptors(monkeypatch, tmp_path, kind):
    (tmp_path / "pass").write_text(f"{SECRET}\n")
    descriptor = os.open(tmp_path / "pass", os.O_RDONLY)
    value = str(tmp_path / "pass") if kind == "FILE" else str(descriptor)
    monkeypatch.setenv(f"INKAN_REPOSITORY_PASSPHRASE_{kind}", value)
    passphrases.from_descriptor.cache_clear()
    given = passphrases.Passphrases(passphrases.nobody_to_ask)
    assert given.of("1" * 64, "targets") == SECRET
    assert given.new("alice") == SECRET
    with pytest.raises(PassphraseRequiredError):
        given.of("1" * 64, "root")
    os.close(descriptor)
    passphrases.from_descriptor.cache_clear()
    monkeypatch.setenv(f"INKAN_REPOSITORY_PASSPHRASE_{kind}", "nonsense")
    with pytest.raises(PassphraseRequiredError, match=f"INKAN_REPOSITORY_PASSPHRASE_{kind}"):
        given.new("alice")
    passphrases.from_descriptor.cache_clear()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text\tand\nlines", "plain text\tand\nlines"),
        ("ümläut 印鑑", "ümläut 印鑑"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\rb\x07\x7f", r"a\rb\x07\x7f"),
        ("\u202etxt.exe\u2066", r"\u202etxt.exe\u2066"),
        ("line\u2028end\x85", r"line\u2028end\x85"),
        ("zero\u200bwidth\ufeff", r"zero\u200bwidth\ufeff"),
    ],
)
def test_CLI_016_TUF_TG_021_names_that_steer_a_terminal_are_shown_not_obeyed(text, shown):
    assert visible(text) == shown


def test_CLI_016_an_errors_text_is_shown_not_obeyed(capsys):
    assert main(["trust", "verify", "team/\x1b[2Japp:1.0"]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_CLI_012_nothing_is_read_from_the_working_directory(tmp_path, monkeypatch, capsys):
    (tmp_path / "work").mkdir()
    for name in ("config.json", "pins.json", "inkan.json", "inkan.toml", ".docker/config.json", ".inkan/config.json"):  # fmt: skip
        path = tmp_path / "work" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("this is no configuration")
    monkeypatch.chdir(tmp_path / "work")
    for name in ("HOME", "DOCKER_CONFIG", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("INKAN_CONFIG", raising=False)
    monkeypatch.setenv("DOCKER_CONTENT_TRUST_SERVER", "https://localhost:1")
    assert main(["trust", "verify", "localhost:1/team/app:1.0"]) in (7, 9)
    assert "no configuration" not in capsys.readouterr().err
    assert main(["config", "show"]) == 0


def test_CLI_014_exit_codes_are_what_scripts_rely_on():
    """0 is a verified digest, and each kind of failure has a number of its own; they never change."""
    assert {kind.__name__: code for kind, code in exits.TABLE.items()} == {
        "InvalidError": 2,
        "NotFoundError": 3,
        "ConflictError": 4,
        "DeniedError": 5,
        "UntrustedError": 6,
        "UnavailableError": 7,
        "CorruptError": 8,
        "FreshnessUnprovenError": 9,
    }
    codes = {exits.exit_code(error) for error in (TargetUnsignedError("v"), FreshnessUnprovenError("x"), ServerUnreachableError("x"))}  # fmt: skip
    assert codes == {6, 9, 7}


def test_CLI_004_005_nothing_that_is_required_is_never_everything_that_is_there(tmp_path):
    """A tag that nobody signed, a filter that finds nothing, no image at all: none of them ends with 0."""
    repository = SimulatedRepository.with_tags(GUN, a=b"1" * 32)
    collection = Client(repository, tmp_path).look()
    for tag in ("", "b", "A", "a "):
        with pytest.raises(TargetUnsignedError):
            collection.resolve(tag)
    assert main(["trust", "inspect"]) == 2
    assert main(["trust", "verify"]) == 2


def test_KEY_012_a_root_key_signs_roots_only(folder, tmp_path):
    root = EcdsaSigner.generate()
    folder.add(root, "root", "", SECRET)
    given = passphrases.Passphrases(lambda _label: SECRET)
    server = TrustServer(Session("https://localhost:1"), GUN)
    repository = TrustedRepository(server, TrustCache(tmp_path, GUN), folder, given, Pins(), lambda: DEFAULT_NOW, print)  # fmt: skip
    keys = RoleKeys(TARGETS, (root.public_key,), 1)
    with pytest.raises(KeyInvalidError, match="does not sign targets"):
        repository._open(keys)
    assert repository._open(RoleKeys(ROOT, keys.keys, 1)).public_key == root.public_key


def test_KEY_019_secrets_are_in_no_text_that_an_object_gives_of_itself(folder, tmp_path, capsys):
    signer = EcdsaSigner.generate()
    file = folder.add(signer, "alice", "", SECRET)
    given = passphrases.Passphrases(lambda _label: SECRET)
    given.remember(file.key_id, SECRET)
    block = folder.block(file.key_id)
    plain = KeyBlock("PRIVATE KEY", {}, signer.to_pkcs8())
    credential = Credential("alice", SECRET)
    for one in (signer, file, given, block, plain, credential, Session("https://localhost:1", credential)):  # fmt: skip
        assert SECRET not in repr(one)
        assert signer.to_pkcs8().hex()[40:80] not in repr(one).encode().hex()
    (tmp_path / "key.pem").write_text(plain.to_text())
    assert main(["trust", "key", "load", str(tmp_path / "key.pem"), "--name", "Bad"]) != 0
    said = capsys.readouterr()
    assert plain.to_text().splitlines()[1] not in said.out + said.err
