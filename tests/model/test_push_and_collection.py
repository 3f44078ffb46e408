"""Pushes and collections, every state of a small model of them: no promise is broken. Without any one safeguard one is, and the real code survives what broke the model."""

import ast
import random
from dataclasses import fields
from pathlib import Path

import pytest

import inkan
from model.explore import explore
from model.push_and_collection import HELPERS, Machine, Rules, Turns, is_clean, wrong
from model.replay import World, facts_of

SMALL = Turns(1, 0, 1, 0, 0, 0)
"""One who pushes again what somebody deletes."""
MOUNT = Turns(0, 1, 1, 0, 0, 0)
"""One who mounts it meanwhile."""
READ_AND_RESTORED = Turns(1, 0, 1, 1, 1, 1)
"""Also one who reads, one who wants it back, and a collector that dies."""
TWO_PUSH = Turns(1, 1, 1, 0, 0, 0)

GONE = "a blob that was said to be there is gone while its lease lives"
BROKEN = {
    "has_lease": (SMALL, GONE),
    "leases_before_it_looks": (SMALL, GONE),
    "looks_again_when_it_sweeps": (SMALL, GONE),
    "has_grace": (SMALL, GONE),
    "time_is_taken_after_marking": (SMALL, GONE),
    "keys_never_come_back": (SMALL, GONE),
    "mount_looks_again": (MOUNT, GONE),
    "trash_is_spared": (Turns(0, 0, 1, 0, 0, 0), "an image in the trash lacks its blob"),
    "has_read_grace": (Turns(0, 0, 1, 0, 1, 0), "bytes went while somebody was reading them"),
    "bytes_go_before_their_note": (Turns(0, 0, 1, 0, 0, 1), "what nothing needs stays for ever"),
}


def found(rules, turns):
    machine = Machine(rules, turns)
    return explore(machine.first, machine.steps, wrong, is_clean, HELPERS)


@pytest.fixture
async def world(tmp_path):
    made = World(tmp_path)
    await made.open()
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("turns", "least"),
    [
        (SMALL, 2_500),
        (MOUNT, 1_000),
        pytest.param(READ_AND_RESTORED, 20_000, marks=pytest.mark.slow),
        pytest.param(TWO_PUSH, 100_000, marks=pytest.mark.slow),
    ],
)
def test_no_state_of_the_model_breaks_a_promise(turns, least):
    outcome = found(Rules(), turns)
    print(f"{outcome.states} states")
    assert (outcome.broken, outcome.trace) == ("", ())
    assert outcome.states >= least


def test_every_safeguard_is_one_that_the_tests_take_away():
    assert {field.name for field in fields(Rules)} == set(BROKEN)


@pytest.mark.parametrize("safeguard", BROKEN)
async def test_STO_019_without_a_safeguard_the_model_breaks_and_the_code_does_not(world, safeguard):
    turns, broken = BROKEN[safeguard]
    outcome = found(Rules(**{safeguard: False}), turns)
    print("\n".join(map(str, outcome.trace)))
    assert outcome.broken == broken
    await world.follow(outcome.trace)
    assert await world.survive() == []


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 12))]
)
async def test_the_code_does_what_the_model_says_it_does(world, seed):
    """Walk at random through the model, and compare after every step what is there."""
    machine, dice = Machine(Rules(), Turns(2, 2, 3, 2, 2, 2)), random.Random(seed)
    state, walked = machine.first, []
    assert await world.facts() == facts_of(state)
    for _ in range(120):
        nexts = [one for one in machine.steps(state) if _is_comparable(state, one[0])]
        if not nexts:
            break
        step, state = dice.choice(nexts)
        walked.append(str(step))
        await world.take(step)
        assert await world.facts() == facts_of(state), walked
    assert await world.survive() == []


def _is_comparable(state, step):
    """Return whether both do the same: the model is coarser in two things."""
    if step.name == "_expire":
        # it empties the whole trash
        return not all(state.trashed)
    # who can mount does so
    return not (step.name == "promote" and step.actor == "client 1" and state.held[0])


def test_every_step_is_a_function_of_the_code():
    source = Path(inkan.__file__).parent
    functions = {
        node.name
        for folder in ("store", "registry")
        for path in (source / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    machine = Machine(Rules(), TWO_PUSH)
    named, seen, queue = set(), {machine.first}, [machine.first]
    while queue and len(seen) < 20_000:
        for step, then in machine.steps(queue.pop()):
            if step.actor not in ("time", "fate"):
                named.add(step.name)
            if then not in seen:
                seen.add(then)
                queue.append(then)
    assert len(named) > 15
    assert named <= functions
