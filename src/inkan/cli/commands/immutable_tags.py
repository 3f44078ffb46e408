"""`inkan immutable-tags-set` and `inkan immutable-tags-list`."""

import click

from inkan.cli.output import output_option, show, table, tell


@click.command(
    epilog="\b\nExamples:\n  inkan immutable-tags-set team 'v*' latest\n  inkan immutable-tags-set team\n"
)
@click.argument("namespace", metavar="NAMESPACE")
@click.argument("patterns", metavar="PATTERN...", nargs=-1)
@output_option
def immutable_tags_set(namespace: str, patterns: tuple[str, ...]) -> None:
    """Let no tag of a namespace move or go that matches a pattern: * is anything, ? one character. Without a pattern all may."""
    from inkan.client.lifecycle import Lifecycle

    tell(f"Setting immutable tags for '{namespace}'...")
    done = Lifecycle.of_target().set_immutable_tags(namespace, patterns)
    show(done, ["OK"])


@click.command(
    epilog="\b\nExamples:\n  inkan immutable-tags-list\n  inkan immutable-tags-list -o json\n"
)
@output_option
def immutable_tags_list() -> None:
    """List the patterns of tags that may not move or go."""
    from inkan.client.lifecycle import Lifecycle

    found = Lifecycle.of_target().immutable_tags()
    rows = [[one["namespace"], " ".join(one["patterns"])] for one in found]
    show({"immutable_tags": found}, table(["Namespace", "Patterns"], rows))
