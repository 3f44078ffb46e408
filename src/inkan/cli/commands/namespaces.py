"""`inkan namespace-add`, `namespace-list`, `namespace-rm`, `namespace-visibility`."""

import click

from inkan.cli.output import output_option, show, table, tell
from inkan.cli.prompts import confirm


@click.command(
    epilog="\b\nExamples:\n  inkan namespace-add team\n  inkan namespace-add my-team -o json\n"
)
@click.argument("name")
@click.option("--public", is_flag=True, help="Anybody may pull from it, without logging in.")
@output_option
def namespace_add(name: str, *, public: bool) -> None:
    """Make a namespace: a place to push images into."""
    from inkan.client.administration import Administration

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
            ["Namespace", "Created", "Created by", "Visibility"],
            ["name", "created", "created_by", "visibility"],
        )
    show({"namespaces": found}, table(headings, [[one[key] for key in keys] for one in found]))


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
