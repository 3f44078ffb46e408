"""The page: each command puts its own section into `bench/README.md`, between two marks, and nothing else."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
README = HERE / "README.md"


def put(section: str, lines: list[str]) -> None:
    """Replace what stands in a section, and keep the rest of the page as it is."""
    text = README.read_text(encoding="utf-8")
    begin, end = f"<!-- {section} -->", f"<!-- /{section} -->"
    before, mark, rest = text.partition(begin)
    _, closing, after = rest.partition(end)
    if not mark or not closing:
        raise ValueError(f"{README.name} has no section {section}")
    body = "\n".join(lines)
    README.write_text(f"{before}{begin}\n\n{body}\n\n{end}{after}", encoding="utf-8")


def machine() -> str:
    """Return the day and the machine, for the line above a table."""
    cores, python = os.cpu_count(), platform.python_version()
    return f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores, Python {python}"
