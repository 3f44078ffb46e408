from inkan.access.namespace_memory import NamespaceMemory
from inkan.oci.reference import Namespace
from inkan.store.records import NamespaceRecord
from inkan.testing.clock import FixedClock


class Shelf:
    """Namespaces that can be counted and changed."""

    def __init__(self):
        self.asked, self.generation, self.there = 0, 1, {}

    async def find(self, namespace):
        self.asked += 1
        return self.there.get(namespace)

    async def list(self):
        return list(self.there.values())

    def add(self, name, *, is_public=False):
        now = FixedClock().now()
        self.there[name] = NamespaceRecord(Namespace(name), now, "a", is_public=is_public)
        if self.generation is not None:
            self.generation += 1


async def test_a_namespace_is_asked_for_once_until_anything_changes():
    shelf = Shelf()
    shelf.add("team")
    memory = NamespaceMemory(shelf, lambda: shelf.generation)
    assert await memory.find("team") is await memory.find("team")
    assert shelf.asked == 1
    shelf.add("team", is_public=True)
    assert (await memory.find("team")).is_public
    shelf.there.clear()
    shelf.generation += 1
    assert await memory.find("team") is None
    assert await memory.list() == []


async def test_what_is_not_there_is_asked_for_each_time():
    shelf = Shelf()
    memory = NamespaceMemory(shelf, lambda: shelf.generation)
    assert [await memory.find(f"name{number}") for number in range(3)] == [None] * 3
    assert await memory.find("name0") is None
    assert shelf.asked == 4


async def test_nothing_is_kept_where_changes_may_go_unnoticed():
    shelf = Shelf()
    shelf.generation = None
    shelf.add("team")
    memory = NamespaceMemory(shelf, lambda: None)
    await memory.find("team")
    await memory.find("team")
    assert shelf.asked == 2


async def test_what_changes_during_a_look_up_is_not_kept():
    shelf = Shelf()
    shelf.add("team")
    memory = NamespaceMemory(shelf, lambda: shelf.generation)
    find = shelf.find

    async def find_slowly(namespace):
        found = await find(namespace)
        shelf.add("team", is_public=True)
        return found

    shelf.find = find_slowly
    assert not (await memory.find("team")).is_public
    shelf.find = find
    assert (await memory.find("team")).is_public
