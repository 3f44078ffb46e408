"""`inkan push`."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkan.cli.output import output_option, show, tell
from inkan.cli.trusted import reference_of, repository_of

if TYPE_CHECKING:
    from inkan.client.layout import ImageLayout
    from inkan.client.registry import FetchedManifest

EXAMPLES = """\b
Examples:
  inkan push team/app:1.0
  inkan push --from image team/app:1.0
  inkan push --from saved.tar --disable-content-trust team/app:dev
"""


@click.command(epilog=EXAMPLES)
@click.argument("image", metavar="IMAGE:TAG")
@click.option(
    "--from",
    "source",
    metavar="FOLDER|FILE",
    help="An OCI image layout, or a file of docker save. Without it: the Docker engine.",
)
@click.option("--disable-content-trust", is_flag=True, help="Do not sign.")
@output_option
def push(image: str, source: str | None, *, disable_content_trust: bool) -> None:
    """Push an image and sign it. The tag is set last, once the signature can be made: a tag is signed, or it is not moved."""
    from inkan.client.environment import content_trust_is_off
    from inkan.client.registry import Registry
    from inkan.client.transfer import push as transfer

    disable_content_trust = disable_content_trust or content_trust_is_off()
    reference = reference_of(image, needs_tag=True)
    registry, tag = Registry.of(reference), str(reference.tag)
    with _image(source, str(reference), tag) as (layout, manifest):
        transfer(
            layout, manifest, registry, lambda d, s, what: tell(f"{d[7:19]}: {what} ({s:,} bytes)")
        )
    if disable_content_trust:
        registry.push_manifest(manifest, tag)
    else:
        # by digest first: the signature is made over what is there, and the tag follows it
        registry.push_manifest(manifest, str(manifest.digest))
        tell("Signing and pushing trust metadata")
        repository = repository_of(reference)
        repository.sign(tag, bytes.fromhex(manifest.digest.encoded), len(manifest.raw))
        registry.push_manifest(manifest, tag)
    lines = [f"{tag}: digest: {manifest.digest} size: {len(manifest.raw)}"]
    if not disable_content_trust:
        lines.append(f"Successfully signed {repository.gun}:{tag}")
    show(
        {
            "image": str(reference),
            "digest": str(manifest.digest),
            "signed": not disable_content_trust,
        },
        lines,
    )


@contextmanager
def _image(
    source: str | None, name: str, tag: str
) -> "Iterator[tuple[ImageLayout, FetchedManifest]]":
    """Give the image to push, in a layout: the folder's own, or one that goes away."""
    from inkan.client.archive import read_archive
    from inkan.client.engine import Engine
    from inkan.client.layout import ImageLayout

    if source is not None and Path(source).is_dir():
        layout = ImageLayout(Path(source))
        yield layout, layout.find(tag)
        return
    with tempfile.TemporaryDirectory(prefix="inkan-push-") as folder:
        archive = Path(source) if source is not None else Path(folder) / "saved.tar"
        if source is None:
            Engine().save(name, archive)
        layout = ImageLayout(Path(folder) / "layout")
        yield layout, read_archive(archive, layout, name)
