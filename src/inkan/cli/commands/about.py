"""`inkan api` and `inkan info`: what is talked to."""

import click

from inkan.cli.output import output_option, show


@click.command(epilog="\b\nExamples:\n  inkan api\n  inkan api -o json\n")
@output_option
def api() -> None:
    """Show where the registry's management API is."""
    from inkan.client import targets

    endpoint = f"{targets.current().url}/api"
    show({"endpoint": endpoint}, [f"Registry API endpoint   {endpoint}", "", "OK"])


@click.command(epilog="\b\nExamples:\n  inkan info\n  inkan info --verbose\n")
@click.option("--verbose", is_flag=True, help="Ask the server as well: its version, its trust server.")  # fmt: skip
@output_option
def info(*, verbose: bool) -> None:
    """Show which program, registry, region and account commands use."""
    from inkan import __version__
    from inkan.client import credentials, regions, targets
    from inkan.errors import AuthenticationRequiredError

    target = targets.current()
    try:
        account = credentials.find(target.host).username
    except AuthenticationRequiredError:
        account = ""
    facts = {
        "Inkan version": __version__,
        "Container Registry": target.host,
        "Container Registry API endpoint": f"{target.url}/api",
        "Region": regions.name_of(target),
        "Account": account or "nobody is logged in; inkan login",
    }
    if verbose:
        facts |= _server()
    width = max(map(len, facts)) + 3
    show(facts, [*(f"{name:<{width}}{value}" for name, value in facts.items()), "", "OK"])


def _server() -> dict[str, str]:
    from inkan.client.administration import Administration

    said = Administration.of_target().version()
    return {
        "Server version": str(said.get("version", "")),
        "Trust server": str(said.get("trust_server", "")),
    }
