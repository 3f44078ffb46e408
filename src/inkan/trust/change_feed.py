"""The change feed: every new timestamp and every deletion, of one collection or of all.

Source: Notary v1 server, changefeed handler: `records` (how many, negative backwards), `change_id` (where to begin, exclusive).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from inkan.errors import PageInvalidError
from inkan.oci.reference import Gun
from inkan.store.ports import TrustHistory
from inkan.store.records import TrustChange

_DEFAULT, _MOST = 100, 1_000
_NUMBER = re.compile(r"-?[0-9]{1,18}\Z")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the feed is asked for."""

    after: int
    limit: int
    backwards: bool


def parse_page(records: str | None, change_id: str | None) -> Page:
    """Return the part that the parameters ask for.

    Raises:
        PageInvalidError: if `records` is missing or one of them is no number.
    """
    if records is None or not _NUMBER.match(records):
        raise PageInvalidError(
            "records is how many changes you want, as a number; negative for the newest first"
        )
    if change_id and not _NUMBER.match(change_id):
        raise PageInvalidError("change_id is the number of a change")
    wanted, after = int(records), int(change_id or 0)
    # -1 is "from the newest"; a negative number of another size means no place
    after = max(after, 0)
    return Page(after, min(abs(wanted) or _DEFAULT, _MOST), wanted < 0)


@dataclass(frozen=True, slots=True)
class ChangeFeed:
    """Reads the change feed."""

    history: TrustHistory

    async def read(self, gun: Gun | None, page: Page) -> bytes:
        """Return a part of the feed as JSON, in Notary's shape."""
        changes = await self.history.list_changes(
            gun, page.after, page.limit, backwards=page.backwards
        )
        return render(changes)


def render(changes: Sequence[TrustChange]) -> bytes:
    """Return changes as Notary's JSON; none are `null`, as its clients know it."""
    records = [
        {
            "ID": str(one.change_id),
            "CreatedAt": one.created_at.isoformat().replace("+00:00", "Z"),
            "GUN": str(one.gun),
            "Version": one.version,
            "SHA256": one.sha256,
            "Category": one.category,
        }
        for one in changes
    ]
    return json.dumps({"count": len(records), "records": records or None}).encode()
