"""Looks at every state that a model can come into, breadth first: what is found wrong is found by the shortest way there."""

from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

State = TypeVar("State", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody does something.

    Attributes:
        actor: who; `time` and `fate` are nobody's program.
        name: what: the name of a function of the code, but for the two.
    """

    actor: str
    name: str

    def __str__(self) -> str:
        return f"{self.actor}: {self.name}"


@dataclass(frozen=True, slots=True)
class Found(Generic[State]):
    """What an exploration has found.

    Attributes:
        states: how many states there are, as far as it went.
        broken: which promise does not hold; empty where all do.
        trace: the shortest way to where it does not.
    """

    states: int
    broken: str
    trace: tuple[Step, ...]


def explore(
    first: State,
    steps: Callable[[State], Iterator[tuple[Step, State]]],
    wrong: Callable[[State], str],
    is_clean: Callable[[State], bool],
    helpers: Collection[str],
) -> Found[State]:
    """Return the first state in which something is wrong, else the first from which no clean one can be reached, else nothing.

    Args:
        first: where it begins.
        steps: what can be done in a state, and what it becomes.
        wrong: says which promise a state breaks; empty where it breaks none.
        is_clean: whether nothing is left that is not needed.
        helpers: whose steps count as the way to a clean state; nobody may need to be asked.
    """
    came_from: dict[State, tuple[State, Step] | None] = {first: None}
    helped: dict[State, list[State]] = {}
    queue = deque([first])
    while queue:
        state = queue.popleft()
        if broken := wrong(state):
            return Found(len(came_from), broken, _trace(came_from, state))
        for step, then in steps(state):
            if then not in came_from:
                came_from[then] = (state, step)
                queue.append(then)
            if step.actor in helpers:
                helped.setdefault(then, []).append(state)
    stuck = _unreached(came_from, helped, is_clean)
    if stuck is not None:
        return Found(len(came_from), "what nothing needs stays for ever", _trace(came_from, stuck))
    return Found(len(came_from), "", ())


def _unreached(
    states: Collection[State], helped: dict[State, list[State]], is_clean: Callable[[State], bool]
) -> State | None:
    """Return the first state from which no clean one can be reached: walk back from the clean ones."""
    queue = deque(state for state in states if is_clean(state))
    reached = set(queue)
    while queue:
        for before in helped.get(queue.popleft(), ()):
            if before not in reached:
                reached.add(before)
                queue.append(before)
    return next((state for state in states if state not in reached), None)


def _trace(came_from: dict[State, tuple[State, Step] | None], state: State) -> tuple[Step, ...]:
    steps = []
    while (before := came_from[state]) is not None:
        state, step = before
        steps.append(step)
    return tuple(reversed(steps))
