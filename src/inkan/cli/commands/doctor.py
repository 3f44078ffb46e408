"""`inkan doctor`."""

from pathlib import Path

import click

from inkan.cli.output import output_option, show
from inkan.errors import UntrustedError


@click.command(epilog="\b\nExamples:\n  inkan doctor\n  inkan doctor -o json\n")
@output_option
def doctor() -> None:
    """Find what silently runs unverified here: Docker's version, variables, profiles, files for CI in this folder, credentials, CA files, clock, keys, signed metadata."""
    from inkan.client.doctor import examine
    from inkan.clock import SystemClock

    found = examine(SystemClock().now(), Path.cwd())
    tree = [{"what": one.what, "remedy": one.remedy, "serious": one.is_serious} for one in found]
    lines = [f"{'!!' if one.is_serious else ' !'} {one.what}\n   {one.remedy}" for one in found]
    show({"findings": tree}, lines or ["Nothing here runs unverified."])
    serious = sum(one.is_serious for one in found)
    if serious:
        raise UntrustedError(
            f"{serious} of {len(found)} findings let images run unverified, or end trust soon"
        )
