"""`inkan audit-log`."""

import click

from inkan.cli.output import output_option, show, table


@click.command(
    epilog="\b\nExamples:\n  inkan audit-log --account alice\n  inkan audit-log --since 2026-11-01 --limit 10000 -o json > november.json\n"
)
@click.option("--since", default="", metavar="INSTANT", help="Only from then on: 2026-11-26, or with a time.")  # fmt: skip
@click.option("--account", default="", metavar="NAME", help="Only what this account did.")
@click.option("-n", "--namespace", default="", metavar="NAME", help="Only what was done there; all that its managers may see.")  # fmt: skip
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="The newest so many.")  # fmt: skip
@output_option
def audit_log(*, since: str, account: str, namespace: str, limit: int) -> None:
    """Show who did what, from where, and what came of it, signing included."""
    from inkan.client.people import People

    wanted = {"since": since, "account": account, "limit": str(limit)}
    query = {name: value for name, value in wanted.items() if value}
    found = People.of_target().audit_log(namespace, query)
    headings = ["When", "Who", "From", "What", "Where", "Outcome", "Times"]
    rows = [
        [
            one["at"],
            one["account"] or "-",
            one["address"] or "-",
            one["act"],
            one["target"] or one["namespace"] or "-",
            one["outcome"],
            str(one["times"]),
        ]
        for one in found
    ]
    show({"events": found}, table(headings, rows))
