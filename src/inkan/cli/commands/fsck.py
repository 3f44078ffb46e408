"""`inkan fsck`."""

import click

from inkan.cli.output import output_option, show, table, tell
from inkan.errors import CorruptError, SettingInvalidError


@click.command(
    epilog="\b\nExamples:\n  inkan fsck --data /var/lib/inkan\n  inkan fsck --data /var/lib/inkan --repair -o json\n  inkan fsck --data /var/lib/inkan --quick\n"
)
@click.option("--data", metavar="DIR", help="The server's data folder; as for inkan serve.")
@click.option("--repair", is_flag=True, help="Put damaged bytes into quarantine, so that the next push heals them; delete files that nothing stands for.")  # fmt: skip
@click.option("--quick", is_flag=True, help="See whether every blob is there and has its length, without reading it.")  # fmt: skip
@output_option
def fsck(data: str | None, *, repair: bool, quick: bool) -> None:
    """Compare everything that a server keeps with what it should be: every blob is hashed. The server must not run meanwhile.

    With facts on PostgreSQL and blobs in a bucket, servers may run. Where those are comes by environment or file, as for inkan serve.
    """
    import asyncio
    from dataclasses import asdict

    from inkan.server.fsck import check
    from inkan.server.settings import load, process_environment
    from inkan.store.layout import DataFolder

    settings = load({"data": data} if data else {}, process_environment())
    folder = DataFolder(settings.data)
    if settings.database is not None and settings.blobs is not None:
        from inkan.server.fsck_shared import check_shared

        work = check_shared(folder, settings.database, settings.blobs, repair=repair, tell=tell, is_quick=quick)  # fmt: skip
    elif settings.database is not None or settings.blobs is not None:
        raise SettingInvalidError("database, blobs: what is checked is a data folder, or a database together with a bucket")  # fmt: skip
    else:
        work = check(folder, repair=repair, tell=tell, is_quick=quick)
    found = asyncio.run(work)
    rows = [[one.kind, one.what, one.detail] for one in found]
    lines = (
        table(["KIND", "WHAT", "WHAT IS WRONG"], rows)
        if found
        else ["Everything is what it should be."]
    )
    show({"damage": [asdict(one) for one in found]}, lines)
    left = [one for one in found if not (repair and one.kind == "orphan")]
    if left:
        raise CorruptError(f"{len(left)} things are not what they should be")
