"""The command line: fast to start, every failure one line, every command with examples."""

import importlib
import json
import re
import subprocess
import sys

import click
import pytest

from inkan import __version__, limits
from inkan.cli.commands import images
from inkan.cli.index import ALIASES, COMMANDS, ELSEWHERE
from inkan.cli.main import cli, main


def test_the_common_path_imports_nothing_heavy():
    code = "import sys, inkan.cli.main; print('\\n'.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {
        "ssl",
        "http.client",
        "cryptography",
        "uvicorn",
        "asyncio",
        "importlib.metadata",
        "jwt",
    } & set(loaded)


def test_the_version_is_printed(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"inkan {__version__}\n"


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_two_examples(name, capsys):
    for verb in verbs_of(click.Context(cli), cli.get_command(None, name)):
        assert main([name, *verb, "--help"]) == 0
        text = capsys.readouterr().out
        assert text.split("Examples:")[1].count("inkan ") >= 2, verb


def verbs_of(context, command, above=()):
    """Return the words that lead to each command below one."""
    if not isinstance(command, click.Group):
        return [above]
    names = command.list_commands(context)
    return [
        words
        for name in names
        for words in verbs_of(context, command.get_command(context, name), (*above, name))
    ]


def test_aliases_and_spaced_forms_reach_their_commands(capsys):
    assert set(ALIASES.values()) <= set(COMMANDS)
    for words in (["images"], ["image", "list"], ["namespace", "add"], ["namespaces"]):
        assert main([*words, "--help"]) == 0
        assert "Usage: inkan" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(name for name in COMMANDS if "-" in name))
def test_every_command_of_several_words_has_a_spaced_form(name, capsys):
    """However the words are put together: `service-id add`, `retention policy set`."""
    words = name.split("-")
    for at in range(1, len(words)):
        spaced = ["-".join(words[:at]), *words[at:]]
        assert main([*spaced, "--help"]) == 0
        assert f"Usage: inkan {name}" in capsys.readouterr().out


def test_an_unknown_word_gets_the_nearest_right_one(capsys):
    assert main(["namespce-add", "x"]) == 2
    assert "did you mean namespace-add?" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(ELSEWHERE))
def test_a_command_of_ibmcloud_cr_that_there_is_none_of_says_what_to_do_instead(name, capsys):
    assert name not in {*COMMANDS, *ALIASES}
    assert main([name]) == 2
    assert ELSEWHERE[name] in capsys.readouterr().err
    if found := re.search(r"inkan ([a-z-]+)", ELSEWHERE[name]):
        assert found[1] in COMMANDS


def test_a_failure_is_one_line_or_one_object(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("INKAN_CONFIG", str(tmp_path / "config.json"))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert main(["namespace-list"]) == 5
    assert (
        capsys.readouterr().err
        == "inkan: authentication required; log in with: inkan login, or docker login\n"
    )
    assert main(["namespace-list", "-o", "json"]) == 5
    assert json.loads(capsys.readouterr().err)["error"] == "AuthenticationRequiredError"


def test_a_failure_nobody_foresaw_shows_no_trace(capsys, monkeypatch):
    module = importlib.import_module("inkan.client.administration")
    monkeypatch.setattr(module.Administration, "of_target", classmethod(lambda cls: 1 / 0))
    assert main(["namespace-list"]) == 1
    assert (
        capsys.readouterr().err
        == "inkan: unforeseen failure: ZeroDivisionError: division by zero\n"
    )


def test_questions_without_a_terminal_are_refused_not_waited_for(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(["namespace-rm", "team"]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["login", "localhost:1", "-u", "x"]) == 2


def test_settings_are_shown_with_their_origin(capsys, monkeypatch):
    monkeypatch.setenv("INKAN_LISTEN", "127.0.0.1:7777")
    monkeypatch.setenv("INKAN_ADMIN_PASSWORD", "hunter2")
    assert main(["config", "show", "--origin", "-o", "json"]) == 0
    shown = capsys.readouterr().out
    assert json.loads(shown)["listen"] == {
        "value": "127.0.0.1:7777",
        "origin": "environment INKAN_LISTEN",
        "meaning": json.loads(shown)["listen"]["meaning"],
    }
    assert "hunter2" not in shown


def test_signers_of_an_older_image_are_not_this_ones():
    old = {"signers": ["alice"], "current": False}
    new = {"signers": ["bob", "carol"], "current": True}
    assert images.signers([old, new]) == "bob, carol"
    assert images.signers([old]) == "-"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1 kB"), (1_400_000, "1.4 MB"), (5 * 10**15, "5e+03 TB")],
)
def test_sizes_are_worded_as_docker_does(count, text):
    assert images.size(count) == text


def test_no_command_for_keys_waits_for_a_person_who_is_not_there(capsys, monkeypatch, tmp_path):
    """Each says where the passphrase can come from instead, and takes it from there."""
    monkeypatch.setattr(limits, "KEY_ROUNDS", 1_000)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    monkeypatch.setenv("DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE", "the first passphrase")
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert main(["trust", "key", "generate", "alice", "--dir", str(tmp_path)]) == 0
    key = next((tmp_path / "docker" / "trust" / "private").glob("*.key"))
    asked = {
        "INKAN_OLD_PASSPHRASE": ["trust", "key", "passwd", "alice"],
        "INKAN_BACKUP_PASSPHRASE": ["keys", "backup", str(tmp_path / "keys.inkan")],
    }
    for name, words in asked.items():
        assert main(words) == 2
        assert f"{name}_FILE" in capsys.readouterr().err
    for name, passphrase in {"OLD": "the first passphrase", "NEW": "the second passphrase"}.items():
        (tmp_path / name).write_text(f"{passphrase}\n")
        monkeypatch.setenv(f"INKAN_{name}_PASSPHRASE_FILE", str(tmp_path / name))
    before = key.read_bytes()
    assert main(["trust", "key", "passwd", "alice"]) == 0
    assert key.read_bytes() != before
    (tmp_path / "alice.pem").write_bytes(key.read_bytes())
    (tmp_path / "alice.pem").chmod(0o600)
    key.unlink()
    (tmp_path / "OLD").write_text("the second passphrase\n")
    assert main(["trust", "key", "load", "--name", "alice", str(tmp_path / "alice.pem")]) == 0
    assert key.exists()
