"""Which repositories there are, name by name.

Names are in no table of their own: a repository is there while it holds anything. So a page steps from one name to the next by the index, however many repositories there are before and behind it,
and however much each of them holds.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence

from inkan.store.sql.database import Statement, Transaction

# the least name after another; each half is one look into an index
_NEXT = (
    "SELECT MIN(name) FROM (SELECT MIN(repository) AS name FROM repository_blobs WHERE repository > {0} "
    "UNION ALL SELECT MIN(repository) FROM manifests WHERE repository > {0}) both_halves"
)
_PAGE = (
    f"WITH RECURSIVE found (name) AS ({_NEXT.format('?')} "  # noqa: S608 - constants
    f"UNION ALL SELECT ({_NEXT.format('found.name')}) FROM found WHERE found.name < ?) "
    "SELECT name FROM found WHERE name < ? LIMIT ?"
)
# behind every name: they are of ASCII
_END = "~"


def list_repositories(
    after: str, limit: int, namespaces: Collection[str] | None
) -> Transaction[Sequence[str]]:
    """Return repositories after a name, in some namespaces or in all.

    Of namespaces that hold nothing, and of repositories between those that may be shown, many are stepped over at once: whoever may see very many namespaces waits no longer for it.
    """
    spans = _spans(namespaces)
    names: list[str] = []
    at = bisect_right(spans, after, key=_end_of)
    while at < len(spans) and len(names) < limit:
        first, end = spans[at]
        start = max(after, first)
        ((found,),) = yield Statement(_NEXT.format("?"), (start, start))
        if found is None:
            break
        if found < end:
            rows = yield Statement(_PAGE, (start, start, end, end, limit - len(names)))
            names += sorted(row[0] for row in rows)
            found = end
        at = bisect_right(spans, found, lo=at, key=_end_of)
    return names


def _end_of(span: tuple[str, str]) -> str:
    return span[1]


def _spans(namespaces: Collection[str] | None) -> list[tuple[str, str]]:
    """Return where the names of namespaces lie, in order: all of one begin with it and a slash, and `0` is what follows a slash."""
    if namespaces is None:
        return [("", _END)]
    return sorted((f"{name}/", f"{name}0") for name in namespaces)
