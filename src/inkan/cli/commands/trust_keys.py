"""`inkan trust key generate|load|list|passwd`, and `inkan keys backup|restore|check`."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inkan.cli.output import output_option, show, table, tell
from inkan.cli.prompts import ask_secret
from inkan.errors import ConflictError, NotFoundError, RequestInvalidError

if TYPE_CHECKING:
    from inkan.client.passphrases import Passphrases
    from inkan.keys.folder import KeyFolder


@click.group()
def key() -> None:
    """Make, load and list the keys that sign. They are docker's own, in ~/.docker/trust/private."""


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
    """Keep a private key that you have in a file."""
    from inkan.client import key_files

    path, passphrases = Path(file), _passphrases()
    tell(f'Loading key from "{file}"...')
    block = key_files.read_block(path)
    old = ask_secret(f"Enter passphrase for {file}") if block.is_encrypted else ""
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
    """Put a key under another passphrase."""
    folder = _folder()
    found = [one for one in folder.list() if which == one.role or one.key_id.startswith(which)]
    if len(found) != 1:
        raise NotFoundError(
            f"{len(found)} keys are called {which}; inkan trust key list shows their IDs"
        )
    old = ask_secret("Enter the passphrase it has")
    new = ask_secret("Enter the new passphrase")
    if new != ask_secret("Repeat the new passphrase"):
        raise RequestInvalidError("passphrases do not match")
    folder.change_passphrase(found[0].key_id, old, new)
    click.echo(f"Successfully updated passphrase for key ID {found[0].key_id}")


@click.group()
def keys() -> None:
    """Back up all keys and roots of trust in one encrypted file, and put them back."""


@keys.command("backup", epilog="\b\nExamples:\n  inkan keys backup keys.inkan\n  INKAN_BACKUP_PASSPHRASE_FILE=pass inkan keys backup keys.inkan\n")  # fmt: skip
@click.argument("file")
def backup(file: str) -> None:
    """Write an encrypted archive of your keys and of the roots you trust."""
    from inkan.client.key_backup import collect
    from inkan.keys.backup import seal

    files = collect()
    passphrase = _backup_passphrase(is_new=True)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConflictError(f"{file} is there already") from error
    with os.fdopen(descriptor, "wb") as archive:
        archive.write(seal(files, passphrase))
        archive.flush()
        os.fsync(archive.fileno())
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
    from inkan.client.environment import variable

    if given := variable("INKAN_BACKUP_PASSPHRASE_FILE"):
        try:
            return Path(given).read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise NotFoundError(f"{given} cannot be read: {error.strerror}") from error
    chosen = ask_secret("Enter the passphrase of the backup")
    if is_new and chosen != ask_secret("Repeat the passphrase of the backup"):
        raise RequestInvalidError("passphrases do not match")
    return chosen


def _folder() -> "KeyFolder":
    from inkan.client.environment import docker_folder
    from inkan.keys.folder import KeyFolder

    return KeyFolder(docker_folder() / "trust")


def _passphrases() -> "Passphrases":
    from inkan.cli.trusted import ask
    from inkan.client.passphrases import Passphrases

    return Passphrases(ask)
