"""`inkan trash-list` and `inkan image-restore`."""

from datetime import UTC, datetime

import click

from inkan.cli.output import output_option, show, table, tell
from inkan.cli.trusted import reference_of
from inkan.clock import SystemClock


@click.command(
    epilog="\b\nExamples:\n  inkan trash-list\n  inkan trash-list --restrict team -o json\n"
)
@click.option("--restrict", metavar="NAMESPACE", help="Only what was deleted in this namespace.")
@output_option
def trash_list(restrict: str | None) -> None:
    """List deleted images that can still be had back, and for how long."""
    from inkan.client.lifecycle import Lifecycle

    administration = Lifecycle.of_target()
    found = administration.trash(restrict or "")
    now, host = SystemClock().now(), administration.target.host
    rows = [
        [
            f"{host}/{one['repository']}@{one['digest']}",
            str(_days(one["expires"], now)),
            ", ".join(one["tags"]) or "-",
        ]
        for one in found
    ]
    show({"trash": found}, table(["Digest", "Days until expiry", "Tags"], rows))


@click.command(
    epilog="\b\nExamples:\n  inkan image-restore team/app:1.0\n  inkan image-restore team/app@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n"
)
@click.argument("image", metavar="IMAGE")
@output_option
def image_restore(image: str) -> None:
    """Have a deleted image back: by digest with all its tags that are free, by tag with that one."""
    from inkan.client.lifecycle import Lifecycle

    tell(f"Restoring image '{image}'...")
    restored = Lifecycle.of_target().restore(reference_of(image))
    tags = ", ".join(restored["tags"]) or "no tag"
    show(restored, [f"Successfully restored image '{image}', with {tags}."])


def _days(until: str, now: datetime) -> int:
    """Return how many days are left, the one that has begun as well.

    >>> _days("2031-01-03T00:00:00+00:00", datetime(2031, 1, 1, 12, tzinfo=UTC))
    2
    """
    left = datetime.fromisoformat(until).astimezone(UTC) - now
    return max(0, -(-int(left.total_seconds()) // 86_400))
