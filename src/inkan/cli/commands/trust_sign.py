"""`inkan trust inspect|verify|sign|revoke|signer|witness|repair|pin|forget`: the words of `docker trust`, and what it lacks."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from inkan.cli.output import output_option, show, tell, visible
from inkan.cli.trusted import client, reference_of, repository_of
from inkan.errors import InkanError, NotFoundError, RepositoryUnknownError, RequestInvalidError

if TYPE_CHECKING:
    from inkan.client.trust_updater import Collection
    from inkan.oci.reference import Reference
    from inkan.tuf.keys import PublicKey


@click.command(epilog="\b\nExamples:\n  inkan trust inspect team/app\n  inkan trust inspect --pretty team/app:1.0\n  inkan trust inspect --format '{{range .SignedTags}}{{println .SignedTag .Digest}}{{end}}' team/app\n")  # fmt: skip
@click.argument("images", metavar="IMAGE[:TAG]...", nargs=-1, required=True)
@click.option("--pretty", is_flag=True, help="Print for people, not for programs.")
@click.option("-f", "--format", "template", metavar="TEMPLATE", help="Print what a Go template says of each image.")  # fmt: skip
@output_option
def inspect(images: tuple[str, ...], *, pretty: bool, template: str | None) -> None:
    """Show who signed what, and with which keys, as `docker trust inspect` does; verified first.

    With -o json or --format there is more than docker shows: versions, expiries and who signed each file, key files that are here, and for an image that fails why.
    """
    import json

    from inkan.cli.output import wants_json
    from inkan.client.inspection import describe, lay_out

    if pretty and template:
        raise RequestInvalidError("--pretty and --format are two ways to print; say one")
    found, failures = [], []
    for text in images:
        try:
            reference = reference_of(text)
            collection = repository_of(reference).look()
            found.append((text, collection, str(reference.tag) if reference.tag else ""))
        except InkanError as error:
            if isinstance(error, RepositoryUnknownError):
                tell(f"No signatures or cannot access {text}")
            failures.append((text, error))
    if pretty:
        click.echo(visible("\n\n".join(lay_out(*one) for one in found)), nl=bool(found))
    elif template or wants_json():
        _print_fully(found, failures, template)
    else:
        click.echo(json.dumps([describe(*one) for one in found], indent=4) if found else "[]")
    for _, failure in failures[:-1]:
        tell(str(failure))
    if failures:
        raise failures[-1][1]


@click.command(
    epilog="\b\nExamples:\n  inkan trust verify team/app:1.0\n  inkan trust verify --offline team/app:1.0\n  inkan trust verify team/app@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n"
)
@click.argument("image", metavar="IMAGE:TAG|@DIGEST")
@click.option(
    "--offline",
    is_flag=True,
    help="Use what is known, while it is good, without asking the server.",
)
@output_option
def verify(image: str, *, offline: bool) -> None:
    """Print the digest that a tag is signed as, or one that some tag is signed as. Nothing but a verified digest ends with exit code 0."""
    reference = reference_of(image)
    look = client().resolve if reference.digest is None else client().require_signed
    found = look(reference, offline=offline)
    if offline:
        tell("Not asked whether this is the newest: --offline")
    tree = {
        "digest": found.digest,
        "size": found.size_bytes,
        "signers": list(found.signers),
        "fresh": found.is_fresh,
    }
    show(tree, [found.digest])


@click.command(epilog="\b\nExamples:\n  inkan trust sign team/app:1.0\n  inkan trust sign team/app:1.0 --digest sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n")  # fmt: skip
@click.argument("image", metavar="IMAGE:TAG")
@click.option(
    "--digest", metavar="DIGEST", help="Sign this, if the tag names it; else nothing is signed."
)
@output_option
def sign(image: str, digest: str | None) -> None:
    """Sign what a tag names in the registry: its digest is asked for once, and that is what is signed."""
    from inkan.cli.transfers import remind

    done = client().sign(image, digest=digest)
    show({"image": str(done.image), "digest": done.digest}, [f"Successfully signed {done.image}"])
    remind(done)


@click.command(
    epilog="\b\nExamples:\n  inkan trust revoke team/app:1.0\n  inkan trust revoke --yes team/app\n"
)
@click.argument("image", metavar="IMAGE[:TAG]")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before all tags are revoked.")
@output_option
def revoke(image: str, *, yes: bool) -> None:
    """Take back the signatures of a tag, or of all, from every role that holds them."""
    from inkan.cli.prompts import confirm

    reference = reference_of(image)
    repository = repository_of(reference)
    tags = [str(reference.tag)] if reference.tag else []
    if not tags:
        tags = sorted({tag for file in repository.look().files.values() for tag in file.targets})
        if not tags:
            raise RequestInvalidError("no signed tags to remove")
        if not yes:
            confirm(f"Confirm you would like to delete all signature data for {image}?")
    roles = [str(role) for role in repository.revoke(tags)]
    show(
        {"image": image, "tags": tags, "roles": roles},
        [f"Successfully deleted signature for {image}"],
    )


@click.group()
def signer() -> None:
    """Say who may sign a repository's tags."""


@signer.command("add", epilog="\b\nExamples:\n  inkan trust signer add --key alice.pub alice team/app\n  inkan trust signer add --key ci.pem ci team/app team/web\n")  # fmt: skip
@click.option(
    "--key",
    "key_files",
    metavar="FILE",
    multiple=True,
    required=True,
    help="The signer's public key, in PEM form.",
)
@click.argument("name")
@click.argument("repositories", metavar="REPOSITORY...", nargs=-1, required=True)
def signer_add(key_files: tuple[str, ...], name: str, repositories: tuple[str, ...]) -> None:
    """Let a signer sign every tag."""
    keys = [_public_key(Path(file)) for file in key_files]
    _require_signer(name)
    for text in repositories:
        repository = repository_of(reference_of(text))
        tell(f'Adding signer "{name}" to {text}...')
        repository.add_signer(name, keys)
        click.echo(f"Successfully added signer: {name} to {text}\n")


@signer.command("remove", epilog="\b\nExamples:\n  inkan trust signer remove alice team/app\n  inkan trust signer remove --force alice team/app\n")  # fmt: skip
@click.option(
    "-f", "--force", is_flag=True, help="Also where tags then have no signature any more."
)
@click.argument("name")
@click.argument("repositories", metavar="REPOSITORY...", nargs=-1, required=True)
def signer_remove(name: str, repositories: tuple[str, ...], *, force: bool) -> None:
    """Let a signer sign no more; what others have signed stays signed."""
    for text in repositories:
        repository = repository_of(reference_of(text))
        tell(f'Removing signer "{name}" from {text}...')
        lost = repository.remove_signer(name, force=force)
        if lost:
            tell(f"No longer signed: {', '.join(lost)}")
        click.echo(f"Successfully removed {name} from {text}\n")


@signer.command("list", epilog="\b\nExamples:\n  inkan trust signer list team/app\n  inkan trust signer list team/app -o json\n")  # fmt: skip
@click.argument("repository")
@output_option
def signer_list(repository: str) -> None:
    """List who may sign."""
    from inkan.cli.output import table
    from inkan.client.inspection import signers_of

    found = signers_of(repository_of(reference_of(repository)).look())
    rows = [[name, ", ".join(key[:12] for key in keys)] for name, keys in sorted(found.items())]
    show({"signers": found}, table(["SIGNER", "KEYS"], rows))


@click.command(epilog="\b\nExamples:\n  inkan trust witness team/app targets/releases\n  inkan trust witness team/app targets/alice targets/releases\n")  # fmt: skip
@click.argument("repository")
@click.argument("roles", metavar="ROLE...", nargs=-1, required=True)
def witness(repository: str, roles: tuple[str, ...]) -> None:
    """Sign roles anew as they stand: with a new expiry, or after their signer was removed."""
    from inkan.tuf.roles import RoleName

    repository_of(reference_of(repository)).witness([RoleName.parse(role) for role in roles])
    click.echo(f"Successfully signed {', '.join(roles)} of {repository} anew")


@click.command(
    epilog="\b\nExamples:\n  inkan trust repair team/app\n  inkan trust repair --yes localhost:5000/team/app\n"
)
@click.argument("repository")
@click.option("-y", "--yes", is_flag=True, help="Vouch for what is shown without being asked.")
def repair(repository: str, *, yes: bool) -> None:
    """Sign every role anew that is stuck because its signer was removed, with a key of yours.

    What such a role says is vouched for by nobody any more. It is shown first: signing it, you vouch for it.
    """
    from inkan.cli.prompts import confirm

    trusted = repository_of(reference_of(repository))
    stuck = trusted.stuck()
    if not stuck:
        click.echo(f"Nothing of {repository} is stuck")
        return
    for role, file in stuck.items():
        for name, target in file.targets.items():
            tell(f"{role}: {name} is sha256:{target.sha256}")
    if not yes:
        confirm("Vouch for these with your key?")
    trusted.vouch(stuck)
    click.echo(f"Repaired {', '.join(map(str, stuck))} of {repository}")


@click.command(epilog="\b\nExamples:\n  inkan trust pin team/app\n  inkan trust pin team/app --pattern 'registry.example.com/team/*' --file fleet.json\n  inkan trust pin team/app --ca roots.pem\n")  # fmt: skip
@click.argument("repository")
@click.option("--pattern", metavar="PATTERN", help="Pin for these names instead of the one: HOST/PATH/*.")  # fmt: skip
@click.option("--key", "keys", metavar="ID", multiple=True, help="Pin this root key, without asking the server which it is.")  # fmt: skip
@click.option("--ca", metavar="FILE", help="Pin whoever these certificates have issued a root certificate to.")  # fmt: skip
@click.option("--file", metavar="FILE", help="Write into this file, to be handed to others as /etc/inkan/pins.json.")  # fmt: skip
@output_option
def pin(repository: str, pattern: str | None, keys: tuple[str, ...], ca: str | None, file: str | None) -> None:  # fmt: skip
    """Believe the root keys of a repository, and no others, from now on.

    Without --key and --ca they are the keys it has: docker, notary and inkan then know its root here, and none of them takes another at first sight.
    """
    from inkan.client import pins
    from inkan.tuf.pinning import Pin

    reference = reference_of(repository)
    chosen = pattern or f"{reference.host}/{reference.repository}"
    if ca is not None:
        wanted = Pin(frozenset(keys), _certificates(Path(ca)))
    else:
        wanted = Pin(frozenset(map(_key_id, keys)) or _root_keys(reference))
    path = pins.add(chosen, wanted, Path(file) if file else None)
    show(
        {"pattern": chosen, "keys": sorted(wanted.keys), "file": str(path)},
        [f"Pinned {chosen} in {path}"],
    )


@click.command(
    epilog="\b\nExamples:\n  inkan trust forget team/app\n  inkan trust forget localhost:5000/team/app\n"
)
@click.argument("repository")
def forget(repository: str) -> None:
    """Forget what was seen of a repository, so that it may begin anew. Its keys, and yours, stay."""
    repository_of(reference_of(repository)).cache.forget()
    click.echo(f"Forgot {repository}")


def _print_fully(found: "list[tuple[str, Collection, str]]", failures: list[tuple[str, InkanError]], template: str | None) -> None:  # fmt: skip
    import json

    from inkan.cli.exits import exit_code
    from inkan.cli.template import render
    from inkan.client.inspection import describe_fully
    from inkan.client.key_files import docker_keys

    folder = docker_keys()
    trees = [describe_fully(*one, folder) for one in found]
    if template:
        for tree in trees:
            click.echo(visible(render(template, tree)))
        return
    kinds = [
        {"Name": name, "Error": type(one).__name__, "Message": str(one), "Exit": exit_code(one)}
        for name, one in failures
    ]
    click.echo(json.dumps([*trees, *kinds], indent=2))


def _root_keys(reference: "Reference") -> frozenset[str]:
    from inkan.tuf.roles import ROOT

    root = repository_of(reference).look().root
    return frozenset(key.canonical_key_id for key in root.role_keys(ROOT).keys)


def _key_id(text: str) -> str:
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        raise RequestInvalidError(
            f"{text[:80]!r} is not a key ID: 64 hexadecimal digits, as trust inspect shows them"
        )
    return text


def _certificates(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFoundError(f"{path} cannot be read: {error.strerror}") from error


def _require_signer(name: str) -> None:
    from inkan.tuf.roles import RoleName

    if name == "releases":
        raise RequestInvalidError("releases is a reserved keyword, use a different signer name")
    RoleName.parse(f"targets/{name}")


def _public_key(path: Path) -> "PublicKey":
    from inkan.client.key_files import read_public_key

    return read_public_key(path)


def describe_commands() -> dict[str, Any]:
    """Return the commands of this file by their names below `inkan trust`."""
    commands = (inspect, verify, sign, revoke, signer, witness, repair, pin, forget)
    return {str(command.name): command for command in commands}
