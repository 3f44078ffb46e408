"""Namespaces that have been looked up, kept until anything changes: every request about a repository asks for one."""

from collections.abc import Callable, Sequence

from inkan.store.ports import Namespaces
from inkan.store.records import NamespaceRecord


class NamespaceMemory:
    """Finds namespaces, as they are now.

    Args:
        namespaces: where they are kept.
        generation: of the facts: grows with every change; nothing where changes may go unnoticed.
    """

    def __init__(self, namespaces: Namespaces, generation: Callable[[], int | None]) -> None:
        self._namespaces = namespaces
        self._generation = generation
        self._kept_at: int | None = None
        self._kept: dict[str, NamespaceRecord] = {}

    async def find(self, namespace: str) -> NamespaceRecord | None:
        """Return a namespace."""
        # before the look-up, so that a change meanwhile counts
        generation = self._generation()
        if generation is None or generation != self._kept_at:
            self._kept, self._kept_at = {}, generation
        kept = self._kept.get(namespace)
        if kept is not None:
            return kept
        found = await self._namespaces.find(namespace)
        # what is not there is not kept: strangers may ask for any name
        if found is not None and generation is not None and generation == self._kept_at:
            self._kept[namespace] = found
        return found

    async def list(self) -> Sequence[NamespaceRecord]:
        """Return every namespace, by name."""
        return await self._namespaces.list()
