"""`inkan trust status|log|reset|restore`: what the server knows; the rest of `inkan trust` is beside."""

from collections.abc import Mapping
from typing import Any

import click

from inkan.cli.commands.trust_keys import key
from inkan.cli.commands.trust_sign import describe_commands
from inkan.cli.output import output_option, show, table, tell
from inkan.cli.prompts import require_terminal
from inkan.errors import RequestInvalidError

EXAMPLES = """\b
Examples:
  inkan trust status localhost:5000/team/app
  inkan trust log team/app -o json
"""


@click.group(epilog=EXAMPLES)
def trust() -> None:
    """Sign, verify, name signers and keep keys; see who did what.

    A repository is HOST/NAMESPACE/REPOSITORY as it was signed; without a host it is the registry you are logged in to.
    """


@trust.command(
    epilog="\b\nExamples:\n  inkan trust status team/app\n  inkan trust status team/app -o json\n"
)
@click.argument("repository")
@output_option
def status(repository: str) -> None:
    """Show tags, signers, keys, and when what ends."""
    from inkan.client.administration import Administration

    found = Administration.of_target().trust_status(repository)
    lines = [f"Signatures for {found['gun']}", ""]
    rows = [
        [one["tag"], one["digest"].partition(":")[2], ", ".join(one["signers"])]
        for one in found["tags"]
    ]
    lines += table(["SIGNED TAG", "DIGEST", "SIGNERS"], rows)
    files = [
        [role, str(file["version"]), file["expires"][:10], "yes" if file["verified"] else "NO"]
        for role, file in sorted(found["files"].items())
    ]
    lines += ["", *table(["ROLE", "VERSION", "EXPIRES", "VERIFIED"], files)]
    if found["signers"]:
        keys = [
            [name, ", ".join(key[:12] for key in ids)]
            for name, ids in sorted(found["signers"].items())
        ]
        lines += ["", *table(["SIGNER", "KEYS"], keys)]
    if found["root_certificate_expires"]:
        lines += ["", f"The root certificate ends on {found['root_certificate_expires'][:10]}."]
    show(found, lines)
    for role in found["wedged"]:
        tell(
            f"{role} is stuck: it was signed by a signer who was removed. Repair: inkan trust repair {found['gun']}"
        )


@trust.command(epilog="\b\nExamples:\n  inkan trust log\n  inkan trust log team/app --limit 20\n")
@click.argument("repository", required=False)
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=100, help="How many events, the newest first."
)
@output_option
def log(repository: str | None, limit: int) -> None:
    """Show who did what to a repository's trust data, or to all, the newest first."""
    from inkan.client.administration import Administration

    events = Administration.of_target().trust_log(repository, limit)
    rows = [
        [
            one["at"][:19],
            one["account"] or "-",
            one["address"],
            one["act"],
            one["gun"],
            _summary(one),
        ]
        for one in events
    ]
    show({"events": events}, table(["AT", "ACCOUNT", "FROM", "ACT", "REPOSITORY", "WHAT"], rows))


@trust.command(
    epilog="\b\nExamples:\n  inkan trust reset team/app\n  inkan trust reset team/app --confirm localhost:5000/team/app\n"
)
@click.argument("repository")
@click.option(
    "--confirm",
    metavar="REPOSITORY",
    help="The repository's full name, instead of typing it when asked.",
)
@output_option
def reset(repository: str, confirm: str | None) -> None:
    """Put a repository's trust data aside, so that it can be signed anew.

    For a lost root key. Every client that has pulled before must delete its ~/.docker/trust/tuf/REPOSITORY. What is put aside can be put
    back with `inkan trust restore`.
    """
    from inkan.client.administration import Administration

    administration = Administration.of_target()
    gun = administration.gun(repository)
    if confirm is None:
        require_terminal("confirm by --confirm REPOSITORY")
        confirm = click.prompt(
            f"This ends all signatures of {gun}. Type its name to go on", err=True
        )
    if confirm != gun:
        raise RequestInvalidError(f"nothing was done: {confirm} is not {gun}")
    done = administration.trust_reset(repository)
    again = f"Put back with: inkan trust restore {gun} {done['archive']}"
    show(done, [f"The trust data of {gun} is put aside as {done['archive']}.", again])


@trust.command(
    epilog="\b\nExamples:\n  inkan trust restore team/app 20261124T101500Z-1a2b3c4d\n  inkan trust log team/app\n"
)
@click.argument("repository")
@click.argument("archive")
@output_option
def restore(repository: str, archive: str) -> None:
    """Put back what `inkan trust reset` has put aside; what has begun since is put aside in its turn."""
    from inkan.client.administration import Administration

    done = Administration.of_target().trust_restore(repository, archive)
    lines = [f"The trust data of {done['gun']} is back."]
    if done["aside"]:
        lines.append(f"What had been signed since is put aside as {done['aside']}.")
    show(done, lines)


def _summary(event: Mapping[str, Any]) -> str:
    detail = event["detail"]
    if event["refused"]:
        return f"REFUSED: {detail.get('reason', '')}"
    words = [
        f"{kind} {', '.join(names)} in {role}"
        for role, changes in detail.get("tags", {}).items()
        for kind, names in changes.items()
    ]
    if not words and isinstance(detail.get("roles"), dict):
        words = [f"{role} {version}" for role, version in detail["roles"].items()]
    return "; ".join(words) or detail.get("archive", "nothing new")


for command in (key, *describe_commands().values()):
    trust.add_command(command)
