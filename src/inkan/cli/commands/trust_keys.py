"""`inkan trust key generate|load|list|export|import|passwd|rotate`, and `inkan keys backup|restore|check`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkan.cli.output import output_option, show, table, tell
from inkan.cli.prompts import ask_secret
from inkan.errors import NotFoundError, RequestInvalidError

if TYPE_CHECKING:
    from inkan.client.passphrases import Passphrases
    from inkan.keys.folder import KeyFile, KeyFolder


@click.group()
def key() -> None:
    """Make, load, move and rotate the keys that sign. They are docker's own, in ~/.docker/trust/private."""


@key.command("generate", epilog="\b\nExamples:\n  inkan trust key generate alice\n  inkan trust key generate alice --dir keys\n")  # fmt: skip
@click.argument("name")
@click.option("--dir", "directory", metavar="DIR", default=".", help="Where the public key goes.")
def generate(name: str, directory: str) -> None:
    """Make a signer's key: the private one is kept here, the public one is for the owner of a repository."""
    from inkan.client import key_files

    key_files.require_signer_name(name)
    tell(f"Generating key for {name}...")
    folder, passphrases = _folder(), _passphrases()
    _, public = key_files.generate(folder, name, Path(directory).resolve(), passphrases.new(name))
    click.echo(
        f"Successfully generated and loaded private key. Corresponding public key available: {public}"
    )


@key.command(
    "load",
    epilog="\b\nExamples:\n  inkan trust key load key.pem\n  inkan trust key load key.pem --name alice\n",
)
@click.argument("file", metavar="KEYFILE")
@click.option("--name", default="signer", show_default=True, help="The signer whose key it is.")
def load(file: str, name: str) -> None:
    """Keep a private key that you have in a file.

    The passphrase that the file has comes from a terminal, or from the file that INKAN_OLD_PASSPHRASE_FILE names.
    """
    from inkan.client import key_files

    path, passphrases = Path(file), _passphrases()
    tell(f'Loading key from "{file}"...')
    block = key_files.read_block(path)
    old = _given("INKAN_OLD_PASSPHRASE", f"Enter passphrase for {file}") if block.is_encrypted else ""  # fmt: skip
    key_files.load(_folder(), name, path, old, passphrases.new(name))
    click.echo(f"Successfully imported key from {file}")


@key.command(
    "list", epilog="\b\nExamples:\n  inkan trust key list\n  inkan trust key list -o json\n"
)
@output_option
def list_keys() -> None:
    """List the private keys that are here."""
    files = _folder().list()
    tree = [
        {"role": one.role, "gun": one.gun, "id": one.key_id, "file": str(one.path)} for one in files
    ]
    rows = [[one.role, one.gun, one.key_id] for one in files]
    show({"keys": tree}, table(["ROLE", "REPOSITORY", "KEY ID"], rows))


@key.command(
    "passwd",
    epilog="\b\nExamples:\n  inkan trust key passwd 4f782b921ea3\n  inkan trust key passwd root\n",
)
@click.argument("which", metavar="KEY-ID|ROLE")
def passwd(which: str) -> None:
    """Put a key under another passphrase.

    Without a terminal they come from the files that INKAN_OLD_PASSPHRASE_FILE and INKAN_NEW_PASSPHRASE_FILE name, or the descriptors that …_FD number.
    """
    folder = _folder()
    found = _chosen(folder, which)
    if len(found) != 1:
        raise NotFoundError(
            f"{len(found)} keys are called {which}; inkan trust key list shows their IDs"
        )
    old = _given("INKAN_OLD_PASSPHRASE", "Enter the passphrase it has")
    new = _given("INKAN_NEW_PASSPHRASE", "Enter the new passphrase", "Repeat the new passphrase")
    folder.change_passphrase(found[0].key_id, old, new)
    click.echo(f"Successfully updated passphrase for key ID {found[0].key_id}")


@key.command("export", epilog="\b\nExamples:\n  inkan trust key export keys.pem\n  inkan trust key export root.pem root\n")  # fmt: skip
@click.argument("file")
@click.argument("which", metavar="[KEY-ID|ROLE|REPOSITORY]...", nargs=-1)
def export(file: str, which: tuple[str, ...]) -> None:
    """Write keys into one file, each under its own passphrase, as notary reads them; all of them, where none is named."""
    from inkan.client import key_files

    folder = _folder()
    chosen = folder.list() if not which else []
    for word in which:
        found = _chosen(folder, word)
        if not found:
            raise NotFoundError(f"no key is called {word}; inkan trust key list shows their IDs")
        chosen += [one for one in found if one not in chosen]
    if not chosen:
        raise NotFoundError(f"there are no keys in {folder.path}")
    key_files.export(folder, chosen, Path(file))
    click.echo(f"Successfully exported {len(chosen)} keys to {file}")


@key.command("import", epilog="\b\nExamples:\n  inkan trust key import keys.pem\n  inkan trust key import --role alice alice.pem\n")  # fmt: skip
@click.argument("file")
@click.option("--role", default="", metavar="ROLE", help="What the keys are for, if not what the file says: root, targets, snapshot or a signer.")  # fmt: skip
@click.option("--gun", default="", metavar="REPOSITORY", help="The repository that targets and snapshot keys are for.")  # fmt: skip
def import_keys(file: str, role: str, gun: str) -> None:
    """Keep every key of a file that notary or inkan has exported."""
    from inkan.client import key_files

    passphrases = _passphrases()

    def passphrase_of(name: str, said_role: str, is_new: bool) -> str:  # noqa: FBT001 - a callback's
        return passphrases.new(said_role) if is_new else passphrases.of(name, said_role)

    kept = key_files.import_all(_folder(), Path(file), role, gun, passphrase_of)
    for one in kept:
        click.echo(f"{one.key_id}  {one.role}  {one.gun}".rstrip())
    tell(f"Successfully imported {len(kept)} keys from {file}")


@key.command("rotate", epilog="\b\nExamples:\n  inkan trust key rotate team/app targets\n  inkan trust key rotate team/app snapshot --server-managed\n")  # fmt: skip
@click.argument("repository")
@click.argument("role", type=click.Choice(["root", "targets", "snapshot", "timestamp"]))
@click.option("-r", "--server-managed", is_flag=True, help="Let the server make and hold the key.")
def rotate(repository: str, role: str, *, server_managed: bool) -> None:
    """Give a role a new key; clients that know the old root follow."""
    from inkan.cli.trusted import reference_of, repository_of
    from inkan.tuf.roles import RoleName

    repository_of(reference_of(repository)).rotate(RoleName.parse(role), remote=server_managed)
    click.echo(f"Successfully rotated {role} key for repository {repository}")


@click.group()
def keys() -> None:
    """Back up all keys and roots of trust in one encrypted file, and put them back."""


@keys.command("backup", epilog="\b\nExamples:\n  inkan keys backup keys.inkan\n  INKAN_BACKUP_PASSPHRASE_FILE=pass inkan keys backup keys.inkan\n")  # fmt: skip
@click.argument("file")
def backup(file: str) -> None:
    """Write an encrypted archive of your keys and of the roots you trust."""
    from inkan.client.key_backup import collect
    from inkan.client.private_file import write_new
    from inkan.keys.backup import seal

    files = collect()
    passphrase = _backup_passphrase(is_new=True)
    write_new(Path(file), seal(files, passphrase))
    count = sum(name.startswith("private/") for name in files)
    click.echo(
        f"{count} keys are backed up in {file}. Keep it, and its passphrase, somewhere else."
    )


@keys.command("restore", epilog="\b\nExamples:\n  inkan keys restore keys.inkan\n  DOCKER_CONFIG=elsewhere inkan keys restore keys.inkan\n")  # fmt: skip
@click.argument("file")
def restore(file: str) -> None:
    """Put the keys of an archive back; what is here already stays."""
    from inkan.client.key_backup import put_back

    added = put_back(_opened(file))
    click.echo(f"{added} files are put back from {file}")


@keys.command(
    "check",
    epilog="\b\nExamples:\n  inkan keys check keys.inkan\n  inkan keys check keys.inkan -o json\n",
)
@click.argument("file")
@output_option
def check(file: str) -> None:
    """Open every key of an archive, with its own passphrase, and compare it with its name."""
    from inkan.client.key_backup import check_keys

    results = check_keys(_opened(file), _passphrases())
    rows = [[name[:12], role, "good" if good else "BAD"] for name, role, good in results]
    tree = [{"id": name, "role": role, "good": good} for name, role, good in results]
    show({"keys": tree}, table(["KEY ID", "ROLE", "STATE"], rows))
    if not all(good for _, _, good in results):
        raise RequestInvalidError("a key of the archive does not open; make another backup")


def _opened(file: str) -> dict[str, bytes]:
    from inkan.keys.backup import ARCHIVE_BYTES, open_archive

    try:
        archive = Path(file).read_bytes()[: ARCHIVE_BYTES + 1]
    except OSError as error:
        raise NotFoundError(f"{file} cannot be read: {error.strerror}") from error
    return open_archive(archive, _backup_passphrase(is_new=False))


def _backup_passphrase(*, is_new: bool) -> str:
    again = "Repeat the passphrase of the backup" if is_new else ""
    return _given("INKAN_BACKUP_PASSPHRASE", "Enter the passphrase of the backup", again)


def _given(name: str, label: str, again: str = "") -> str:
    """Return a passphrase from the file NAME_FILE names or the descriptor NAME_FD numbers, else from a person, who types a new one twice.

    Raises:
        RequestInvalidError: if there is nobody to ask, or it was typed differently the second time.
    """
    from inkan.client.passphrases import from_descriptor, from_file

    if given := from_file(name) or from_descriptor(f"{name}_FD"):
        return given
    instead = f"name a file that holds it by {name}_FILE"
    chosen = ask_secret(label, instead)
    if again and chosen != ask_secret(again, instead):
        raise RequestInvalidError("passphrases do not match")
    return chosen


def _chosen(folder: "KeyFolder", which: str) -> "list[KeyFile]":
    return [
        one for one in folder.list() if which in (one.role, one.gun) or one.key_id.startswith(which)
    ]


def _folder() -> "KeyFolder":
    from inkan.client.key_files import docker_keys

    return docker_keys()


def _passphrases() -> "Passphrases":
    from inkan.cli.trusted import ask
    from inkan.client.passphrases import Passphrases

    return Passphrases(ask)
