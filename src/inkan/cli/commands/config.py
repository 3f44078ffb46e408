"""`inkan config show`."""

from typing import Any

import click

from inkan.cli.output import output_option, table
from inkan.cli.output import show as show_result

EXAMPLES = """\b
Examples:
  inkan config show --origin
  inkan config show --config inkan.toml -o json
"""


@click.group()
def show() -> None:
    """Show the server's settings."""


@show.command("show", epilog=EXAMPLES)
@click.option("--origin", is_flag=True, help="Also show where each value comes from.")
@click.option("--config", metavar="FILE", help="A TOML file of settings.")
@output_option
def show_settings(*, origin: bool, config: str | None) -> None:
    """Show every setting as `inkan serve` would use it here."""
    from inkan.server.setting_table import TABLE
    from inkan.server.settings import load, process_environment

    settings = load({"config": config}, process_environment())
    values = settings.shown()
    tree: dict[str, Any] = {
        row.name: {
            "value": values[row.name],
            "origin": settings.origins.get(row.name, "default"),
            "meaning": row.meaning,
        }
        for row in TABLE
    }
    headings = ["SETTING", "VALUE", *(["ORIGIN"] if origin else [])]
    rows = [
        [name, one["value"] or "-", *([one["origin"]] if origin else [])]
        for name, one in tree.items()
    ]
    show_result(tree, table(headings, rows))
