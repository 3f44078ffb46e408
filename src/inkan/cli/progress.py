"""Transfers on standard error: bars that move on a terminal, one line for each blob elsewhere."""

import sys
import threading
import time
from typing import TextIO

from inkan.cli.output import visible

_REDRAW_SECONDS = 0.1
_CELLS = 30


class Lines:
    """One line when a blob has come to its end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def begin(self, digest: str, size: int, verb: str) -> None:
        """Say nothing yet."""

    def reach(self, digest: str, position: int) -> None:
        """Say nothing yet."""

    def end(self, digest: str, size: int, outcome: str) -> None:
        """Print what became of it."""
        self.say(f"{_short(digest)}: {outcome} ({size:,} bytes)")

    def say(self, text: str) -> None:
        """Print a line of another kind."""
        with self._lock:
            print(visible(text), file=self._stream, flush=True)


class Bars:
    """A bar for each blob that is moving, below the lines of those that have arrived; drawn anew at most ten times a second."""

    def __init__(self, stream: TextIO, columns: int) -> None:
        self._stream = stream
        self._columns = columns
        self._lock = threading.Lock()
        self._moving: dict[str, list[str | int]] = {}
        self._drawn = 0
        self._last = 0.0

    def begin(self, digest: str, size: int, verb: str) -> None:
        """Give the blob a bar."""
        with self._lock:
            self._moving[digest] = [verb, 0, size]
            self._draw()

    def reach(self, digest: str, position: int) -> None:
        """Move its bar."""
        with self._lock:
            if digest in self._moving:
                self._moving[digest][1] = position
            if time.monotonic() - self._last > _REDRAW_SECONDS:
                self._draw()

    def end(self, digest: str, size: int, outcome: str) -> None:
        """Put a line in the place of its bar."""
        with self._lock:
            self._moving.pop(digest, None)
            self._draw(f"{_short(digest)}: {outcome} ({size:,} bytes)")

    def say(self, text: str) -> None:
        """Print a line above the bars."""
        with self._lock:
            self._draw(visible(text))

    def _draw(self, line: str | None = None) -> None:
        above = f"\x1b[{self._drawn}A" if self._drawn else ""
        lines = [] if line is None else [line]
        bars = [_bar(digest, *state) for digest, state in self._moving.items()]  # type: ignore[arg-type]
        text = "".join(f"\x1b[2K{one}\n" for one in [*lines, *(b[: self._columns] for b in bars)])
        # what a bar less has left below is wiped
        self._stream.write(f"{above}{text}\x1b[0J")
        self._stream.flush()
        self._drawn, self._last = len(bars), time.monotonic()


def shown_progress(stream: TextIO | None = None) -> Lines | Bars:
    """Return bars if standard error is a terminal that can move its cursor, else lines."""
    import os
    import shutil

    chosen = stream or sys.stderr
    # the one thing that a terminal says of itself
    if chosen.isatty() and os.environ.get("TERM", "dumb") != "dumb":  # noqa: TID251
        return Bars(chosen, shutil.get_terminal_size().columns - 1)
    return Lines(chosen)


def _bar(digest: str, verb: str, position: int, size: int) -> str:
    done = min(_CELLS, _CELLS * position // size) if size else _CELLS
    cells = ("=" * done + ">")[:_CELLS].ljust(_CELLS)
    return f"{_short(digest)}: {verb} [{cells}] {_bytes(position)}/{_bytes(size)}"


def _bytes(count: int) -> str:
    """Return a size as docker words it.

    >>> _bytes(999), _bytes(1_234_567)
    ('999B', '1.235MB')
    """
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.4g}{unit}"


def _short(digest: str) -> str:
    return digest.partition(":")[2][:12]
