"""`inkan quota` and `inkan quota-set`."""

from typing import Any

import click

from inkan import limits
from inkan.cli.output import output_option, show, table, tell


class Megabytes(click.ParamType[int]):
    """A number of megabytes, or `unlimited`."""

    name = "MB"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> int:  # fmt: skip
        """Return the number; -1 for no limit."""
        if str(value).lower() == "unlimited":
            return -1
        if not (str(value).isascii() and str(value).isdigit() and int(value) <= 2**32):
            self.fail("give a number of megabytes, or unlimited", parameter, context)
        return int(value)


@click.command(epilog="\b\nExamples:\n  inkan quota\n  inkan quota --namespace team -o json\n")
@click.option("--namespace", metavar="NAMESPACE", help="Of this namespace; else of the whole registry.")  # fmt: skip
@output_option
def quota(namespace: str | None) -> None:
    """Show how much may be kept, how much may be pulled in a month, and how much is."""
    from inkan.client.lifecycle import Lifecycle

    found = Lifecycle.of_target().quota(namespace or "")
    limit, usage = found["limit"], found["usage"]
    tree = {
        "usage": {"traffic": usage["traffic_bytes"], "store": usage["storage_bytes"]},
        "limit": {"traffic": limit["traffic_bytes"], "store": limit["storage_bytes"]},
    }
    rows = [
        [name, size(tree["limit"][kind]), size(tree["usage"][kind])]
        for name, kind in (("Pull traffic", "traffic"), ("Storage", "store"))
    ]
    show(tree, table(["QUOTA", "LIMIT", "USED"], rows))


@click.command(
    epilog="\b\nExamples:\n  inkan quota-set --storage 512 --traffic 5120\n  inkan quota-set --storage unlimited --namespace team\n"
)
@click.option("--traffic", type=Megabytes(), help="How much may be pulled in a month.")
@click.option("--storage", type=Megabytes(), help="How much may be kept.")
@click.option("--namespace", metavar="NAMESPACE", help="Of this namespace; else of the whole registry.")  # fmt: skip
@output_option
def quota_set(traffic: int | None, storage: int | None, namespace: str | None) -> None:
    """Say how much may be kept and pulled, in MB of 1,048,576 bytes, or `unlimited`. What crosses a limit is let finish; the next is refused."""
    from inkan.client.lifecycle import Lifecycle

    if traffic is None and storage is None:
        raise click.UsageError("say which: --traffic MB, --storage MB, or both")
    chosen = {"storage": storage, "traffic": traffic}
    said = [f"{name}: {_megabytes(count)}" for name, count in chosen.items() if count is not None]
    tell(f"Setting quotas: '{', '.join(said)}'...")
    done = Lifecycle.of_target().set_quota(namespace or "", storage=storage, traffic=traffic)
    show(done, ["OK"])


def _megabytes(count: int) -> str:
    return "unlimited" if count < 0 else f"{count} MB"


def size(count: int | None) -> str:
    """Return a number of bytes in the units that quotas are set in.

    >>> size(512 * 2**20), size(1536), size(0), size(None)
    ('512 MB', '1.5 KB', '0 B', 'Unlimited')
    """
    if count is None:
        return "Unlimited"
    value, unit = float(count), "B"
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if value < limits.KIB or unit == "TB":
            break
        value /= limits.KIB
    return f"{value:.4g} {unit}"
