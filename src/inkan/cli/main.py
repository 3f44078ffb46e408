"""The entry point: finds the command, runs it, and turns every failure into one line and an exit code.

A command's module is imported when it is used, so that `inkan --version` and a shell's completion stay fast.
"""

import difflib
import importlib
import itertools
import os
import sys
from collections.abc import Sequence

import click

from inkan import __version__
from inkan.cli.exits import INTERRUPTED, UNFORESEEN, exit_code
from inkan.cli.index import ALIASES, COMMANDS, ELSEWHERE
from inkan.cli.output import report
from inkan.cli.secrecy import keep_memory
from inkan.errors import InkanError


class Commands(click.Group):
    """The commands, each imported when it is used; `inkan namespace add` is `inkan namespace-add`."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """Return every command's name."""
        return sorted(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """Return a command by its name or an alias."""
        found = COMMANDS.get(ALIASES.get(name, name))
        if found is None:
            return None
        module = importlib.import_module(f"inkan.cli.commands.{found.module}")
        command: click.Command = getattr(module, found.function)
        return command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the words name, the nearest one's name in the error where they name none."""
        for count in (4, 3, 2):
            if (joined := "-".join(args[:count])) in COMMANDS or joined in ELSEWHERE:
                args = [joined, *args[count:]]
                break
        name = ALIASES.get(args[0], args[0])
        if name in ELSEWHERE:
            raise click.UsageError(f"there is no command {name!r}; {ELSEWHERE[name]}")
        if name not in COMMANDS and not name.startswith("-"):
            near = difflib.get_close_matches(name, [*COMMANDS, *ALIASES], n=1)
            hint = f"did you mean {near[0]}?" if near else "inkan --help lists the commands"
            raise click.UsageError(f"there is no command {args[0]!r}; {hint}")
        return super().resolve_command(context, args)

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].sentence) for name in sorted(COMMANDS)])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Examples:\n\n  inkan serve\n\n  inkan login localhost:5000 -u admin",
)
@click.version_option(__version__, prog_name="inkan", message="%(prog)s %(version)s")
def cli() -> None:
    """Inkan: a container registry with trusted content built in."""


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: PLR0911 - one for each way to end
    """Run a command line; return its exit code."""
    keep_memory()
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = _asks_for_json(words)
    try:
        outcome = cli.main(args=words, prog_name="inkan", standalone_mode=False)
    except InkanError as error:
        report(error, as_json=as_json)
        return exit_code(error)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # whoever read our output has seen enough; keep Python from complaining about it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        print(f"inkan: unforeseen failure: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
        if "INKAN_DEBUG" in os.environ:  # noqa: TID251 - for whoever mends it
            raise
        return UNFORESEEN
    return outcome if isinstance(outcome, int) else 0


def _asks_for_json(words: Sequence[str]) -> bool:
    pairs = itertools.pairwise([*words, ""])
    return any(
        word in ("--output=json", "-ojson") or (word in ("-o", "--output") and after == "json")
        for word, after in pairs
    )


if __name__ == "__main__":
    sys.exit(main())
