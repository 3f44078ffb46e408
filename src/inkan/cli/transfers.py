"""What the commands that move images have in common: their options, and how a result looks in JSON."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from inkan.cli.output import tell

if TYPE_CHECKING:
    from inkan.client.library import Resolved

Command = TypeVar("Command", bound=Callable[..., Any])
IN_PLACES = "A folder with an OCI image layout, or a tar of one or of docker save. Without it: the Docker engine."
OUT_PLACES = "A folder, made if it is not there, oci-archive:FILE or docker-archive:FILE. Without it: the Docker engine."


def transfer_options(off: str) -> Callable[[Command], Command]:
    """Give a command `--platform`, and `--disable-content-trust`, which `DOCKER_CONTENT_TRUST=0` says too; it takes them as `platform` and `trusted`."""

    def give(command: Command) -> Command:
        disable = click.option(
            "--disable-content-trust",
            "trusted",
            is_flag=True,
            callback=_is_trusted,
            help=off,
        )
        platform = click.option(
            "--platform",
            metavar="OS/ARCH",
            help="One image of an index, alone, as linux/arm64. Without it: the whole index.",
        )
        return platform(disable(command))

    return give


def resolved_tree(done: "Resolved") -> dict[str, Any]:
    """Return what a transfer was of, for JSON."""
    return {
        "image": str(done.image),
        "digest": done.digest,
        "size": done.size_bytes,
        "verified": done.is_verified,
    }


def remind(done: "Resolved") -> None:
    """Say, as the last word, that keys which were made just now are in one place only."""
    if done.new_keys is not None:
        tell(f"Its keys are in {done.new_keys} and nowhere else: inkan keys backup FILE")


def _is_trusted(_context: click.Context, _option: click.Parameter, value: bool) -> bool:  # noqa: FBT001 - click's way
    from inkan.client.environment import content_trust_is_off

    return not (value or content_trust_is_off())
