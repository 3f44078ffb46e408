"""`inkan pull`."""

import click

from inkan.cli.output import output_option, show, tell
from inkan.cli.transfers import OUT_PLACES, resolved_tree, transfer_options
from inkan.cli.trusted import client
from inkan.errors import RequestInvalidError

EXAMPLES = """\b
Examples:
  inkan pull team/app:1.0
  inkan pull --to image --platform linux/arm64 team/app:1.0
  inkan pull --to oci-archive:app.tar team/app@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
"""


@click.command(epilog=EXAMPLES)
@click.argument("image", metavar="IMAGE[:TAG|@DIGEST]")
@click.option("--to", "destination", metavar="PLACE", default="docker-daemon:", help=OUT_PLACES)
@click.option(
    "--offline", is_flag=True, help="Use what is known of the signatures, while it is good."
)
@click.option("--strict", is_flag=True, help="A digest, too, must be one that a tag is signed as.")
@transfer_options("Take what the registry says the tag is, unverified.")
@output_option
def pull(
    image: str,
    destination: str,
    platform: str | None,
    *,
    offline: bool,
    strict: bool,
    trusted: bool,
) -> None:
    """Pull what a tag is signed as. From the signature on there are digests only: a registry that changes its mind is found out."""
    from inkan.client.places import Kind, Place
    from inkan.client.targets import located
    from inkan.oci.platform import Platform

    place, reference = Place.parse(destination), located(image)
    if (
        place.kind is Kind.ENGINE
        and reference.tag is None
        and (trusted or reference.digest is not None)
    ):
        raise RequestInvalidError("an engine keeps images by tag; name one, or a folder with --to")
    chosen = Platform.parse(platform) if platform else None
    if strict and reference.digest is not None:
        client().require_signed(reference, offline=offline)
    done = client().pull(reference, place, verified=trusted, offline=offline, platform=chosen)
    if offline and done.is_verified:
        tell("Not asked whether this is the newest: --offline")
    lines = [f"Digest: {done.digest}", f"{done.image} is in {place}"]
    show({**resolved_tree(done), "place": str(place)}, lines)
