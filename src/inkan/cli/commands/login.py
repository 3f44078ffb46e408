"""`inkan login`."""

import os
import sys
from pathlib import Path

import click

from inkan.cli.output import output_option, show, tell
from inkan.cli.prompts import ask, ask_secret
from inkan.errors import RequestInvalidError

EXAMPLES = """\b
Examples:
  inkan login registry.example.com -u alice
  inkan login localhost:5000 --ca inkan-data/ca.crt -u admin --password-stdin < inkan-data/admin-password
"""
# Go's ParseBool: what docker takes for "off"
_OFF = frozenset({"", "0", "f", "F", "false", "FALSE", "False"})


@click.command(epilog=EXAMPLES)
@click.argument("host", required=False)
@click.option("-u", "--username", metavar="USER", help="Who to log in as.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option(
    "--ca",
    metavar="FILE",
    help="The registry's CA certificate; it is kept where docker looks for it.",
)
@output_option
def login(*, host: str | None, username: str | None, password_stdin: bool, ca: str | None) -> None:
    """Log in to a registry, and make it the one that other commands talk to.

    The credentials go where docker keeps its own, so docker is logged in too.
    """
    from inkan.client import credentials, regions, targets
    from inkan.client.administration import Administration
    from inkan.client.certificates import install_ca

    target = targets.Target.parse(host) if host else targets.current()
    if password_stdin and not username:
        raise RequestInvalidError("give the user too: inkan login HOST -u USER --password-stdin")
    if ca:
        tell(f"The CA is kept in {install_ca(target.host, Path(ca))}")
    user = username or ask("Username")
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else ask_secret("Password")
    tell(f"Logging in to '{target.host}'...")
    administration = Administration(target, credentials.Credential(user, password))
    server, published = administration.version(), administration.regions()
    credentials.store(target.host, credentials.Credential(user, password))
    targets.remember(target)
    regions.add(published)
    tell(f"Logged in to '{target.host}'.")
    trust_server = server.get("trust_server", "")
    lines = []
    if os.environ.get("DOCKER_CONTENT_TRUST", "") not in _OFF and trust_server:  # noqa: TID251
        tell(
            "\nTo set up your Docker client with content trust,\nexport the following environment variable:"
        )
        lines = [f"export DOCKER_CONTENT_TRUST_SERVER={trust_server}"]
    show({"host": target.host, "user": user, "trust_server": trust_server}, lines)
