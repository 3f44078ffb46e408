"""`inkan image-tag`, `image-untag`, `image-rm`, `image-inspect`, `image-prune-untagged` and `manifest-inspect`."""

import json
from collections.abc import Callable

import click

from inkan.cli.output import output_option, show, tell, visible
from inkan.cli.trusted import reference_of
from inkan.errors import InkanError, ReferenceInvalidError


@click.command(
    epilog="\b\nExamples:\n  inkan image-tag team/app:1.0 team/app:stable\n  inkan image-tag team/app:1.0 other/app:1.0 --sign\n"
)
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="TARGET")
@click.option("--sign", is_flag=True, help="Sign the new name with your keys as well.")
@output_option
def image_tag(source: str, target: str, *, sign: bool) -> None:
    """Give an image another name in the registry; nothing is sent that is there. Signatures do not follow: --sign makes one."""
    from inkan.cli.transfers import remind
    from inkan.cli.trusted import client
    from inkan.client.images import tag

    origin, reference = reference_of(source), reference_of(target)
    if reference.digest is not None:
        raise ReferenceInvalidError(target, "a name for an image ends in a tag, not in a digest")
    if reference.tag is None:
        reference = reference_of(f"{target}:latest")
    tell(f"Tagging '{source}' to '{target}'...")
    manifest = tag(origin, reference)
    done = client().sign(reference, digest=str(manifest.digest)) if sign else None
    tree = {
        "source": source,
        "target": str(reference),
        "digest": str(manifest.digest),
        "signed": sign,
    }
    show(tree, ["OK"])
    if done is None:
        tell(f"The new name is not signed; sign it with: inkan trust sign {reference}")
    else:
        remind(done)


@click.command(
    epilog="\b\nExamples:\n  inkan image-untag team/app:old\n  inkan image-untag team/app:1 team/app:2\n"
)
@click.argument("images", metavar="IMAGE:TAG...", nargs=-1, required=True)
def image_untag(images: tuple[str, ...]) -> None:
    """Take tags back; what they named stays, under its other tags and its digest."""
    from inkan.client.images import untag

    for image in images:
        reference = reference_of(image)
        if reference.tag is None or reference.digest is not None:
            raise ReferenceInvalidError(image, "name the tag that is to go")
    _each(images, "Removing tag for image", lambda image: untag(reference_of(image)),
          lambda image: f"Successfully removed tag '{reference_of(image).tag}' from image '{image}'.")  # fmt: skip


@click.command(
    epilog="\b\nExamples:\n  inkan image-rm team/app:1.0\n  inkan image-rm team/app@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n"
)
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
def image_rm(images: tuple[str, ...]) -> None:
    """Delete images: what each name stands for, with all its tags. Without a tag it is `latest`."""
    from inkan.client.images import remove

    _each(images, "Deleting image", lambda image: remove(reference_of(image)),
          lambda image: f"Successfully deleted image '{image}'.")  # fmt: skip


@click.command(
    epilog="\b\nExamples:\n  inkan image-inspect team/app:1.0\n  inkan image-inspect --format '{{.Os}}/{{.Architecture}} {{.Config.User}}' team/app:1.0\n"
)
@click.argument("images", metavar="IMAGE...", nargs=-1, required=True)
@click.option("-f", "--format", "template", metavar="TEMPLATE", help="Print what a Go template says of each image.")  # fmt: skip
@click.option("--platform", metavar="OS/ARCH", help="Which image of an index; else its first.")
def image_inspect(images: tuple[str, ...], template: str | None, platform: str | None) -> None:
    """Show how images are configured, as docker shows it."""
    from inkan.cli.template import render
    from inkan.client.images import describe
    from inkan.oci.platform import Platform

    chosen = Platform.parse(platform) if platform else None
    found = [describe(reference_of(image), chosen) for image in images]
    if template is None:
        click.echo(json.dumps(found, indent=4))
        return
    for one in found:
        click.echo(visible(render(template, one)))


@click.command(
    epilog="\b\nExamples:\n  inkan manifest-inspect team/app:1.0\n  inkan manifest-inspect -q team/app:1.0\n"
)
@click.argument("image", metavar="IMAGE")
@click.option("-q", "--quiet", is_flag=True, help="Only the digest.")
def manifest_inspect(image: str, *, quiet: bool) -> None:
    """Print a manifest, byte for byte as the registry keeps it."""
    from inkan.client.images import manifest_of

    manifest = manifest_of(reference_of(image))
    click.echo(str(manifest.digest) if quiet else manifest.raw)


@click.command(
    epilog="\b\nExamples:\n  inkan image-prune-untagged --restrict team\n  inkan image-prune-untagged --restrict team/app --force -o json\n"
)
@click.option("--restrict", metavar="NAMESPACE[/REPOSITORY]", help="Only these images; else those of every namespace that you see.")  # fmt: skip
@click.option("-f", "--force", is_flag=True, help="Do not ask.")
@output_option
def image_prune_untagged(restrict: str | None, *, force: bool) -> None:
    """Forget images without a tag that nothing keeps: no index, no image they are attached to, and no signature."""
    from inkan.cli.prompts import confirm
    from inkan.client.administration import Administration

    administration = Administration.of_target()
    namespace, is_repository, _ = (restrict or "").partition("/")
    found = [
        one
        for one in administration.digests(namespace)
        if not one["keptBy"] and (not is_repository or one["repository"] == restrict)
    ]
    if not force:
        where = restrict or "all namespaces"
        confirm(f"Forget {len(found)} images of {where} without a tag?", "--force")
    places = [restrict] if restrict else sorted({one["namespace"] for one in found})
    gone = [one for place in places for one in administration.prune(place)]
    tree = [
        {"Repository": one["repository"], "Digest": one["digest"], "Status": "deleted"}
        for one in gone
    ]
    show(
        tree,
        [*(f"{one['repository']}@{one['digest']}" for one in gone), f"Deleted {len(gone)} images."],
    )


def _each(images: tuple[str, ...], doing: str, act: Callable[[str], object], done: Callable[[str], str]) -> None:  # fmt: skip
    """Do something to each image; the ones after a failure too, and the last failure ends the command."""
    failure: InkanError | None = None
    for image in images:
        tell(f"{doing} '{image}'...")
        try:
            act(image)
        except InkanError as error:
            if failure is not None:
                tell(str(failure))
            failure = error
        else:
            click.echo(visible(done(image)))
    if failure is not None:
        raise failure
