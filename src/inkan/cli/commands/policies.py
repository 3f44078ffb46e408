"""`inkan policy-add`, `policy-list`, `policy-rm`."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from inkan.cli.commands.api_keys import ROLES
from inkan.cli.output import output_option, show, table, tell

Command = TypeVar("Command", bound=Callable[..., Any])


def _who_and_where(command: Command) -> Command:
    """Give a command a role, whose it is, and where."""
    for option in (
        click.option(
            "-n",
            "--namespace",
            default="",
            metavar="NAME",
            help="Where; in all namespaces if not said.",
        ),
        click.option("--group", "is_group", is_flag=True, help="It is a group's."),
        click.argument("subject", metavar="ACCOUNT|GROUP"),
        click.argument("role", type=click.Choice(ROLES)),
    ):
        command = option(command)
    return command


@click.command(
    epilog="\b\nExamples:\n  inkan policy-add writer alice --namespace team\n  inkan policy-add signer signers --group --namespace team\n"
)
@_who_and_where
@output_option
def policy_add(*, role: str, subject: str, is_group: bool, namespace: str) -> None:
    """Give somebody a role: reader, writer, pusher, signer or manager."""
    from inkan.client.people import People

    made = People.of_target().add_policy(role, _kind(is_group=is_group), subject, namespace)
    where = f"in namespace {namespace}" if namespace else "in all namespaces"
    tell(f"{subject} is {role} {where}.")
    show(made, ["OK"])


@click.command(epilog="\b\nExamples:\n  inkan policy-list\n  inkan policies --namespace team\n")
@click.option("-n", "--namespace", default="", metavar="NAME", help="Only those about it.")
@output_option
def policy_list(*, namespace: str) -> None:
    """List who has which role where, as far as you may know it."""
    from inkan.client.people import People

    every = People.of_target().policies()
    found = [one for one in every if one["namespace"] in ("", namespace) or not namespace]
    rows = [
        [one["namespace"] or "(all)", one["role"], one["subject_kind"], one["subject"]]
        for one in found
    ]
    show({"policies": found}, table(["Namespace", "Role", "Kind", "Name"], rows))


@click.command(
    epilog="\b\nExamples:\n  inkan policy-rm writer alice --namespace team\n  inkan policy-rm signer signers --group\n"
)
@_who_and_where
@output_option
def policy_rm(*, role: str, subject: str, is_group: bool, namespace: str) -> None:
    """Take a role away, from the next request on."""
    from inkan.client.people import People

    People.of_target().remove_policy(role, _kind(is_group=is_group), subject, namespace)
    show({"removed": role, "subject": subject, "namespace": namespace}, ["OK"])


def _kind(*, is_group: bool) -> str:
    return "group" if is_group else "account"
