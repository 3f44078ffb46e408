"""`inkan api-key-create`, `api-key-list`, `api-key-rm`."""

import re
from pathlib import Path
from typing import Any

import click

from inkan.cli.output import output_option, show, table, tell
from inkan.errors import RequestInvalidError

_SECONDS = {"h": 3600, "d": 24 * 3600}
ROLES = ("reader", "writer", "pusher", "signer", "manager")


@click.command(
    epilog="\b\nExamples:\n  inkan api-key-create laptop --expires 90d\n"
    "  inkan api-key-create ci --for robot --role pusher --namespace team --file ci.key\n"
)
@click.argument("name")
@click.option("--for", "account", default="", metavar="ACCOUNT", help="Whose key; yours if not said.")  # fmt: skip
@click.option("--expires", default="", metavar="SPAN", help="How long it is good: 12h, 90d; for ever if not said.")  # fmt: skip
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="Limit it to this role; may be repeated.")  # fmt: skip
@click.option("--namespace", "namespaces", multiple=True, metavar="NAME", help="Limit it to this namespace; may be repeated.")  # fmt: skip
@click.option("--file", "path", type=click.Path(path_type=Path), help="Write the key into this new file, for you only, instead of showing it.")  # fmt: skip
@output_option
def api_key_create(
    *,
    name: str,
    account: str,
    expires: str,
    roles: tuple[str, ...],
    namespaces: tuple[str, ...],
    path: Path | None,
) -> None:
    """Make an API key, to log in with as the user iamapikey. It is shown once."""
    from inkan.client.people import People
    from inkan.client.private_file import write_new

    if path is not None and path.exists():
        raise RequestInvalidError(f"{path} is there already")
    tree: dict[str, Any] = {"account": account, "name": name, "expires_in_seconds": _span(expires)}
    made = People.of_target().create_api_key({**tree, "roles": roles, "namespaces": namespaces})
    if path is not None:
        write_new(path, f"{made.pop('api_key')}\n".encode())
        show({**made, "file": str(path)}, [f"The key {made['id']} is in {path}."])
        return
    tell("This is the key; it is not shown again. Log in with: docker login -u iamapikey")
    show(made, [made["api_key"]])


@click.command(
    epilog="\b\nExamples:\n  inkan api-key-list\n  inkan api-key-list --for robot -o json\n"
)
@click.option("--for", "account", default="", metavar="ACCOUNT", help="Whose keys; yours if not said.")  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Everybody's.")
@output_option
def api_key_list(*, account: str, every: bool) -> None:
    """List API keys: what they are limited to, when they end, when they were used."""
    from inkan.client.people import People

    found = People.of_target().api_keys(account, every=every)
    headings = ["ID", "Name", "Account", "Roles", "Namespaces", "Expires", "Last used", "State"]
    show({"api_keys": found}, table(headings, [_row(one) for one in found]))


@click.command(
    epilog="\b\nExamples:\n  inkan api-key-rm 3f0c1d2e4b5a6978\n  inkan api-key rm 3f0c1d2e4b5a6978\n"
)
@click.argument("key_id", metavar="ID")
@output_option
def api_key_rm(key_id: str) -> None:
    """Revoke an API key: from its next request on it opens nothing."""
    from inkan.client.people import People

    People.of_target().revoke_api_key(key_id)
    show({"revoked": key_id}, ["OK"])


def _span(text: str) -> int:
    if not text:
        return 0
    found = re.fullmatch(r"(\d{1,5})([hd])", text)
    if found is None:
        raise RequestInvalidError(f"{text!r} is no span of time; write 12h or 90d")
    return int(found[1]) * _SECONDS[found[2]]


def _row(one: dict[str, Any]) -> list[str]:
    return [
        one["id"],
        one["name"],
        one["account"],
        ",".join(one["roles"]) or "all",
        ",".join(one["namespaces"]) or "all",
        one["expires"] or "never",
        one["last_used"] or "never",
        "revoked" if one["revoked"] else "good",
    ]
