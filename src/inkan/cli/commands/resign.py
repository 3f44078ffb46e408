"""`inkan resign`."""

import click

from inkan.cli.output import output_option, show, tell
from inkan.cli.trusted import reference_of, repository_of
from inkan.errors import RequestInvalidError

EXAMPLES = """\b
Examples:
  inkan resign old.example.com/team/app:1.0 registry.example.com/team/app:1.0
  inkan resign --all old.example.com/team/app registry.example.com/team/app
"""


@click.command(epilog=EXAMPLES)
@click.argument("old", metavar="OLD-NAME")
@click.argument("new", metavar="NEW-NAME")
@click.option(
    "--all", "everything", is_flag=True, help="Every tag that is signed under the old name."
)
@output_option
def resign(old: str, new: str, *, everything: bool) -> None:
    """Sign under a new name what is signed under an old one, and bring along what is not there yet.

    A signature belongs to a name with its host: a registry that moves is signed anew, with your keys, of what was signed, and nothing else.
    """
    from inkan.client.resign import resign as sign_again

    source, destination = reference_of(old), reference_of(new)
    if source.tag is None and not everything:
        raise RequestInvalidError("name a tag, or say --all")
    if destination.tag not in (None, source.tag):
        raise RequestInvalidError("a tag keeps its name; leave it out of the new one")
    tags = [] if everything or source.tag is None else [str(source.tag)]
    pairs = [(one, repository_of(one)) for one in (source, destination)]
    done = sign_again(pairs[0], pairs[1], tags, tell)
    show(
        {"repository": pairs[1][1].gun, "tags": done},
        [f"{len(done)} tags of {pairs[1][1].gun} are signed"],
    )
