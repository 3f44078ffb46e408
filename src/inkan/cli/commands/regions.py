"""`inkan region`, `region-set`, `region-list`, `region-add`, `region-rm`."""

import click

from inkan.cli.output import output_option, show, table, tell
from inkan.errors import RequestInvalidError


@click.command(epilog="\b\nExamples:\n  inkan region\n  inkan region -o json\n")
@output_option
def region() -> None:
    """Show the region, and the registry that commands talk to."""
    from inkan.client import regions, targets

    target = targets.current()
    name = regions.name_of(target)
    show(
        {"region": name, "registry": target.host},
        [f"You are targeting region '{name}', the registry is '{target.host}'."],
    )


@click.command(epilog="\b\nExamples:\n  inkan region-set eu\n  inkan region-set\n")
@click.argument("name", metavar="[REGION]", required=False)
@output_option
def region_set(name: str | None) -> None:
    """Talk to the registry of a region from now on; without a name, choose from a list."""
    from inkan.client import regions

    chosen = name or _chosen()
    target = regions.choose(chosen)
    show(
        {"region": chosen, "registry": target.host},
        [f"The region is set to '{chosen}', the registry is '{target.host}'."],
    )


@click.command(epilog="\b\nExamples:\n  inkan region-list\n  inkan regions -o json\n")
@output_option
def region_list() -> None:
    """List the regions."""
    from inkan.client import regions, targets

    here = targets.current().host
    found = regions.known()
    tree = [{"region": name, "registry": one.host, "current": one.host == here} for name, one in found.items()]  # fmt: skip
    rows = [["*" if one.host == here else "", name, one.host] for name, one in found.items()]
    show({"regions": tree}, table(["", "REGION", "REGISTRY"], rows))


@click.command(
    epilog="\b\nExamples:\n  inkan region-add eu eu.registry.example.com\n  inkan region-add lab lab.example.com:5000\n"
)
@click.argument("name", metavar="REGION")
@click.argument("host", metavar="HOST")
@output_option
def region_add(name: str, host: str) -> None:
    """Give a registry a short name on this machine; servers publish theirs when you log in."""
    from inkan.client import regions

    regions.add({name: host})
    show({"region": name, "registry": regions.find(name).host}, ["OK"])


@click.command(epilog="\b\nExamples:\n  inkan region-rm eu\n  inkan region-rm lab -o json\n")
@click.argument("name", metavar="REGION")
@output_option
def region_rm(name: str) -> None:
    """Forget a region on this machine."""
    from inkan.client import regions

    regions.remove(name)
    show({"removed": name}, ["OK"])


def _chosen() -> str:
    from inkan.cli.prompts import ask, require_terminal
    from inkan.client import regions

    names = list(regions.known())
    if not names:
        raise RequestInvalidError(
            "no regions are known here; log in to a registry that has some, or: inkan region-add NAME HOST"
        )
    require_terminal(f"name one: inkan region-set {'|'.join(names[:20])}")
    tell("Choose a region")
    for number, name in enumerate(names, 1):
        tell(f"{number}. {name}")
    answer = ask("Enter a number")
    if answer.isascii() and answer.isdigit() and 0 < int(answer[:9]) <= len(names):
        return names[int(answer) - 1]
    return answer
