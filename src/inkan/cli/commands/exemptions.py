"""`inkan exemption-add`, `exemption-list`, `exemption-rm` and `exemption-types`."""

from collections.abc import Callable

import click

from inkan.cli.output import output_option, show, table, tell

_TYPES = ["cve", "sn", "configuration"]


def _about(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the three words that an exemption is known by."""
    for option in (
        click.option("--issue-id", required=True, metavar="ID", help="Which issue: CVE-2021-44228."),
        click.option("--issue-type", required=True, type=click.Choice(_TYPES), help="What kind of issue it is."),
        click.option("--scope", required=True, metavar="SCOPE", help="Which images: '*', a namespace, a repository, or an image by tag or digest."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.command(
    epilog="\b\nExamples:\n  inkan exemption-add --scope team --issue-type cve --issue-id CVE-2021-44228\n"
    "  inkan exemption-add --scope '*' --issue-type sn --issue-id USN-5192-1 -o json\n"
)
@_about
@output_option
def exemption_add(*, scope: str, issue_type: str, issue_id: str) -> None:
    """Let scanners leave out an issue. The registry keeps this; a scanner asks for it."""
    from inkan.client.exemptions import Exempting

    tell(f"Creating exemption for '{issue_id}' in '{scope}'...")
    made = Exempting.of_target().exempt(scope, issue_type, issue_id)
    show(made, ["OK"])


@click.command(
    epilog="\b\nExamples:\n  inkan exemption-list\n  inkan exemptions --scope team -o json\n"
)
@click.option("--scope", metavar="SCOPE", help="Only those that hold there.")
@output_option
def exemption_list(*, scope: str | None) -> None:
    """List what scanners leave out."""
    from inkan.client.exemptions import Exempting

    namespace = "" if scope in (None, "*") else str(scope).partition("/")[0]
    found = [
        one
        for one in Exempting.of_target().exemptions(namespace)
        if scope is None or _covers(one["scope"], scope)
    ]
    rows = [[one["scope"], one["issue_type"], one["issue_id"]] for one in found]
    show({"exemptions": found}, table(["Scope", "Issue type", "Issue ID"], rows))


def _covers(wide: str, narrow: str) -> bool:
    """Return whether what holds in one scope holds in another that is as narrow or narrower.

    >>> _covers("team", "team/app:1"), _covers("team/app", "team/apples"), _covers("team/app:1", "team/app")
    (True, False, False)
    """
    if wide in ("*", narrow):
        return True
    return narrow.startswith(wide) and narrow[len(wide)] in "/:@"


@click.command(
    epilog="\b\nExamples:\n  inkan exemption-rm --scope team --issue-type cve --issue-id CVE-2021-44228\n"
    "  inkan exemption rm --scope '*' --issue-type sn --issue-id USN-5192-1\n"
)
@_about
@output_option
def exemption_rm(*, scope: str, issue_type: str, issue_id: str) -> None:
    """Let an issue count again."""
    from inkan.client.exemptions import Exempting

    tell(f"Deleting exemption for '{issue_id}' in '{scope}'...")
    Exempting.of_target().exempt_no_more(scope, issue_type, issue_id)
    show({"removed": issue_id, "scope": scope}, ["OK"])


@click.command(epilog="\b\nExamples:\n  inkan exemption-types\n  inkan exemption-types -o json\n")
@output_option
def exemption_types() -> None:
    """List what an exemption can be about."""
    from inkan.client.exemptions import ISSUE_TYPES

    tree = [{"type": name, "description": text} for name, text in ISSUE_TYPES.items()]
    show({"types": tree}, table(["Issue type", "Description"], [list(row) for row in ISSUE_TYPES.items()]))  # fmt: skip
