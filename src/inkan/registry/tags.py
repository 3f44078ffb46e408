"""Lists: the tags of a repository, the repositories of the registry, in pages.

Source: OCI Distribution Specification 1.1 § Listing Tags; Docker Registry HTTP API V2 § Catalog.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from inkan import limits
from inkan.errors import PageInvalidError, RepositoryUnknownError
from inkan.oci.reference import RepositoryName
from inkan.store.ports import Catalog


@dataclass(frozen=True, slots=True)
class Page:
    """Some names, and whether there are more after the last."""

    names: Sequence[str]
    has_more: bool


@dataclass(frozen=True, slots=True)
class TagService:
    """Lists tags and repositories."""

    catalog: Catalog

    async def list_tags(self, repository: RepositoryName, after: str, limit: int) -> Page:
        """Return a page of a repository's tags.

        Raises:
            RepositoryUnknownError: if there is no such repository.
        """
        names = await self.catalog.list_tags(repository, after, limit + 1)
        if not names and not await self.catalog.has_repository(repository):
            raise RepositoryUnknownError(str(repository))
        return _page(names, limit)

    async def list_repositories(
        self, after: str, limit: int, namespaces: Collection[str] | None
    ) -> Page:
        """Return a page of the registry's repositories, in some namespaces or in all."""
        return _page(await self.catalog.list_repositories(after, limit + 1, namespaces), limit)


def parse_limit(text: str | None) -> int:
    """Return how many names a page may have; no more than the server's cap, which is what an absent limit means too.

    Raises:
        PageInvalidError: if the text is no number of names.
    """
    if text is None:
        return limits.TAGS_PER_PAGE
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise PageInvalidError(f"n={text[:40]} is not a number of names")
    return min(int(text), limits.TAGS_PER_PAGE)


def _page(names: Sequence[str], limit: int) -> Page:
    # a page of no names has no last one to go on from
    return Page(names[:limit], len(names) > limit > 0)
