"""`inkan push`."""

from pathlib import Path

import click

from inkan.cli.output import output_option, show, tell
from inkan.cli.trusted import reference_of, repository_of

EXAMPLES = """\b
Examples:
  inkan push --from image team/app:1.0
  inkan push --from image --disable-content-trust team/app:dev
"""


@click.command(epilog=EXAMPLES)
@click.argument("image", metavar="IMAGE:TAG")
@click.option("--from", "folder", metavar="FOLDER", required=True, help="An OCI image layout.")
@click.option("--disable-content-trust", is_flag=True, help="Do not sign.")
@output_option
def push(image: str, folder: str, *, disable_content_trust: bool) -> None:
    """Push an image and sign it. The tag is set last, once the signature can be made: a tag is signed, or it is not moved."""
    from inkan.client.layout import ImageLayout
    from inkan.client.registry import Registry
    from inkan.client.transfer import push as transfer

    reference = reference_of(image, needs_tag=True)
    layout, registry = ImageLayout(Path(folder)), Registry.of(reference)
    tag = str(reference.tag)
    manifest = layout.find(tag)
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
