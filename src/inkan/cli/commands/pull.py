"""`inkan pull`."""

from pathlib import Path

import click

from inkan.cli.output import output_option, show, tell
from inkan.cli.trusted import reference_of, repository_of

EXAMPLES = """\b
Examples:
  inkan pull --to image team/app:1.0
  inkan pull --to image team/app@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
"""


@click.command(epilog=EXAMPLES)
@click.argument("image", metavar="IMAGE[:TAG|@DIGEST]")
@click.option(
    "--to",
    "folder",
    metavar="FOLDER",
    required=True,
    help="An OCI image layout; made if it is not there.",
)
@click.option(
    "--offline-trust", is_flag=True, help="Use what is known of the signatures, while it is good."
)
@click.option(
    "--disable-content-trust",
    is_flag=True,
    help="Take what the registry says the tag is, unverified.",
)
@output_option
def pull(image: str, folder: str, *, offline_trust: bool, disable_content_trust: bool) -> None:
    """Pull what a tag is signed as. From the signature on there are digests only: a registry that changes its mind is found out."""
    from inkan.client.layout import ImageLayout
    from inkan.client.registry import Registry
    from inkan.client.transfer import pull as transfer
    from inkan.errors import ContentAlteredError

    reference = reference_of(image, needs_tag="@" not in image)
    registry, layout = Registry.of(reference), ImageLayout(Path(folder))
    size = None
    if reference.digest is not None:
        digest = str(reference.digest)
    elif disable_content_trust:
        digest = str(registry.manifest(str(reference.tag)).digest)
        tell("Content trust is off: this tag is not verified")
    else:
        target = repository_of(reference).look(offline=offline_trust).resolve(str(reference.tag))
        digest, size = f"sha256:{target.sha256}", target.length
        tell(f"Pull (1 of 1): {reference}@{digest}")
    manifest = transfer(
        registry, digest, layout, lambda d, s, what: tell(f"{d[7:19]}: {what} ({s:,} bytes)")
    )
    if size is not None and len(manifest.raw) != size:
        raise ContentAlteredError(digest)
    layout.name(manifest, str(reference.tag or reference.digest))
    show(
        {"image": str(reference), "digest": digest, "folder": folder},
        [f"Digest: {digest}", f"{reference} is in {folder}"],
    )
