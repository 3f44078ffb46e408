"""A clock that a test sets."""

from datetime import UTC, datetime, timedelta


class FixedClock:
    """Stands still until it is moved."""

    def __init__(self, instant: datetime = datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC)) -> None:
        self.instant = instant

    def now(self) -> datetime:
        """Return the instant it stands at."""
        return self.instant

    def move(self, span: timedelta) -> None:
        """Move it on."""
        self.instant += span
