"""`inkan migrate`: an embedded installation to PostgreSQL and a bucket."""

import click

from inkan.cli.output import output_option, show, tell


@click.command(
    epilog="\b\nExamples:\n  inkan migrate --data /var/lib/inkan --to postgresql://inkan@db/inkan --to s3://inkan-blobs\n  inkan migrate --data /var/lib/inkan --to s3://inkan-blobs/registry -o json\n"
)
@click.option("--data", metavar="DIR", help="The server's data folder; as for inkan serve.")
@click.option("--to", "targets", metavar="URL", multiple=True, required=True, help="postgresql://USER@HOST/NAME for facts, s3://BUCKET/PREFIX for blobs; repeatable.")  # fmt: skip
@output_option
def migrate(data: str | None, targets: tuple[str, ...]) -> None:
    """Move facts to PostgreSQL, blobs to a bucket, or both, and see that everything has arrived. The server must not run meanwhile.

    The data folder stays as it is for as long as you want a way back; with blobs alone, its database names the bucket from then on. Passwords and keys come by environment or file, as for inkan serve.
    """
    import asyncio
    from dataclasses import asdict

    from inkan.errors import SettingInvalidError
    from inkan.server.migrate import move
    from inkan.server.settings import load, process_environment
    from inkan.server.store_addresses import parse_blobs, parse_database
    from inkan.store.layout import DataFolder

    settings = load({"data": data} if data else {}, process_environment())
    database = blobs = None
    for target in targets:
        try:
            if target.startswith("s3:"):
                blobs = parse_blobs(target)
            else:
                database = parse_database(target)
        except ValueError as error:
            raise SettingInvalidError(f"to: {error}") from error
    folder = DataFolder(settings.data)
    moved = asyncio.run(move(folder, database, blobs, tell))
    flags = [f"--database {database}"] * bool(database) + [f"--blobs {blobs}"] * bool(blobs)
    lines = [
        f"{sum(moved.rows.values()):,} facts and {moved.blobs:,} blobs have arrived as they were.",
        f"Start servers with: inkan serve {' '.join(flags)}",
    ]
    if database is not None and folder.key_encryption_key.exists():
        lines.append(f'They need the key that private keys are sealed under: INKAN_KEY_ENCRYPTION_KEY="$(base64 -w0 {folder.key_encryption_key})"')  # fmt: skip
    show(asdict(moved), lines)
