"""`inkan trusted-issuer-add`, `trusted-issuer-list`, `trusted-issuer-rm`."""

import click

from inkan.cli.commands.api_keys import ROLES
from inkan.cli.output import output_option, show, table


@click.command(
    epilog="\b\nExamples:\n  inkan trusted-issuer-add ci --issuer https://gitlab.example.com --audience registry.example.com "
    "--subject 'project_path:team/*' --account robot --role pusher --namespace team\n"
    "  inkan trusted-issuer-add gh --issuer https://token.actions.githubusercontent.com --audience inkan --subject 'repo:team/app:*' --claim ref=refs/heads/main --account robot\n"
)
@click.argument("name")
@click.option("--issuer", required=True, metavar="URL", help="Who signs the builds' tokens.")
@click.option("--audience", required=True, metavar="TEXT", help="What their audience has to be.")
@click.option("--subject", required=True, metavar="PATTERN", help="What their subject has to be; * stands for any text.")  # fmt: skip
@click.option("--claim", "claims", multiple=True, metavar="NAME=PATTERN", help="What another claim has to be; may be repeated.")  # fmt: skip
@click.option("--account", required=True, metavar="ACCOUNT", help="Whose rights the builds have.")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="Limit them to this role; may be repeated.")  # fmt: skip
@click.option("--namespace", "namespaces", multiple=True, metavar="NAME", help="Limit them to this namespace; may be repeated.")  # fmt: skip
@output_option
def trusted_issuer_add(name: str, **told: object) -> None:
    """Take a build system's word for its builds; a name that is there is written anew."""
    from inkan.client.people import People

    show(People.of_target().put_trusted_issuer(name, told), ["OK"])


@click.command(
    epilog="\b\nExamples:\n  inkan trusted-issuer-list\n  inkan trusted-issuers -o json\n"
)
@output_option
def trusted_issuer_list() -> None:
    """List whose word is taken for builds, and for what."""
    from inkan.client.people import People

    found = People.of_target().trusted_issuers()
    rows = [[one["name"], one["issuer"], one["subject"], one["account"]] for one in found]
    show({"trusted_issuers": found}, table(["Name", "Issuer", "Subject", "Account"], rows))


@click.command(
    epilog="\b\nExamples:\n  inkan trusted-issuer-rm ci\n  inkan trusted-issuer rm ci -o json\n"
)
@click.argument("name")
@output_option
def trusted_issuer_rm(*, name: str) -> None:
    """Take a build system's word no longer; tokens that it was taken for end at once."""
    from inkan.client.people import People

    People.of_target().remove_trusted_issuer(name)
    show({"removed": name}, ["OK"])
