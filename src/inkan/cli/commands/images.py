"""`inkan image-list`."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from inkan.cli.output import output_option, show, table, tell
from inkan.clock import SystemClock

EXAMPLES = """\b
Examples:
  inkan image-list --restrict team
  inkan images --no-trunc -o json
"""
HEADINGS = ["REPOSITORY", "NAMESPACE", "TAG", "DIGEST", "CREATED", "SIZE", "SIGNED BY"]


@click.command(epilog=EXAMPLES)
@click.option("--restrict", metavar="NAMESPACE[/REPOSITORY]", help="Only these images.")
@click.option("-q", "--quiet", is_flag=True, help="Only HOST/REPOSITORY:TAG, one a line.")
@click.option("--no-trunc", is_flag=True, help="Digests in full.")
@output_option
def image_list(*, restrict: str | None, quiet: bool, no_trunc: bool) -> None:
    """List the images you can pull, and who signed them."""
    from inkan.client.administration import Administration

    administration = Administration.of_target()
    namespace, _, repository = (restrict or "").partition("/")
    images = [
        image
        for image in administration.images(namespace)
        if not repository or image["repository"] == f"{namespace}/{repository}"
    ]
    host = administration.target.host
    if quiet:
        show({"images": images}, [f"{host}/{i['repository']}:{i['tag']}" for i in images])
        return
    tell("Listing images...")
    now = SystemClock().now()
    rows = [_row(host, image, now, no_trunc=no_trunc) for image in images]
    show({"images": images}, table(HEADINGS, rows))


def _row(host: str, image: Mapping[str, Any], now: datetime, *, no_trunc: bool) -> list[str]:
    digest = image["digest"]
    created = datetime.fromisoformat(image["created"]).astimezone(UTC)
    return [
        f"{host}/{image['repository']}",
        image["namespace"],
        image["tag"],
        digest if no_trunc else digest.partition(":")[2][:12],
        age(int((now - created).total_seconds())),
        size(image["size"]),
        signers(image["signed"]),
    ]


def signers(signed: Sequence[Mapping[str, Any]]) -> str:
    """Return who signed what the tag points to now; a signature over an older image is not one over this."""
    names = sorted({name for one in signed if one["current"] for name in one["signers"]})
    return ", ".join(names) or "-"


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
