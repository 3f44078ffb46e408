"""`inkan namespace-add`, `namespace-list`, `namespace-rm`, `namespace-visibility`."""

import click

from inkan.cli.output import output_option, show, table, tell
from inkan.cli.prompts import confirm


@click.command(
    epilog="\b\nExamples:\n  inkan namespace-add team\n  inkan namespace-add my-team -o json\n"
)
@click.argument("name")
@click.option("--public", is_flag=True, help="Anybody may pull from it, without logging in.")
@click.option("-g", "group", metavar="GROUP", hidden=True, help="A resource group, of which there are none here.")  # fmt: skip
@output_option
def namespace_add(name: str, *, public: bool, group: str | None) -> None:
    """Make a namespace: a place to push images into."""
    from inkan.client.administration import Administration

    if group is not None:
        # scripts written for `ibmcloud cr` say it; who may use a namespace is said by roles here
        tell(f"There are no resource groups here; who may use it is said by: inkan policy-add ROLE SUBJECT --namespace {name}")  # fmt: skip
    tell(f"Adding namespace '{name}'...")
    made = Administration.of_target().add_namespace(name, is_public=public)
    show(made, [f"Successfully added namespace '{name}'"])


@click.command(epilog="\b\nExamples:\n  inkan namespace-list\n  inkan namespaces -v\n")
@click.option("-v", "verbose", is_flag=True, help="Also who made each, and when.")
@output_option
def namespace_list(*, verbose: bool) -> None:
    """List the namespaces."""
    from inkan.client.administration import Administration

    found = Administration.of_target().namespaces()
    headings, keys = ["Namespace"], ["name"]
    if verbose:
        headings, keys = (
            ["Namespace", "Resource Group", "Created", "Created by", "Visibility"],
            ["name", "resource_group", "created", "created_by", "visibility"],
        )
    # there are none; the column is where scripts written for `ibmcloud cr` look for it
    rows = [[{"resource_group": "-", **one}[key] for key in keys] for one in found]
    show({"namespaces": found}, table(headings, rows))


@click.command(
    epilog="\b\nExamples:\n  inkan namespace-rm team\n  inkan namespace-rm team --force\n"
)
@click.argument("name")
@click.option("-f", "--force", is_flag=True, help="Also with everything in it, and without asking.")
@output_option
def namespace_rm(name: str, *, force: bool) -> None:
    """Remove a namespace. Its images and trust data go with it only by --force."""
    from inkan.client.administration import Administration

    if not force:
        confirm(f"Remove the namespace {name}?", "--force")
    tell(f"Removing namespace '{name}'...")
    Administration.of_target().remove_namespace(name, force=force)
    show({"removed": name}, ["OK"])


@click.command(
    epilog="\b\nExamples:\n  inkan namespace-visibility team public\n  inkan namespace-visibility team private\n"
)
@click.argument("name")
@click.argument("visibility", type=click.Choice(["public", "private"]))
@output_option
def namespace_visibility(name: str, visibility: str) -> None:
    """Let anybody pull from a namespace without logging in, or no longer."""
    from inkan.client.people import People

    People.of_target().set_visibility(name, visibility)
    show({"namespace": name, "visibility": visibility}, ["OK"])
