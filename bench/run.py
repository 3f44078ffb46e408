"""Inkan beside docker-registry, nginx and notary-server: the same requests, on the same machine, in turn; ratios of each round.

Needs wrk, docker-registry, notary-server and nginx from Debian. `python bench/run.py [--rounds N] [--seconds S] [--only WORDS]` prints a table, and puts it
into `bench/README.md` with `--write`.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import page
from draw import Axis, draw
from peers import Peer
from rows import GROUPS, Row

NEEDED = {"wrk": "wrk", "docker-registry": "docker-registry", "notary-server": "notary", "openssl": "openssl", "nginx": "nginx-light"}  # fmt: skip


@dataclass(frozen=True)
class Result:
    """What came of a row beside one other server."""

    row: str
    peer: str
    ours: list[float]
    theirs: list[float]
    goal: float

    @property
    def ratios(self) -> list[float]:
        return [a / b for a, b in zip(self.ours, self.theirs, strict=True)]

    @property
    def is_met(self) -> bool:
        return statistics.median(self.ratios) >= self.goal

    @property
    def line(self) -> str:
        ours, theirs = statistics.median(self.ours), statistics.median(self.theirs)
        ratio = statistics.median(self.ratios)
        span = f"{min(self.ratios):.2f} to {max(self.ratios):.2f}"
        goal = f"≥ {self.goal:g} {'met' if self.is_met else '**missed**'}" if self.goal else ""
        return f"| {self.row} | {ours:,.1f} | {self.peer} | {theirs:,.1f} | **{ratio:.2f}** | {span} | {goal} |"


HEADER = [
    "| row | Inkan /s | beside | its /s | ratio, median | least to most | goal |",
    "|---|---|---|---|---|---|---|",
]


def measure(make: Callable, folder: Path, options: argparse.Namespace) -> Iterator[Result]:
    """Yield what came of the rows of a group, in interleaved rounds."""
    peers: list[Peer] = []
    try:
        rows = [row for row in make(folder, options.seconds, peers) if options.only in row.name]
        taken = {row.name: {who: [] for who in row.rates} for row in rows}
        for number in range(options.rounds):
            for row in rows:
                take(row, taken[row.name], backwards=bool(number % 2))
            print(f"{make.__name__}: {number + 1} of {options.rounds}", file=sys.stderr)
    finally:
        for peer in peers:
            peer.stop()
    for row in rows:
        (_, ours), *others = taken[row.name].items()
        for who, theirs in others:
            yield Result(row.name, who, ours, theirs, row.goals.get(who, 0))


def take(row: Row, taken: dict[str, list[float]], *, backwards: bool) -> None:
    """Measure each server once; nobody is always first."""
    for who in sorted(row.rates, reverse=backwards):
        taken[who].append(row.rates[who]())


def draw_publishes(results: list[Result]) -> None:
    """Draw how the cost of a publish grows with the number of tags."""
    curves: dict[str, dict[float, float]] = {"Inkan (durable)": {}, "notary-server (memory)": {}}
    for result in results:
        if result.row.startswith("publish, "):
            tags = int(result.row.split()[1].replace(",", ""))
            for curve, rates in zip(curves.values(), (result.ours, result.theirs), strict=True):
                curve[tags] = 1000 / statistics.median(rates)
    draw(page.HERE / "publish.svg", "One publish of one moved tag", Axis("signed tags"), Axis("ms"), curves)  # fmt: skip


def verdict(results: list[Result]) -> str:
    """Say plainly which goals are met, and which are not."""
    wanted = [one for one in results if one.goal]
    missed = [one for one in wanted if not one.is_met]
    said = f"{len(wanted) - len(missed)} of {len(wanted)} goals met"
    named = ", ".join(f"{one.row} beside {one.peer}" for one in missed)
    return f"{said}; missed: {named}." if missed else f"{said}."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="put table and drawing into bench/README.md")  # fmt: skip
    parser.add_argument("--only", default="", help="only rows with this in their name")
    parser.add_argument("--groups", default="", help="only groups with one of these words, as registry,file")  # fmt: skip
    options = parser.parse_args()
    if missing := [package for name, package in NEEDED.items() if not shutil.which(name)]:
        sys.exit(f"bench: apt-get install {' '.join(missing)} first")
    groups = [one for one in GROUPS if any(word in one.__name__ for word in options.groups.split(","))]  # fmt: skip
    results = []
    for make in groups:
        with tempfile.TemporaryDirectory(prefix="inkan-bench-") as folder:
            results += measure(make, Path(folder), options)
    lines = [*HEADER, *(result.line for result in results)]
    print("\n".join([*lines, "", verdict(results)]))
    if options.write:
        note = f"{page.machine()}, {options.rounds} interleaved rounds of {options.seconds} s, load generator on the same machine."
        draw_publishes(results)
        page.put("results", [note, "", verdict(results), "", *lines])


if __name__ == "__main__":
    main()
