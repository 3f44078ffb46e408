"""Questions to a person; without a terminal they are refused, never waited for."""

import getpass
import sys

import click

from inkan.errors import RequestInvalidError


def confirm(question: str, instead: str = "--yes") -> None:
    """Return if the person says yes.

    Raises:
        RequestInvalidError: if there is no terminal, or the answer is not yes.
    """
    require_terminal(f"say yes by {instead}")
    if not click.confirm(question, err=True):
        raise RequestInvalidError("nothing was done")


def ask(label: str) -> str:
    """Return what the person types.

    Raises:
        RequestInvalidError: if there is no terminal.
    """
    require_terminal("give it as an option")
    answer: str = click.prompt(label, err=True)
    return answer


def ask_secret(label: str, instead: str = "pipe it in, with --password-stdin") -> str:
    """Return what the person types, without showing it.

    Raises:
        RequestInvalidError: if there is no terminal.
    """
    require_terminal(instead)
    return getpass.getpass(f"{label}: ", stream=sys.stderr)


def require_terminal(instead: str) -> None:
    """Return if there is a person to ask.

    Raises:
        RequestInvalidError: if there is none; it says what to do instead.
    """
    if not sys.stdin.isatty():
        raise RequestInvalidError(f"there is no terminal to ask on; {instead}")
