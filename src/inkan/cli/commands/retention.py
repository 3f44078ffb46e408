"""`inkan retention-policy-set`, `retention-policy-list` and `retention-run`."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from inkan.cli.output import output_option, show, table, tell
from inkan.cli.prompts import confirm

Command = TypeVar("Command", bound=Callable[..., Any])


class Count(click.ParamType[int]):
    """A number of images from 1, or `All`."""

    name = "N|All"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> int:  # fmt: skip
        """Return the number; -1 for all."""
        if str(value).lower() == "all":
            return -1
        if not (str(value).isascii() and str(value).isdigit() and 0 < int(value) < 10**9):
            self.fail("give a number of images, or All", parameter, context)
        return int(value)


def _policy_options(command: Command) -> Command:
    for option in (
        click.argument("namespace", metavar="NAMESPACE"),
        click.option("--images", type=Count(), required=True, help="How many tagged images of each repository stay, the newest; or All."),
        click.option("--retain-untagged", is_flag=True, help="Images without a tag stay; else they go."),
        click.option("--deletion-threshold-days", metavar="D", type=click.IntRange(0, 36_500), default=0, help="What is younger than so many days stays."),
        click.option("-f", "--force", is_flag=True, help="Do not ask."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.command(
    epilog="\b\nExamples:\n  inkan retention-policy-set --images 10 team\n  inkan retention-policy-set --images All --deletion-threshold-days 30 -f team\n"
)
@_policy_options
@output_option
def retention_policy_set(
    *, namespace: str, images: int, retain_untagged: bool, deletion_threshold_days: int, force: bool
) -> None:
    """Let the newest images of each repository stay and the others go into the trash, now and once a day. What is signed stays."""
    policy = _policy(namespace, images, deletion_threshold_days, retain_untagged=retain_untagged)
    _carry_out(policy, force=force, once=False)


@click.command(
    epilog="\b\nExamples:\n  inkan retention-run --images 10 team\n  inkan retention-run --images 5 --retain-untagged -f -o json team\n"
)
@_policy_options
@output_option
def retention_run(
    *, namespace: str, images: int, retain_untagged: bool, deletion_threshold_days: int, force: bool
) -> None:
    """Let the newest images of each repository stay and the others go into the trash, this once. What is signed stays."""
    policy = _policy(namespace, images, deletion_threshold_days, retain_untagged=retain_untagged)
    _carry_out(policy, force=force, once=True)


@click.command(
    epilog="\b\nExamples:\n  inkan retention-policy-list\n  inkan retention-policy-list -o json\n"
)
@output_option
def retention_policy_list() -> None:
    """List how many images of each repository stay, for every namespace."""
    from inkan.client.lifecycle import Lifecycle

    found = Lifecycle.of_target().retention_policies()
    headings = ["Namespace", "Images", "Deletion threshold days", "Retain untagged"]
    rows = [
        [
            one["namespace"],
            "All" if one["images_per_repo"] < 0 else str(one["images_per_repo"]),
            str(one["deletion_threshold_days"]),
            str(one["retain_untagged"]).lower(),
        ]
        for one in found
    ]
    show(found, table(headings, rows))


def _policy(namespace: str, images: int, days: int, *, retain_untagged: bool) -> dict[str, Any]:
    return {
        "namespace": namespace,
        "images_per_repo": images,
        "deletion_threshold_days": days,
        "retain_untagged": retain_untagged,
    }


def _carry_out(policy: dict[str, Any], *, force: bool, once: bool) -> None:
    from inkan.client.lifecycle import Lifecycle

    lifecycle = Lifecycle.of_target()
    found = lifecycle.analyze_retention(policy)
    tell(f"Found {len(found)} images to delete.")
    for one in found:
        tell(f"  {one['repository']}@{one['digest']} {', '.join(one['tags'])}".rstrip())
    if not force and (found or not once):
        confirm("Move them into the trash?" if once else "Set the policy and move them into the trash?", "--force")  # fmt: skip
    gone = lifecycle.run_retention(policy) if once else lifecycle.set_retention_policy(policy)
    done = f"Deleted {len(gone)} images."
    show({"images": gone}, [done] if once else [done, f"Set retention policy for '{policy['namespace']}'."])  # fmt: skip
