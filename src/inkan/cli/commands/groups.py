"""`inkan group-add`, `group-list`, `group-rm`, `group-member-add`, `group-member-rm`."""

import click

from inkan.cli.output import output_option, show, table
from inkan.cli.prompts import confirm


@click.command(epilog="\b\nExamples:\n  inkan group-add signers\n  inkan group-add team -o json\n")
@click.argument("name")
@output_option
def group_add(name: str) -> None:
    """Add a group; a role that it gets is every member's."""
    from inkan.client.people import People

    People.of_target().add_group(name)
    show({"added": name}, [f"Put somebody in with: inkan group-member-add {name} USER"])


@click.command(epilog="\b\nExamples:\n  inkan group-list\n  inkan groups -o json\n")
@output_option
def group_list() -> None:
    """List the groups and who is in them."""
    from inkan.client.people import People

    found = People.of_target().groups()
    rows = [
        [one["name"], ", ".join(dict.fromkeys(m["account"] for m in one["members"]))]
        for one in found
    ]
    show({"groups": found}, table(["Group", "Members"], rows))


@click.command(epilog="\b\nExamples:\n  inkan group-rm signers\n  inkan group-rm signers --force\n")
@click.argument("name")
@click.option("-f", "--force", is_flag=True, help="Without asking.")
@output_option
def group_rm(name: str, *, force: bool) -> None:
    """Remove a group and the roles it had; its members stay."""
    from inkan.client.people import People

    if not force:
        confirm(f"Remove the group {name}?", "--force")
    People.of_target().remove_group(name)
    show({"removed": name}, ["OK"])


@click.command(
    epilog="\b\nExamples:\n  inkan group-member-add signers alice\n  inkan group-member-add team alice bob\n"
)
@click.argument("name")
@click.argument("accounts", nargs=-1, required=True, metavar="ACCOUNT...")
@output_option
def group_member_add(name: str, accounts: tuple[str, ...]) -> None:
    """Put people or service ids into a group."""
    from inkan.client.people import People

    People.of_target().add_members(name, accounts)
    show({"group": name, "added": accounts}, ["OK"])


@click.command(
    epilog="\b\nExamples:\n  inkan group-member-rm signers alice\n  inkan group-member-rm team alice bob\n"
)
@click.argument("name")
@click.argument("accounts", nargs=-1, required=True, metavar="ACCOUNT...")
@output_option
def group_member_rm(name: str, accounts: tuple[str, ...]) -> None:
    """Take people or service ids out of a group."""
    from inkan.client.people import People

    People.of_target().remove_members(name, accounts)
    show({"group": name, "removed": accounts}, ["OK"])
