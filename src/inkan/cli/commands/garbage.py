"""`inkan garbage-list` and `inkan garbage-run`."""

import click

from inkan.cli.output import output_option, show, table


@click.command(epilog="\b\nExamples:\n  inkan garbage-list\n  inkan garbage-list -o json\n")
@output_option
def garbage_list() -> None:
    """List the blobs that no manifest names, and when they go; changes nothing.

    A blob whose repository stops holding it is in no list any more: its bytes go a quarter of an hour later.
    """
    from inkan.client.administration import Administration

    found = Administration.of_target().garbage()
    rows = [
        [one["repository"], one["digest"], f"{one['size']:,}", (one["goes"] or "-")[:19]]
        for one in found
    ]
    show({"garbage": found}, table(["REPOSITORY", "DIGEST", "BYTES", "GOES"], rows))


@click.command(epilog="\b\nExamples:\n  inkan garbage-run\n  inkan garbage-run -o json\n")
@output_option
def garbage_run() -> None:
    """Collect what is due now; the server does it by itself every ten minutes. Pushes and pulls go on meanwhile."""
    from inkan.client.administration import Administration

    done = Administration.of_target().collect_garbage()
    show(
        done,
        [
            f"{done['marked']} newly seen, {done['links']} let go by their repositories, {done['blobs']} forgotten, bytes of {done['keys']} deleted"
        ],
    )
