"""`inkan serve` that is killed before a step of its storage: what remains of the machine goes on, and so does everything that was written.

The number of the step is in a file, which a test puts there when the server is to begin to count; 0 is never. Whatever it counts it writes down beside it.
"""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from inkan.cli.main import main
from inkan.registry.garbage import GarbageService
from inkan.server import registry_parts
from inkan.store.sql.sqlite import SqliteDatabase
from inkan.testing.power import PowerCut


class Dying(PowerCut):
    """Counts the steps from when it is told to, and does not come beyond one."""

    def __init__(self, root: Path, armed: Path) -> None:
        super().__init__(root)
        self.armed, self.since = armed, 0

    def step(self, name: str) -> None:
        """Take a step, or die."""
        if not self.armed.exists():
            return
        if (since := self.armed.stat().st_mtime_ns) != self.since:
            self.since, self.steps = since, []
        self.steps.append(name)
        with self.armed.with_suffix(".steps").open("a") as log:
            log.write(f"{name}\n")
        if len(self.steps) == int(self.armed.read_text()):
            os.kill(os.getpid(), signal.SIGKILL)


def watch_transactions(dying: Dying) -> None:
    """Let every transaction be a step."""
    for method in ("write", "write_unsynced"):
        real = getattr(SqliteDatabase, method)

        async def stepped(self, make, *args, _real=real, **kwargs):
            dying.step(f"transaction {make.__name__}")
            return await _real(self, make, *args, **kwargs)

        setattr(SqliteDatabase, method, stepped)


def greedy(garbage, blobs, clock, _grace):
    """Return a collector that waits for nobody."""
    return GarbageService(garbage, blobs, clock, timedelta(), timedelta())


if __name__ == "__main__":
    data, armed = Path(sys.argv[1]), Path(sys.argv[2])
    data.mkdir(exist_ok=True)
    dying = Dying(data, armed)
    watch_transactions(dying)
    if sys.argv[3] == "greedy":
        registry_parts.GarbageService = greedy
    sys.argv = ["inkan", *sys.argv[4:]]
    with dying.watching():
        sys.exit(main())
