"""Large bodies wait for one another, small ones for nobody, and who waits for long is told so."""

import asyncio

import pytest

from inkan import limits
from inkan.errors import BodyIncompleteError, UnavailableError
from inkan.trust.body_room import BodyRoom, in_time


async def test_large_bodies_wait_for_one_another_and_small_ones_for_nobody():
    room, held, most = BodyRoom(), [], []

    async def publish(size):
        async with room.hold(size):
            held.append(size)
            most.append(sum(one for one in held if one > limits.PUBLISH_SMALL_BYTES))
            await asyncio.sleep(0.001)
            held.remove(size)

    large = limits.PUBLISH_BYTES_AT_ONCE // 3
    await asyncio.gather(*(publish(large) for _ in range(10)), *(publish(1000) for _ in range(50)))
    assert max(most) == 3 * large
    async with room.hold(limits.PUBLISH_BYTES_AT_ONCE), room.hold(1000):
        pass


async def test_who_waits_for_long_is_told_to_come_again(monkeypatch):
    monkeypatch.setattr(limits, "PUBLISH_TURN_SECONDS", 0.01)
    room = BodyRoom()
    async with room.hold(limits.PUBLISH_BYTES_AT_ONCE):
        with pytest.raises(UnavailableError):
            async with room.hold(limits.PUBLISH_BODY_BYTES):
                pass
    async with room.hold(limits.PUBLISH_BODY_BYTES):
        pass


async def test_a_body_that_fails_leaves_its_room():
    room = BodyRoom()
    for _ in range(3):
        with pytest.raises(ValueError, match="bad"):
            async with room.hold(limits.PUBLISH_BODY_BYTES):
                raise ValueError("bad")


async def test_a_body_that_drips_is_given_up_and_so_is_its_room(monkeypatch):
    monkeypatch.setattr(limits, "PUBLISH_BODY_SECONDS", 0.01)
    room = BodyRoom()
    with pytest.raises(BodyIncompleteError, match="had not come"):
        async with room.hold(limits.PUBLISH_BYTES_AT_ONCE):
            await in_time(asyncio.sleep(9, b"late"))
    async with room.hold(limits.PUBLISH_BYTES_AT_ONCE):
        assert await in_time(asyncio.sleep(0, b"in time")) == b"in time"
