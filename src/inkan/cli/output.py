"""Results on standard output, as text or as JSON; everything else on standard error."""

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

from inkan.cli.exits import exit_code
from inkan.errors import InkanError

Command = TypeVar("Command", bound=Callable[..., Any])
_FORMAT = "inkan.format"
_LAYOUT = {ord("\n"): " ", ord("\t"): " "}
# control characters, what steers the direction of text, halves of characters, line ends of another kind
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def output_option(command: Command) -> Command:
    """Give a command `--output text|json`."""
    return click.option(
        "-o",
        "--output",
        type=click.Choice(["text", "json"]),
        default="text",
        expose_value=False,
        callback=_remember,
        help="How to print the result.",
    )(command)


def wants_json() -> bool:
    """Return whether the running command was asked for JSON."""
    context = click.get_current_context(silent=True)
    return bool(context and context.find_root().meta.get(_FORMAT) == "json")


def show(tree: Any, lines: Iterable[str]) -> None:
    """Print a result: the tree when JSON was asked for, else the lines."""
    if wants_json():
        click.echo(json.dumps(tree, indent=2))
        return
    for line in lines:
        click.echo(visible(line))


def tell(text: str) -> None:
    """Print progress or a warning."""
    click.echo(visible(text), err=True)


def visible(text: str) -> str:
    r"""Return a text whose every character shows: names from a registry could move the cursor, or run from right to left.

    >>> visible("1.0\x1b[2J")
    '1.0\\x1b[2J'
    """
    if text.isascii() and (text.isprintable() or text.translate(_LAYOUT).isprintable()):
        return text
    return "".join(
        one
        if one in "\n\t" or unicodedata.category(one) not in _UNSEEN
        else one.encode("unicode_escape").decode()
        for one in text
    )


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table, left-aligned, three spaces between columns."""
    widths = [max(len(row[n]) for row in (headings, *rows)) for n in range(len(headings))]
    return [
        "   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (headings, *rows)
    ]


def report(error: InkanError, *, as_json: bool) -> None:
    """Print a failure on standard error, in one line or as JSON."""
    if as_json:
        body = {"error": type(error).__name__, "message": str(error), "exit": exit_code(error)}
        print(json.dumps(body), file=sys.stderr)  # noqa: T201 - no command is running any more
    else:
        print(f"inkan: {visible(str(error))}", file=sys.stderr)  # noqa: T201


def _remember(context: click.Context, _option: click.Parameter, value: str) -> str:
    context.find_root().meta[_FORMAT] = value
    return value
