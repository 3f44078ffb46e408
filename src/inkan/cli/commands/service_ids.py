"""`inkan service-id-add`, `service-id-list`, `service-id-rm`."""

import click

from inkan.cli.output import output_option, show, table, tell
from inkan.cli.prompts import confirm


@click.command(
    epilog="\b\nExamples:\n  inkan service-id-add ci\n  inkan api-key-create ci-key --for ci --file ci.key\n"
)
@click.argument("name")
@click.option("--description", default="", metavar="TEXT", help="What it is for.")
@output_option
def service_id_add(name: str, *, description: str) -> None:
    """Add a service id: an account for a machine, which logs in with API keys."""
    from inkan.client.people import People

    tree = {"kind": "service-id", "display_name": description}
    made = People.of_target().add_account(name, tree)
    tell(f"Added service id '{name}'.")
    show(made, [f"Make it a key with: inkan api-key-create KEY-NAME --for {name}"])


@click.command(epilog="\b\nExamples:\n  inkan service-id-list\n  inkan service-ids -o json\n")
@output_option
def service_id_list() -> None:
    """List the service ids."""
    from inkan.client.people import People

    found = People.of_target().accounts("service-id")
    rows = [
        [
            one["name"],
            one["display_name"],
            "disabled" if one["disabled"] else "enabled",
            one["created"],
        ]
        for one in found
    ]
    show({"service_ids": found}, table(["Service ID", "Description", "State", "Created"], rows))


@click.command(epilog="\b\nExamples:\n  inkan service-id-rm ci\n  inkan service-id-rm ci --force\n")
@click.argument("name")
@click.option("-f", "--force", is_flag=True, help="Without asking.")
@output_option
def service_id_rm(name: str, *, force: bool) -> None:
    """Remove a service id, with every key and role."""
    from inkan.client.people import People

    if not force:
        confirm(f"Remove the service id {name}?", "--force")
    People.of_target().remove_account(name)
    show({"removed": name}, ["OK"])
