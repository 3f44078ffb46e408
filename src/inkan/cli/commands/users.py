"""`inkan user-add`, `user-list`, `user-rm`, `user-disable`, `user-enable`, `user-passwd`."""

import secrets
import sys

import click

from inkan.cli.output import output_option, show, table, tell
from inkan.cli.prompts import ask_secret, confirm


@click.command(
    epilog="\b\nExamples:\n  inkan user-add alice\n  inkan user-add bob --password-stdin --admin < password-file\n"
)
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--generate", is_flag=True, help="Make a password up and print it, this once.")
@click.option("--display-name", default="", metavar="TEXT", help="What the person is called.")
@click.option("--email", default="", metavar="ADDRESS", help="Where the person gets mail.")
@click.option("--admin", is_flag=True, help="May administer the registry.")
@output_option
def user_add(
    *,
    name: str,
    password_stdin: bool,
    generate: bool,
    display_name: str,
    email: str,
    admin: bool,
) -> None:
    """Add a person, who logs in with a password."""
    from inkan.client.people import People

    password = secrets.token_urlsafe(18) if generate else _new_password(name, password_stdin)
    tree = {"kind": "person", "password": password, "display_name": display_name}
    made = People.of_target().add_account(name, {**tree, "email": email, "admin": admin})
    tell(f"Added user '{name}'.")
    if generate:
        tell("This is the password; it is not shown again:")
        show({**made, "password": password}, [password])
        return
    show(made, [f"Give a role with: inkan policy-add writer {name} --namespace NAMESPACE"])


@click.command(epilog="\b\nExamples:\n  inkan user-list\n  inkan users -o json\n")
@output_option
def user_list() -> None:
    """List the people."""
    from inkan.client.people import People

    found = People.of_target().accounts("person")
    show({"users": found}, table(["User", "Name", "Kind", "State", "Created"], [_row(one) for one in found]))  # fmt: skip


@click.command(epilog="\b\nExamples:\n  inkan user-rm alice\n  inkan user-rm alice --force\n")
@click.argument("name")
@click.option("-f", "--force", is_flag=True, help="Without asking.")
@output_option
def user_rm(name: str, *, force: bool) -> None:
    """Remove a person, with every key and role."""
    from inkan.client.people import People

    if not force:
        confirm(f"Remove the user {name}?", "--force")
    People.of_target().remove_account(name)
    show({"removed": name}, ["OK"])


@click.command(epilog="\b\nExamples:\n  inkan user-disable alice\n  inkan user disable robot\n")
@click.argument("name")
@output_option
def user_disable(name: str) -> None:
    """Keep an account out, from its next request on."""
    from inkan.client.people import People

    People.of_target().set_disabled(name, is_disabled=True)
    show({"disabled": name}, ["OK"])


@click.command(epilog="\b\nExamples:\n  inkan user-enable alice\n  inkan user enable robot\n")
@click.argument("name")
@output_option
def user_enable(name: str) -> None:
    """Let an account in again."""
    from inkan.client.people import People

    People.of_target().set_disabled(name, is_disabled=False)
    show({"enabled": name}, ["OK"])


@click.command(
    epilog="\b\nExamples:\n  inkan user-passwd\n  inkan user-passwd alice --password-stdin < password-file\n"
)
@click.argument("name", required=False)
@click.option("--password-stdin", is_flag=True, help="Read the new password from standard input.")
@output_option
def user_passwd(name: str | None, *, password_stdin: bool) -> None:
    """Change your own password, or as an administrator somebody's.

    What was handed out for the old one ends; log in again with the new one.
    """
    from inkan.client.people import People

    people = People.of_target()
    if name is None:
        old = ask_secret("Old password")
        people.change_password(old, _new_password("you", password_stdin))
    else:
        people.set_password(name, _new_password(name, password_stdin))
    show({"changed": name or ""}, ["OK"])


def _new_password(name: str, from_stdin: bool) -> str:  # noqa: FBT001 - a flag of the command line
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return ask_secret(f"New password for {name}")


def _row(one: dict[str, object]) -> list[str]:
    kind = "administrator" if one["admin"] else "user"
    state = "disabled" if one["disabled"] else "enabled"
    return [str(one["name"]), str(one["display_name"]), kind, state, str(one["created"])]
