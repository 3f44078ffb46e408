"""`inkan plugin install` and `inkan env`."""

import click

from inkan.cli.output import output_option, show, tell
from inkan.errors import RequestInvalidError

SHELLS = {
    "bash": "export {name}={value}",
    "fish": "set -gx {name} {value}",
    "powershell": '$Env:{name} = "{value}"',
    "cmd": "set {name}={value}",
}


@click.group()
def plugin() -> None:
    """Make `inkan` a command of docker's."""


@plugin.command(
    epilog="\b\nExamples:\n  inkan plugin install\n  DOCKER_CONFIG=elsewhere inkan plugin install\n"
)
@output_option
def install() -> None:
    """Install `docker inkan`, and `docker trust` for Docker 29 and later, which have none of their own."""
    from inkan.client.docker_plugins import install as put

    files = [str(path) for path in put()]
    show({"files": files}, [f"Installed {file}" for file in files])
    tell(
        "Docker 28 and earlier keep their own docker trust; docker inkan trust works with every version."
    )


@click.command(epilog='\b\nExamples:\n  eval "$(inkan env)"\n  inkan env --shell powershell\n')
@click.option(
    "--shell",
    type=click.Choice([*SHELLS]),
    default="bash",
    show_default=True,
    help="Whose words to print.",
)
@output_option
def env(shell: str) -> None:
    """Print the variables that turn content trust on for this registry, ready for a shell."""
    from inkan.client.administration import Administration

    server = Administration.of_target().version().get("trust_server", "")
    if not server:
        raise RequestInvalidError(
            "this registry has no trust server of its own port; its address is the default one"
        )
    values = {"DOCKER_CONTENT_TRUST": "1", "DOCKER_CONTENT_TRUST_SERVER": str(server)}
    show(values, [SHELLS[shell].format(name=name, value=value) for name, value in values.items()])
