"""Writes the reference pages from the code; `make docs` runs it, and a test compares."""

import asyncio
import sys
from pathlib import Path

import click

from inkan.access import problems as token_problems
from inkan.admin import problems as admin_problems
from inkan.cli import exits
from inkan.cli.index import ALIASES, COMMANDS, ELSEWHERE
from inkan.cli.main import cli
from inkan.keys.sealing import KeyEncryptionKey
from inkan.registry import problems as registry_problems
from inkan.server.assemble import build
from inkan.server.setting_table import TABLE
from inkan.server.settings import load
from inkan.server.stores import Stores
from inkan.store.memory import MemoryBlobs, MemoryDatabase, MemoryUploads
from inkan.testing.clock import FixedClock
from inkan.trust import problems as trust_problems
from inkan.web.routing import Face

HERE = Path(__file__).parent


def settings() -> str:
    lines = [
        "# Settings",
        "",
        "The last of these that names a setting wins: default, TOML file (`--config`), environment, flag. Secrets come by environment only.",
        "Durations are a number and `s`, `m`, `h` or `d`. `inkan config show --origin` shows what is in force here.",
        "",
        "| TOML key | environment | default | meaning |",
        "|---|---|---|---|",
    ]
    for row in TABLE:
        key = "" if row.is_secret else f"`{row.name}`"
        default = f"`{row.default}`" if row.default else ""
        lines.append(f"| {key} | `{row.variable}` | {default} | {row.meaning} |")
    return "\n".join(lines) + "\n"


def commands() -> str:
    lines = [
        "# Commands",
        "",
        "`inkan namespace add` is `inkan namespace-add`, and so on. Aliases: ",
    ]
    lines[-1] += (
        ", ".join(f"`{alias}` for `{name}`" for alias, name in sorted(ALIASES.items())) + "."
    )
    settings = {**cli.context_settings, "max_content_width": 100, "terminal_width": 100}
    context = click.Context(cli, info_name="inkan", **settings)
    for name in sorted(COMMANDS):
        command = cli.get_command(context, name)
        assert command
        for words, one in _leaves(name, command):
            inner = click.Context(
                one, parent=context, info_name=words, max_content_width=100, terminal_width=100
            )
            lines += ["", f"## inkan {words}", "", "```text", one.get_help(inner).rstrip(), "```"]
    lines += ["", "## Commands of `ibmcloud cr` that there are none of here", ""]
    lines += [f"- `{name}`: {instead}" for name, instead in ELSEWHERE.items()]
    lines += ["", "## Exit codes", "", *(exits.__doc__ or "").split("\n\n", 1)[1].splitlines()]
    return "\n".join(lines).rstrip() + "\n"


def faces() -> tuple[Face, ...]:
    """Return the faces of the whole product, on memory."""

    async def make() -> tuple[Face, ...]:
        blobs = MemoryBlobs()
        stores = Stores(MemoryDatabase(), blobs, MemoryUploads(blobs))
        sealing = KeyEncryptionKey(bytes(32))
        product = await build(load({}, {}), stores, sealing, FixedClock(), None)
        await stores.database.close()
        return product.registry.table.faces

    return asyncio.run(make())


def routes() -> str:
    lines = [
        "# Routes",
        "",
        "`{name+}` is a repository's name, for the trust API with its host in front. *Demands* is what a token must grant.",
        "",
    ]
    for face in faces():
        lines += [
            f"## {face.name}",
            "",
            "| methods | path | demands | body, at most | cache |",
            "|---|---|---|---|---|",
        ]
        for row in face.routes:
            what = ",".join(row.requires.actions)
            where = f" on {row.requires.name}" if row.requires.name else ""
            demands = f"{row.requires.resource} {what}{where}".strip()
            cells = [
                ", ".join(row.methods),
                f"`{row.template}`",
                demands,
                str(row.body_cap_bytes or "none"),
                f"`{row.cache}`",
            ]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def _leaves(name: str, command: click.Command):
    """Yield what can be run, with its words: a group is what stands below it."""
    if not isinstance(command, click.Group):
        yield name, command
        return
    for verb, one in sorted(command.commands.items()):
        yield from _leaves(f"{name} {verb}", one)


def errors() -> str:
    lines = [
        "# Errors",
        "",
        "What each API answers for an error of a kind; a kind without a row of its own is answered as the one it belongs to.",
        "",
    ]
    tables = {
        "Registry": {
            kind: f"{status} `{code}`" for kind, (status, code) in registry_problems.TABLE.items()
        },
        "Trust": {
            kind: f"{wire.status} `{wire.code}`" for kind, wire in trust_problems.TABLE.items()
        },
        "Tokens": {
            kind: f"{status} `{code}`, `{oauth}`"
            for kind, (status, code, oauth) in token_problems.TABLE.items()
        },
        "Management": {
            kind: f"{status} `{code}`" for kind, (status, code) in admin_problems.TABLE.items()
        },
    }
    for name, table in tables.items():
        lines += [f"## {name}", "", "| error | meaning | answer |", "|---|---|---|"]
        for kind, answer in table.items():
            meaning = (kind.__doc__ or "").strip().splitlines()[0]
            lines.append(f"| {kind.__name__} | {meaning} | {answer} |")
        lines.append("")
    return "\n".join(lines)


PAGES = {"settings.md": settings, "commands.md": commands, "routes.md": routes, "errors.md": errors}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), encoding="utf-8")
        sys.stdout.write(f"{name}\n")
