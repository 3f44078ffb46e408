"""What time it is, asked in one place so that tests can answer."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Something that knows the current instant."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the machine's current instant in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that asks the machine
