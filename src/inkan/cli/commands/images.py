"""`inkan image-list` and `inkan image-digests`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from inkan.cli.output import output_option, show, table, tell, visible
from inkan.clock import SystemClock

# what `ibmcloud cr` says of an image that it cannot scan
_UNSCANNED = {"Status": "UNSUPPORTED", "IssueCount": 0, "ExemptionCount": 0}
HEADINGS = ["REPOSITORY", "NAMESPACE", "TAG", "DIGEST", "CREATED", "SIZE", "SIGNED BY"]
DIGEST_HEADINGS = ["REPOSITORY", "DIGEST", "TAGS", "CREATED", "SIZE", "KEPT BY"]


def foreign_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command what scripts written for `ibmcloud cr` say and what changes nothing here: nothing is scanned, and no images are IBM's."""
    for name in ("--include-ibm", "--no-va", "--va"):
        command = click.option(
            name, is_flag=True, hidden=True, expose_value=False, callback=_say_nothing_is_scanned
        )(command)
    return command


def _say_nothing_is_scanned(_context: click.Context, option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's call
    if value and option.name == "va":
        tell("No vulnerability status is shown: this registry leaves scanning to scanners.")


@click.command(
    epilog="\b\nExamples:\n  inkan image-list --restrict team\n  inkan images --no-trunc -o json\n"
    "  inkan image-list --format '{{ if gt .Size 1000000 }}{{ .Repository }}:{{ .Tag }}{{end}}'\n"
)
@click.option("--restrict", metavar="NAMESPACE[/REPOSITORY]", help="Only these images.")
@click.option("-q", "--quiet", is_flag=True, help="Only HOST/REPOSITORY:TAG, one a line.")
@click.option("--no-trunc", is_flag=True, help="Digests in full.")
@click.option("--show-type", is_flag=True, help="Also what each tag names: an image, an index, a chart.")  # fmt: skip
@click.option("--format", "template", metavar="TEMPLATE", help="Print what a Go template says of each image.")  # fmt: skip
@foreign_options
@output_option
def image_list(
    *, restrict: str | None, quiet: bool, no_trunc: bool, show_type: bool, template: str | None
) -> None:
    """List the images you can pull, and who signed them."""
    from inkan.client.administration import Administration

    administration = Administration.of_target()
    namespace, _, _ = (restrict or "").partition("/")
    images = _restricted(administration.images(namespace), restrict)
    host = administration.target.host
    if template is not None:
        _print_each(template, [_image_fields(host, image, no_trunc=no_trunc) for image in images])
        return
    if quiet:
        show({"images": images}, [f"{host}/{i['repository']}:{i['tag']}" for i in images])
        return
    tell("Listing images...")
    now = SystemClock().now()
    rows = [_row(host, image, now, no_trunc=no_trunc) for image in images]
    if show_type:
        rows = [[*row, kind(image["mediaType"])] for row, image in zip(rows, images, strict=True)]
    show({"images": images}, table([*HEADINGS, "TYPE"] if show_type else HEADINGS, rows))


@click.command(
    epilog="\b\nExamples:\n  inkan image-digests --restrict team\n  inkan digests -q\n"
    "  inkan image-digests --format '{{if not .Tags}}{{.Repository}}@{{.Digest}}{{end}}'\n"
)
@click.option("--restrict", metavar="NAMESPACE[/REPOSITORY]", help="Only these images.")
@click.option("-q", "--quiet", is_flag=True, help="Only HOST/REPOSITORY@DIGEST, one a line.")
@click.option("--format", "template", metavar="TEMPLATE", help="Print what a Go template says of each image.")  # fmt: skip
@foreign_options
@output_option
def image_digests(*, restrict: str | None, quiet: bool, template: str | None) -> None:
    """List images by digest, also those without a tag, and what keeps each: a tag, another image, a signature, or nothing."""
    from inkan.client.administration import Administration

    administration = Administration.of_target()
    namespace, _, _ = (restrict or "").partition("/")
    found = _restricted(administration.digests(namespace), restrict)
    host = administration.target.host
    if template is not None:
        _print_each(template, [_digest_fields(host, one) for one in found])
        return
    if quiet:
        show({"digests": found}, [f"{host}/{one['repository']}@{one['digest']}" for one in found])
        return
    now = SystemClock().now()
    rows = [
        [
            f"{host}/{one['repository']}",
            one["digest"],
            ", ".join(one["tags"]) or "-",
            age(_seconds_since(one["created"], now)),
            size(one["size"]),
            one["keptBy"] or "-",
        ]
        for one in found
    ]
    show({"digests": found}, table(DIGEST_HEADINGS, rows))


def _restricted(found: Sequence[dict[str, Any]], restrict: str | None) -> list[dict[str, Any]]:
    repository = restrict if restrict and "/" in restrict else ""
    return [one for one in found if not repository or one["repository"] == repository]


def _print_each(template: str, trees: Sequence[Mapping[str, Any]]) -> None:
    from inkan.cli.template import render

    for tree in trees:
        # what a template leaves empty is no line: `{{if …}}` then chooses images
        if text := visible(render(template, tree)):
            click.echo(text)


def _image_fields(host: str, image: Mapping[str, Any], *, no_trunc: bool) -> dict[str, Any]:
    digest = image["digest"]
    return {
        "Created": int(datetime.fromisoformat(image["created"]).timestamp()),
        "Digest": digest if no_trunc else digest.partition(":")[2][:12],
        "Namespace": image["namespace"],
        "Repository": f"{host}/{image['repository']}",
        "Size": image["size"],
        "Tag": image["tag"],
        "ManifestType": image["mediaType"],
        "SecurityStatus": _UNSCANNED,
        "Signers": sorted({name for one in image["signed"] if one["current"] for name in one["signers"]}),
    }  # fmt: skip


def _digest_fields(host: str, one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Repository": f"{host}/{one['repository']}",
        "Digest": one["digest"],
        "Tags": one["tags"],
        "ManifestType": one["mediaType"],
        "Created": int(datetime.fromisoformat(one["created"]).timestamp()),
        "Size": one["size"],
        "SecurityStatus": _UNSCANNED,
        "KeptBy": one["keptBy"],
    }


def _row(host: str, image: Mapping[str, Any], now: datetime, *, no_trunc: bool) -> list[str]:
    digest = image["digest"]
    return [
        f"{host}/{image['repository']}",
        image["namespace"],
        image["tag"],
        digest if no_trunc else digest.partition(":")[2][:12],
        age(_seconds_since(image["created"], now)),
        size(image["size"]),
        signers(image["signed"]),
    ]


def _seconds_since(created: str, now: datetime) -> int:
    return int((now - datetime.fromisoformat(created).astimezone(UTC)).total_seconds())


def signers(signed: Sequence[Mapping[str, Any]]) -> str:
    """Return who signed what the tag points to now; a signature over an older image is not one over this."""
    names = sorted({name for one in signed if one["current"] for name in one["signers"]})
    return ", ".join(names) or "-"


def kind(media_type: str) -> str:
    """Return what a media type is called in short.

    >>> kind("application/vnd.docker.distribution.manifest.list.v2+json")
    'docker list v2'
    >>> kind("application/vnd.oci.image.manifest.v1+json")
    'oci manifest v1'
    """
    maker = "oci" if ".oci." in media_type else "docker"
    what = "list" if ".list." in media_type else "index" if ".index." in media_type else "manifest"
    version = next((one for one in ("v1", "v2") if f".{one}+" in media_type), "")
    return f"{maker} {what} {version}".rstrip()


def age(seconds: int) -> str:
    """Return a span of time as docker words it.

    >>> age(30), age(7200), age(864000)
    ('30 seconds ago', '2 hours ago', '10 days ago')
    """
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return f"{max(0, seconds)} seconds ago"


def size(count: int) -> str:
    """Return a number of bytes as docker words it.

    >>> size(999), size(1_400_000)
    ('999 B', '1.4 MB')
    """
    value, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.3g} {unit}"
