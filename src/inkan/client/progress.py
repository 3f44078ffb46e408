"""How far a transfer is, for whoever shows it."""

from collections.abc import Iterable, Iterator
from typing import Protocol


class Progress(Protocol):
    """Is told of each blob; from several threads at once."""

    def begin(self, digest: str, size: int, verb: str) -> None:
        """A blob of so many bytes begins to move; the verb says where to: `Pushing`, `Pulling`, `Copying`."""

    def reach(self, digest: str, position: int) -> None:
        """So many bytes of it have moved."""

    def end(self, digest: str, size: int, outcome: str) -> None:
        """It is there: `pushed`, `pulled`, `copied`, `mounted`, or it was there before: `exists`."""


class Silence:
    """Tells nobody."""

    def begin(self, digest: str, size: int, verb: str) -> None:
        """Say nothing."""

    def reach(self, digest: str, position: int) -> None:
        """Say nothing."""

    def end(self, digest: str, size: int, outcome: str) -> None:
        """Say nothing."""


def watched(
    pieces: Iterable[bytes], progress: Progress, digest: str, start: int = 0
) -> Iterator[bytes]:
    """Yield pieces as they come, having told how far they reach."""
    position = start
    for piece in pieces:
        yield piece
        position += len(piece)
        progress.reach(digest, position)
