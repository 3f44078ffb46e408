"""`inkan pull`."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkan.cli.output import output_option, show, tell
from inkan.cli.trusted import reference_of, repository_of
from inkan.errors import RequestInvalidError

if TYPE_CHECKING:
    from inkan.client.registry import FetchedManifest, Registry
    from inkan.oci.reference import Reference

EXAMPLES = """\b
Examples:
  inkan pull team/app:1.0
  inkan pull --to image team/app:1.0
  inkan pull --to image team/app@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
"""


@click.command(epilog=EXAMPLES)
@click.argument("image", metavar="IMAGE[:TAG|@DIGEST]")
@click.option(
    "--to",
    "folder",
    metavar="FOLDER",
    help="An OCI image layout; made if it is not there. Without it: the Docker engine.",
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
def pull(
    image: str, folder: str | None, *, offline_trust: bool, disable_content_trust: bool
) -> None:
    """Pull what a tag is signed as. From the signature on there are digests only: a registry that changes its mind is found out."""
    from inkan.client.environment import content_trust_is_off
    from inkan.client.registry import Registry

    disable_content_trust = disable_content_trust or content_trust_is_off()
    reference = reference_of(image, needs_tag="@" not in image)
    if folder is None and reference.tag is None:
        raise RequestInvalidError("an engine keeps images by tag; name one, or a folder with --to")
    registry = Registry.of(reference)
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
    if folder is not None:
        _into_folder(registry, reference, digest, size, Path(folder))
        place = f"is in {folder}"
    else:
        with tempfile.TemporaryDirectory(prefix="inkan-pull-") as passing:
            _into_engine(registry, reference, digest, size, Path(passing))
        place = "is in the Docker engine"
    show(
        {"image": str(reference), "digest": digest, "folder": folder},
        [f"Digest: {digest}", f"{reference} {place}"],
    )


def _into_folder(registry: "Registry", reference: "Reference", digest: str, size: int | None, folder: Path) -> "FetchedManifest":  # fmt: skip
    from inkan.client.layout import ImageLayout
    from inkan.client.transfer import pull as transfer
    from inkan.errors import ContentAlteredError

    layout = ImageLayout(folder)
    progress = lambda d, s, what: tell(f"{d[7:19]}: {what} ({s:,} bytes)")  # noqa: E731
    manifest = transfer(registry, digest, layout, progress)
    if size is not None and len(manifest.raw) != size:
        raise ContentAlteredError(digest)
    layout.name(manifest, str(reference.tag or reference.digest))
    return manifest


def _into_engine(registry: "Registry", reference: "Reference", digest: str, size: int | None, folder: Path) -> None:  # fmt: skip
    from inkan.client.archive import write_archive
    from inkan.client.engine import Engine
    from inkan.client.layout import ImageLayout

    manifest = _into_folder(registry, reference, digest, size, folder / "layout")
    name = f"{reference.host}/{reference.repository}:{reference.tag}"
    write_archive(ImageLayout(folder / "layout"), manifest, name, folder / "saved.tar")
    Engine().load(folder / "saved.tar")
