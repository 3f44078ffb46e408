"""Statements about many values: one way to the engine and back for a page of them, where each by itself would be as many ways as an image has layers."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

_T = TypeVar("_T")

# SQLite takes 32,766 values, older ones 999; the most that a row here has is three
PAGE = 300


def pages(values: Iterable[_T]) -> Iterator[Sequence[_T]]:
    """Yield values, a page at a time.

    >>> [len(page) for page in pages(range(700))]
    [300, 300, 100]
    """
    rest = iter(values)
    while page := tuple(islice(rest, PAGE)):
        yield page


def marks(values: Sequence[object], row: str = "?") -> str:
    """Return a question mark, or a row of them, for each value.

    >>> marks("ab"), marks("ab", "(?, ?)")
    ('?, ?', '(?, ?), (?, ?)')
    """
    return ", ".join([row] * len(values))
