"""The house stays small-roomed: sizes, docstrings, one path-maker, every error with an answer."""

import ast
from pathlib import Path

import pytest

import inkan
from inkan import errors
from inkan.access import problems as token_problems
from inkan.admin import problems as admin_problems
from inkan.cli import exits
from inkan.errors import InkanError
from inkan.registry import problems as registry_problems
from inkan.store import ports
from inkan.trust import problems as trust_problems

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))


def leaves(kind=InkanError):
    below = kind.__subclasses__()
    return [kind] if not below else [leaf for one in below for leaf in leaves(one)]


@pytest.mark.parametrize(
    "table",
    [
        token_problems.TABLE,
        admin_problems.TABLE,
        registry_problems.TABLE,
        trust_problems.TABLE,
        exits.TABLE,
    ],
    ids=["token", "admin", "registry", "trust", "exits"],
)
def test_every_error_has_an_answer_on_every_face(table):
    for leaf in leaves():
        assert any(kind in table for kind in leaf.__mro__), leaf


def test_every_error_is_in_the_tree_of_the_docstring():
    for leaf in leaves():
        assert leaf.__name__ in errors.__doc__, leaf


def test_files_are_short():
    for source in SOURCES:
        lines = len(source.read_text().splitlines())
        assert lines <= 600, (source, lines)


def test_functions_fit_on_a_screen_and_a_half():
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno - node.lineno < 60, (source, node.name)


def test_ports_are_narrow_and_number_their_promises():
    for name, port in vars(ports).items():
        if isinstance(port, type) and port.__module__.startswith(ports.__name__):
            methods = [one for one in vars(port) if not one.startswith("_")]
            assert len(methods) <= 8, name
            assert name == "UploadWriter" or "1. " in port.__doc__, name


def test_no_room_is_called_utils():
    for source in SOURCES:
        assert source.stem not in {"utils", "helpers", "common", "misc", "manager", "util"}, source


def test_the_package_shows_its_version_and_nothing_else():
    assert inkan.__all__ == ["__version__"]
    assert f'version = "{inkan.__version__}"' in (ROOT / "pyproject.toml").read_text()


def test_locks_hold_hashes_and_no_addresses():
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text
        pins = [line for line in text.splitlines() if "==" in line]
        assert pins
        assert text.count("--hash=sha256:") >= len(pins)


def test_every_route_says_who_may_how_much_and_how_it_is_cached():
    """Rows are checked in the suite of the faces; here: that no handler is longer than a handler should be."""
    for source in SOURCES:
        if source.name == "api.py":
            for node in ast.walk(ast.parse(source.read_text())):
                if isinstance(node, ast.AsyncFunctionDef):
                    assert node.end_lineno - node.lineno < 26, (source, node.name)


def test_every_port_has_a_contract_suite():
    suites = "".join(
        suite.read_text() for suite in sorted((ROOT / "src/inkan/testing").rglob("*.py"))
    )
    for name, port in vars(ports).items():
        if isinstance(port, type) and port.__module__.startswith(ports.__name__):
            assert name in suites or name == "UploadWriter", name
