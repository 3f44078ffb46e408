"""Every `inkan` that a page tells a person to type is a command, with options that it has."""

import re
import shlex
from pathlib import Path

import click
import pytest

from inkan.cli.index import COMMANDS
from inkan.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def typed(page: Path):
    """Yield the words of each `inkan` in a page's console blocks."""
    for block in re.findall(r"```(?:console|bash|sh)\n(.*?)```", page.read_text(), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            found = re.match(r"(?:\$ |# )?(?:[A-Z_]+=\S+ )*inkan ([a-z].*)", line.strip())
            if found:
                words = shlex.split(found[1].split("$(")[0], comments=True)
                ends = [
                    n for n, word in enumerate(words) if word in ("|", ">", "<", "&&", ";", "&")
                ]
                yield words[: ends[0]] if ends else words


LINES = [pytest.param(words, id=f"{page.stem}: {' '.join(words)}") for page in PAGES for words in typed(page)]  # fmt: skip


@pytest.mark.parametrize("words", LINES)
def test_what_a_page_tells_to_type_is_there(words):
    context = click.Context(cli)
    _, command, rest = cli.resolve_command(context, list(words))
    while isinstance(command, click.Group):
        _, command, rest = command.resolve_command(context, rest)
    known = {option for one in command.params for option in one.opts} | {"--help", "-h"}
    given = {word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)}
    assert given <= known


def test_pages_tell_of_most_commands():
    assert len(LINES) > 50
    assert len({words[0] for (words,) in (one.values for one in LINES)} & set(COMMANDS)) > 20
