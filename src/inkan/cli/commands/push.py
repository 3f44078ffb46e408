"""`inkan push`."""

import click

from inkan.cli.output import output_option, show
from inkan.cli.transfers import IN_PLACES, remind, resolved_tree, transfer_options
from inkan.cli.trusted import client

EXAMPLES = """\b
Examples:
  inkan push team/app:1.0
  inkan push --from image team/app:1.0
  inkan push --from saved.tar --platform linux/arm64 --disable-content-trust team/app:dev
"""


@click.command(epilog=EXAMPLES)
@click.argument("image", metavar="IMAGE:TAG")
@click.option("--from", "source", metavar="PLACE", default="docker-daemon:", help=IN_PLACES)
@transfer_options("Do not sign.")
@output_option
def push(image: str, source: str, platform: str | None, *, trusted: bool) -> None:
    """Push an image and sign it. The tag is set last, once the signature can be made: a tag is signed, or it is not moved."""
    from inkan.client.places import Place
    from inkan.oci.platform import Platform

    chosen = Platform.parse(platform) if platform else None
    done = client().push(image, Place.parse(source), signed=trusted, platform=chosen)
    lines = [f"{done.image.tag}: digest: {done.digest} size: {done.size_bytes}"]
    if trusted:
        lines.append(f"Successfully signed {done.image}")
    show({**resolved_tree(done), "signed": trusted}, lines)
    remind(done)
