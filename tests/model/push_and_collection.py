"""Pushing and collecting as a small machine: one blob, two repositories, who pushes to each, who deletes, who reads, and a collector.

Each step is one transaction or one change of the bytes, and bears the name of the function that makes it. Time is coarse: two ticks are the time of grace. `Rules` takes
one safeguard away at a time; the model is worth something only if it then shows what goes wrong.

Source: docs/adr/0010-garbage-is-noted-where-it-arises.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from model.explore import Step

GRACE = 2
# for garbage_links and garbage_keys: not there, nobody has seen it, a collector is about to say since when
NONE, UNSEEN, PENDING = -3, -2, -1
KEYS = (0, 1, 2)
_REMEMBERING = ("sweeps links", "deletes", "forgets")
# where a collection goes by a time that it has taken before
_TIMED = ("marks", "links", "sweeps links", "looks", "begins", "keys", "deletes", "forgets")


@dataclass(frozen=True, slots=True)
class Rules:
    """The safeguards; each can be taken away."""

    has_lease: bool = True
    leases_before_it_looks: bool = True
    looks_again_when_it_sweeps: bool = True
    has_grace: bool = True
    has_read_grace: bool = True
    time_is_taken_after_marking: bool = True
    mount_looks_again: bool = True
    bytes_go_before_their_note: bool = True
    keys_never_come_back: bool = True
    trash_is_spared: bool = True


class Client(NamedTuple):
    """Somebody who pushes to a repository: where the program stands, how long ago it was told, the key it has brought."""

    at: str = ""
    age: int = 0
    key: int | None = None


class Collector(NamedTuple):
    """A collection: where it stands, what it has found, how much of it is done, and how old its idea of the time is."""

    at: str = ""
    found: tuple[int, ...] = ()
    done: int = 0
    clock: int = 0


class Turns(NamedTuple):
    """How often each of those who have no end may begin; the collector always may."""

    first_pushes: int = 1
    second_pushes: int = 1
    deletions: int = 1
    restorations: int = 1
    reads: int = 1
    deaths: int = 1


class State(NamedTuple):
    """Everything that is so; repositories are 0 and 1, and so are those who push to them."""

    held: tuple[bool, ...] = (False, False)
    links: tuple[int, ...] = (NONE, NONE)
    named: tuple[bool, ...] = (False, False)
    trashed: tuple[bool, ...] = (False, False)
    row: int | None = None
    is_loose: bool = False
    doomed: tuple[tuple[int, int], ...] = ()
    kept: frozenset[int] = frozenset()
    clients: tuple[Client, ...] = (Client(), Client())
    reader: tuple[int, int] | None = None
    collector: Collector = Collector()
    turns: Turns = Turns()


FIRST = State(held=(True, False), named=(True, False), row=0, kept=frozenset({0}))
"""An image is there already, in the first repository."""


def with_(values: tuple, index: int, value: object) -> tuple:
    """Return a tuple with one value replaced."""
    return (*values[:index], value, *values[index + 1 :])


def spend(state: State, what: str) -> State:
    """Return the state with one turn fewer."""
    left = state.turns._replace(**{what: getattr(state.turns, what) - 1})
    return state._replace(turns=left)


class Machine:
    """The steps of everybody, under some rules."""

    def __init__(self, rules: Rules, turns: Turns) -> None:
        self.rules, self.turns = rules, turns
        self.first = FIRST._replace(turns=turns)

    def steps(self, state: State) -> Iterator[tuple[Step, State]]:
        """Yield what can happen, and what is so then."""
        for number, client in enumerate(state.clients):
            for name, then in self._client(state, number, client):
                yield Step(f"client {number}", name), then
        yield from self._person(state)
        for name, then in self._collect(state, state.collector):
            yield Step("collector", name), then
        if state.turns.reads and state.held[0]:
            yield (
                Step("reader", "_find_blob"),
                spend(state, "reads")._replace(reader=(state.row, 0)),
            )
        if state.turns.deaths and state.collector.at:
            yield (
                Step("fate", "the collector dies"),
                spend(state, "deaths")._replace(collector=Collector()),
            )
        then = self._later(state)
        if then != state:
            yield Step("time", "passes"), then

    # --- who pushes: is it there? else mount or upload it; then name it -----------------------------

    def _client(self, state: State, number: int, client: Client) -> Iterator[tuple[str, State]]:  # noqa: C901 - one branch for each place
        match client.at:
            case "":
                turn = ("first_pushes", "second_pushes")[number]
                if getattr(state.turns, turn):
                    yield from self._ask(spend(state, turn), number)
            case "looks":
                at = "told" if state.held[number] else "lacks"
                yield "_find_blob", self._at(state, number, client._replace(at=at))
            case "leases":
                at = "looks" if self.rules.leases_before_it_looks else "told"
                yield "_lease", self._at(self._unsee(state, number), number, Client(at))
            case "lacks":
                yield from self._bring(state, number)
            case "mounts":
                yield "_mount_blob", self._mount(state, number)
            case "promoted":
                yield "_link_blob", self._link(state, number, client)
            case "discards":
                then = state._replace(kept=state.kept - {client.key})
                yield "delete", self._at(then, number, client._replace(at="told", key=None))
            case "told":
                if state.held[number] and state.row is not None:
                    then = state._replace(named=with_(state.named, number, True), links=with_(state.links, number, NONE))  # fmt: skip
                    yield "_put_manifest", self._at(then, number, Client())
                elif client.age >= GRACE:
                    yield "_put_manifest", self._at(state, number, Client())

    def _ask(self, state: State, number: int) -> Iterator[tuple[str, State]]:
        if not self.rules.has_lease:
            yield "_is_seen", self._at(state, number, Client("looks"))
        elif not self.rules.leases_before_it_looks:
            at = "leases" if state.held[number] else "lacks"
            yield "_find_blob", self._at(state, number, Client(at))
        else:
            is_seen = state.links[number] >= PENDING
            yield "_is_seen", self._at(state, number, Client("leases" if is_seen else "looks"))

    def _bring(self, state: State, number: int) -> Iterator[tuple[str, State]]:
        # only the second mounts, from the first's
        if number == 1 and state.held[0]:
            yield "_find_blob", self._at(state, number, Client("mounts"))
        key = next((key for key in KEYS if not self._is_known(state, key)), None)
        if not self.rules.keys_never_come_back:
            key = 0
        if key is not None:
            then = state._replace(kept=state.kept | {key})
            yield "promote", self._at(then, number, Client("promoted", 0, key))

    def _mount(self, state: State, number: int) -> State:
        if self.rules.mount_looks_again and not state.held[0]:
            return self._at(state, number, Client("lacks"))
        return self._at(self._hold(state, number), number, Client("told"))

    def _link(self, state: State, number: int, client: Client) -> State:
        then = self._hold(state, number)
        if state.row is None or state.row == client.key:
            return self._at(then._replace(row=client.key), number, Client("told"))
        return self._at(then, number, Client("discards", 0, client.key))

    def _hold(self, state: State, number: int) -> State:
        then = state._replace(held=with_(state.held, number, True))
        return then if state.named[number] else self._unsee(then, number, is_noted=True)

    @staticmethod
    def _unsee(state: State, number: int, *, is_noted: bool = False) -> State:
        if state.links[number] == NONE and not is_noted:
            return state
        return state._replace(links=with_(state.links, number, UNSEEN))

    @staticmethod
    def _at(state: State, number: int, client: Client) -> State:
        return state._replace(clients=with_(state.clients, number, client))

    @staticmethod
    def _is_known(state: State, key: int) -> bool:
        """Return whether anything still speaks of a key: one that nothing speaks of is as good as new."""
        return (
            key in state.kept
            or key == state.row
            or any(key == one for one, _ in state.doomed)
            or any(key == client.key for client in state.clients)
            or (state.collector.at in ("deletes", "forgets") and key in state.collector.found)
            or (state.reader is not None and key == state.reader[0])
        )

    # --- who deletes, and wants it back -------------------------------------------------------------

    def _person(self, state: State) -> Iterator[tuple[Step, State]]:
        for number in (0, 1):
            who = f"person {number}"
            if state.named[number] and state.turns.deletions:
                then = spend(state, "deletions")._replace(
                    named=with_(state.named, number, False),
                    trashed=with_(state.trashed, number, True),
                )
                yield Step(who, "forget_manifest"), self._unsee(then, number, is_noted=True)
            gone = state._replace(trashed=with_(state.trashed, number, False))
            if state.trashed[number]:
                yield Step(who, "_expire"), gone._replace(is_loose=True)
            if state.trashed[number] and state.turns.restorations:
                back = spend(gone, "restorations")._replace(
                    named=with_(state.named, number, True),
                    held=with_(state.held, number, True),
                    links=with_(state.links, number, NONE),
                )
                yield Step(who, "_restore"), back

    # --- who collects -------------------------------------------------------------------------------

    def _collect(self, state: State, now: Collector) -> Iterator[tuple[str, State]]:  # noqa: C901 - one branch for each place
        match now.at:
            case "":
                is_due = UNSEEN in state.links or self._is_pending(state)
                yield "_has_unseen", self._next(state, "marks" if is_due else "links")
            case "marks":
                yield "_mark", self._mark(state, now)
            case "links":
                found = tuple(n for n in (0, 1) if self._is_due(state, n))
                yield "_due_links", self._next(state, "sweeps links" if found else "blobs", found)
            case "sweeps links":
                yield "_sweep_links", self._sweep_links(state, now.found)
            case "blobs":
                at = "sweeps blobs" if state.is_loose else "looks"
                yield "_due_blobs", self._next(state, at)
            case "sweeps blobs":
                yield "_sweep_blobs", self._sweep_blobs(state)
            case "looks":
                at = "begins" if self._is_pending(state) else "keys"
                then = Collector(at, clock=now.clock)
                yield "_has_pending", state._replace(collector=then)
            case "begins":
                yield "_begin_grace", self._begin(state, now)
            case "keys":
                bound = GRACE if self.rules.has_read_grace else 0
                found = tuple(key for key, age in state.doomed if age - now.clock >= bound)
                first = "deletes" if self.rules.bytes_go_before_their_note else "forgets"
                yield "_doomed_keys", self._next(state, first if found else "", found)
            case "deletes":
                yield "delete", self._delete(state, now)
            case "forgets":
                then = "keys" if self.rules.bytes_go_before_their_note else "deletes"
                doomed = tuple(one for one in state.doomed if one[0] not in now.found)
                yield "_forget_keys", self._next(state._replace(doomed=doomed), then, now.found)

    @staticmethod
    def _is_pending(state: State) -> bool:
        return PENDING in state.links or any(age == PENDING for _, age in state.doomed)

    def _delete(self, state: State, now: Collector) -> State:
        then = state._replace(kept=state.kept - {now.found[now.done]})
        if now.done + 1 < len(now.found):
            return then._replace(collector=now._replace(done=now.done + 1))
        return self._next(
            then, "forgets" if self.rules.bytes_go_before_their_note else "keys", now.found
        )

    def _is_due(self, state: State, number: int) -> bool:
        seen, grace = state.links[number], GRACE if self.rules.has_grace else 0
        return seen >= 0 and seen - state.collector.clock >= grace

    def _next(self, state: State, at: str, found: tuple[int, ...] = ()) -> State:
        """Let the collection go on; before it sweeps and before it says since when, it takes the time."""
        before = state.collector
        takes_time = at in ("", "blobs", "looks") or (
            at == "links" and before.at in ("", "marks") and self.rules.time_is_taken_after_marking
        )
        clock = 0 if takes_time else before.clock
        return state._replace(
            collector=Collector(at, found if at in _REMEMBERING else (), clock=clock)
        )

    def _mark(self, state: State, now: Collector) -> State:
        """See what nobody has seen; since when is said once this is so, for whoever was told in between is not to lose time."""
        to = PENDING if self.rules.time_is_taken_after_marking else now.clock
        links = tuple(to if seen in (UNSEEN, PENDING) else seen for seen in state.links)
        return self._next(state._replace(links=links), "links")

    def _sweep_links(self, state: State, found: tuple[int, ...]) -> State:
        swept = False
        for number in found:
            if self.rules.looks_again_when_it_sweeps and not self._is_due(state, number):
                continue
            state = state._replace(links=with_(state.links, number, NONE))
            if state.held[number] and not state.named[number]:
                state = state._replace(held=with_(state.held, number, False), is_loose=True)
                swept = True
        return self._next(state, "links" if swept else "blobs")

    def _sweep_blobs(self, state: State) -> State:
        state = state._replace(is_loose=False)
        is_spared = self.rules.trash_is_spared and any(state.trashed)
        if state.row is None or any(state.held) or is_spared:
            return self._next(state, "looks")
        doomed = tuple(sorted((*state.doomed, (state.row, PENDING))))
        return self._next(state._replace(row=None, doomed=doomed), "blobs")

    def _begin(self, state: State, now: Collector) -> State:
        links = tuple(now.clock if seen == PENDING else seen for seen in state.links)
        doomed = tuple((key, now.clock if age == PENDING else age) for key, age in state.doomed)
        return self._next(state._replace(links=links, doomed=doomed), "keys")

    # --- time ---------------------------------------------------------------------------------------

    @staticmethod
    def _later(state: State) -> State:
        def older(age: int, most: int = GRACE) -> int:
            return min(age + 1, most) if age >= 0 else age

        is_timed = state.collector.at in _TIMED
        if is_timed and state.collector.clock == GRACE:
            # a collection that stands still for longer is not looked at: ages would have to have no end
            return state

        reader = state.reader and (state.reader[0], older(state.reader[1]))
        return state._replace(
            links=tuple(older(seen, 2 * GRACE) for seen in state.links),
            doomed=tuple((key, older(age, 2 * GRACE)) for key, age in state.doomed),
            clients=tuple(
                one._replace(age=older(one.age)) if one.at in ("looks", "told", "discards") else one
                for one in state.clients
            ),
            reader=reader if reader and reader[1] < GRACE else None,
            collector=state.collector._replace(clock=state.collector.clock + is_timed),
        )


def wrong(state: State) -> str:
    """Return which promise a state breaks, or nothing."""
    there = state.row is not None and state.row in state.kept
    for number in (0, 1):
        if state.named[number] and not (there and state.held[number]):
            return "an acknowledged manifest lacks its blob"
        if state.trashed[number] and not there:
            return "an image in the trash lacks its blob"
        client = state.clients[number]
        if client.at == "told" and client.age < GRACE and not (there and state.held[number]):
            return "a blob that was said to be there is gone while its lease lives"
    if state.reader is not None and state.reader[0] not in state.kept:
        return "bytes went while somebody was reading them"
    return ""


def is_clean(state: State) -> bool:
    """Return whether nothing is there but what a manifest or the trash needs."""
    is_needed = any(state.named) or any(state.trashed)
    return (
        all(named or not held for named, held in zip(state.named, state.held, strict=True))
        and all(seen == NONE for seen in state.links)
        and not state.doomed
        and not state.is_loose
        and (is_needed or state.row is None)
        and state.kept == ({state.row} if state.row is not None else set())
    )


HELPERS = ("client 0", "client 1", "collector", "time", "fate")
"""Whose steps lead to a clean state: nobody has to delete anything for that."""
