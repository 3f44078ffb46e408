"""`inkan backup` and `inkan restore`: a whole server."""

from pathlib import Path

import click

from inkan.cli.output import output_option, show, tell


@click.command(
    epilog="\b\nExamples:\n  inkan backup /mnt/backup/inkan --data /var/lib/inkan\n  inkan backup /mnt/backup/inkan -o json\n"
)
@click.argument("folder", metavar="DIR")
@click.option("--data", metavar="DIR", help="The server's data folder; as for inkan serve.")
@output_option
def backup(folder: str, data: str | None) -> None:
    """Copy everything that a server keeps, while it runs. Said again into the same folder, it copies what is new.

    With the environment of servers that share a database and a bucket, it copies what they share, into the same kind of folder.

    The copy holds private keys and the key that they are sealed under: keep it as you keep the server.
    """
    import asyncio
    from dataclasses import asdict

    from inkan.server.backup import back_up
    from inkan.server.backup_shared import back_up_shared, is_shared
    from inkan.server.settings import load, process_environment
    from inkan.store.layout import DataFolder

    settings = load({"data": data} if data else {}, process_environment())
    target = DataFolder(Path(folder))
    if is_shared(settings):
        done = asyncio.run(back_up_shared(settings, target, tell))
    else:
        done = back_up(DataFolder(settings.data), target, tell)
    lines = [
        f"{done.blobs} blobs are backed up in {folder}, {done.copied_bytes:,} bytes of them new."
    ]
    show({**asdict(done), "folder": folder}, lines)


@click.command(
    epilog="\b\nExamples:\n  inkan restore /mnt/backup/inkan --data /var/lib/inkan\n  inkan restore /mnt/backup/inkan --data restored -o json\n"
)
@click.argument("folder", metavar="DIR")
@click.option("--data", metavar="DIR", help="A data folder that is not there yet, or empty.")
@output_option
def restore(folder: str, data: str | None) -> None:
    """Put a backup into a new data folder; every blob is hashed on its way. With the environment of servers that share a database and a bucket, put it there; both must be new.

    What was signed since the backup is not in it: clients that have seen it refuse the older state as a rollback, until it is signed again.
    """
    import asyncio
    from dataclasses import asdict

    from inkan.server.backup import put_back
    from inkan.server.backup_shared import is_shared, put_back_shared
    from inkan.server.settings import load, process_environment
    from inkan.store.layout import DataFolder

    settings = load({"data": data} if data else {}, process_environment())
    source = DataFolder(Path(folder))
    if is_shared(settings):
        moved = asyncio.run(put_back_shared(settings, source, tell))
        lines = [f"{sum(moved.rows.values()):,} facts and {moved.blobs:,} blobs are restored into {settings.database} and {settings.blobs}."]  # fmt: skip
        show({**asdict(moved), "database": str(settings.database), "bucket": str(settings.blobs)}, lines)  # fmt: skip
        return
    done = put_back(source, DataFolder(settings.data), tell)
    lines = [f"{done.blobs} blobs are restored into {settings.data}. Start it with: inkan serve --data {settings.data}"]  # fmt: skip
    show({**asdict(done), "data": str(settings.data)}, lines)
