"""`inkan serve`."""

from typing import Any

import click

EXAMPLES = """\b
Examples:
  inkan serve
  inkan serve --data /var/lib/inkan --listen :443 --host registry.example.com
  inkan serve --database postgresql://inkan@db/inkan --blobs s3://inkan-blobs
"""


@click.command(epilog=EXAMPLES)
@click.option("--data", metavar="DIR", help="The folder that everything is kept in.")
@click.option("--database", metavar="URL", help="postgresql://USER@HOST/NAME; else in DIR.")
@click.option("--blobs", metavar="URL", help="s3://BUCKET/PREFIX; else in DIR.")
@click.option("--listen", metavar="HOST:PORT", help="Where everything is served.")
@click.option(
    "--trust-listen", metavar="HOST:PORT", help="Where the trust API is served as well, or off."
)
@click.option(
    "--host", metavar="NAME", multiple=True, help="A name clients use for this server; repeatable."
)
@click.option("--tls", metavar="auto|off|CERT,KEY", help="How connections are encrypted.")
@click.option(
    "--scheme", metavar="https|http", help="How clients reach this server, behind a proxy."
)
@click.option("--log-level", metavar="LEVEL", help="debug, info, warning or error.")
@click.option("--config", metavar="FILE", help="A TOML file of settings.")
def serve(**flags: Any) -> int:
    """Start the server: registry, trust server and tokens in one process."""
    from inkan.server.run import serve as run

    return run(flags)
