"""Results on standard output, as text or as JSON; everything else on standard error."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

from inkan.cli.exits import exit_code
from inkan.errors import InkanError

Command = TypeVar("Command", bound=Callable[..., Any])
_FORMAT = "inkan.format"


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
        click.echo(line)


def tell(text: str) -> None:
    """Print progress or a warning."""
    click.echo(text, err=True)


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
        print(f"inkan: {error}", file=sys.stderr)  # noqa: T201


def _remember(context: click.Context, _option: click.Parameter, value: str) -> str:
    context.find_root().meta[_FORMAT] = value
    return value
