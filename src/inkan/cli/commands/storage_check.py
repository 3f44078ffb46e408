"""`inkan storage-check`."""

import click

from inkan.cli.output import output_option, show, table
from inkan.errors import StorageUnavailableError


@click.command(
    epilog="\b\nExamples:\n  inkan storage-check --database postgresql://inkan@db/inkan\n  inkan storage-check --blobs s3://inkan-blobs -o json\n"
)
@click.option("--database", metavar="URL", help="postgresql://USER@HOST/NAME; as for inkan serve.")
@click.option("--blobs", metavar="URL", help="s3://BUCKET/PREFIX; as for inkan serve.")
@click.option("--data", metavar="DIR", help="A data folder; as for inkan serve.")
@output_option
def storage_check(database: str | None, blobs: str | None, data: str | None) -> None:
    """Probe a database and a bucket, or a data folder, for all that a server relies on, and say what they are not to be relied on for.

    What it writes it removes again. It may run beside servers.
    """
    import asyncio
    from dataclasses import asdict

    from inkan.server.settings import load, process_environment
    from inkan.server.storage_check import check
    from inkan.store.layout import DataFolder

    given = {"database": database, "blobs": blobs, "data": data}
    # the key is not looked at, and what is to be probed may be another's
    settings = load(given, {"INKAN_KEY_ENCRYPTION_KEY": "unused", **process_environment()})
    found = asyncio.run(check(DataFolder(settings.data), settings.database, settings.blobs))
    rows = [[one.store, one.what, one.verdict, one.detail] for one in found]
    show(
        {"checks": [asdict(one) for one in found]},
        table(["STORE", "WHAT", "VERDICT", "DETAIL"], rows),
    )
    bad = [one.what for one in found if one.verdict == "bad"]
    if bad:
        raise StorageUnavailableError(f"not to be used: {', '.join(bad)}")
