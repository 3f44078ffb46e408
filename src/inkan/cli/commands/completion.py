"""`inkan completion`: what makes a shell complete inkan's words."""

import click

from inkan.errors import RequestInvalidError

SHELLS = ("bash", "zsh", "fish")


@click.command(
    epilog='\b\nExamples:\n  eval "$(inkan completion bash)"\n  inkan completion fish > ~/.config/fish/completions/inkan.fish\n'
)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print a shell's completion of commands, options and choices; put it where the shell reads it at start."""
    from click.shell_completion import get_completion_class

    from inkan.cli.main import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise RequestInvalidError(f"there is no completion for {shell}")
    click.echo(kind(cli, {}, "inkan", "_INKAN_COMPLETE").source())
