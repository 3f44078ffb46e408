"""`inkan copy`."""

import click

from inkan.cli.output import output_option, show
from inkan.cli.transfers import remind, resolved_tree, transfer_options
from inkan.cli.trusted import client
from inkan.errors import RequestInvalidError

EXAMPLES = """\b
Examples:
  inkan copy team/app:1.0 registry.example.com/team/app:1.0
  inkan copy other.example.com/base@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a team/base:12
  inkan copy oci:image team/app:1.0
  inkan copy team/app:1.0 docker-archive:app.tar
"""


@click.command(epilog=EXAMPLES)
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DST")
@transfer_options("Neither verify the source nor sign the destination.")
@output_option
def copy(source: str, destination: str, platform: str | None, *, trusted: bool) -> None:
    """Copy an image: what its tag is signed as in one place, signed in the other.

    SRC and DST are images, or places: oci:FOLDER, oci-archive:FILE, docker-archive:FILE, docker-daemon:. Between two registries nothing is kept on this machine, and within
    one nothing is sent. A source that nobody has signed is named by its digest.
    """
    from inkan.client.places import Place
    from inkan.oci.platform import Platform

    chosen = Platform.parse(platform) if platform else None
    if Place.is_named(source) and Place.is_named(destination):
        raise RequestInvalidError("one of both has to be an image in a registry")
    if Place.is_named(source):
        done = client().push(destination, Place.parse(source), signed=trusted, platform=chosen)
    elif Place.is_named(destination):
        done = client().pull(source, Place.parse(destination), verified=trusted, platform=chosen)
    else:
        done = client().copy(source, destination, trusted=trusted, platform=chosen)
    show(
        {**resolved_tree(done), "source": source, "destination": destination},
        [f"Digest: {done.digest}", f"Copied {source} to {destination}"],
    )
    remind(done)
