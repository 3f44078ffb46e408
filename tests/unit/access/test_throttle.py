"""Guesses are few, and the true user gets in: ten thousand guesses an hour from ten thousand addresses, on a clock that is set."""

from datetime import timedelta

import pytest

from inkan.access.throttle import Throttle, network_of
from inkan.errors import TooManyAttemptsError
from inkan.testing.clock import FixedClock

HOUR = 3600.0
KNOWN = "198.51.100.9"


def may(throttle, account, address, *, is_known=False):
    try:
        throttle.take_turn(account, address, is_known=is_known)
    except TooManyAttemptsError as error:
        return error.retry_after_seconds
    return 0


@pytest.mark.parametrize("addresses", [1, 7, 300, 10_000])
def test_AUTH_030_of_ten_thousand_guesses_in_an_hour_less_than_a_hundred_are_tried(addresses):
    clock = FixedClock()
    throttle, tried = Throttle(clock), 0
    for number in range(10_000):
        address = f"10.{number % addresses // 250}.{number % addresses % 250}.1"
        tried += may(throttle, "alice", address) == 0
        clock.move(timedelta(seconds=HOUR / 10_000))
        if number % 500 == 0:
            # the true user, at any moment of the attack: at once, from where the account was used before
            assert may(throttle, "alice", KNOWN, is_known=True) == 0
            throttle.succeeded("alice", KNOWN, is_known=True)
    assert tried < 100


def test_AUTH_030_the_true_user_who_mistypes_during_an_attack_waits_no_longer_than_ever():
    clock = FixedClock()
    throttle = Throttle(clock)
    for number in range(1_000):
        may(throttle, "alice", f"10.0.{number // 250}.{number % 250}")
    for _ in range(4):
        assert may(throttle, "alice", KNOWN, is_known=True) == 0
    assert may(throttle, "alice", KNOWN, is_known=True) == 0
    assert may(throttle, "alice", KNOWN, is_known=True) <= 2


def test_AUTH_030_no_account_is_locked_for_ever():
    """A stranger with the right password gets a turn within a minute of the attack's end, and each minute after."""
    clock = FixedClock()
    throttle = Throttle(clock)
    for number in range(5_000):
        may(throttle, "alice", f"10.{number // 250}.{number % 250}.1")
    wait = may(throttle, "alice", "203.0.113.1")
    assert 0 < wait <= 60
    clock.move(timedelta(seconds=wait))
    assert may(throttle, "alice", "203.0.113.1") == 0
    throttle.succeeded("alice", "203.0.113.1", is_known=False)
    assert may(throttle, "bob", "203.0.113.2") == 0


def test_AUTH_031_spraying_from_one_address_is_slow_and_from_many_bounded():
    clock = FixedClock()
    throttle = Throttle(clock)
    tried = 0
    for number in range(10_000):
        tried += may(throttle, f"user{number}", "10.0.0.1") == 0
        clock.move(timedelta(seconds=HOUR / 10_000))
    assert tried < 60
    clock.move(timedelta(hours=2))
    sprayed = sum(
        may(throttle, f"user{n}", f"10.{n // 65_000}.{n // 250 % 250}.{n % 250}") == 0
        for n in range(5_000)
    )
    assert sprayed <= 1_000
    assert may(throttle, "alice", KNOWN, is_known=True) == 0


def test_guesses_that_arrive_all_at_once_are_counted_before_they_are_checked():
    throttle = Throttle(FixedClock())
    assert sum(may(throttle, "alice", "10.0.0.1") == 0 for _ in range(50)) == 5


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2."),
        ("2001:db8:1:2:3::7", "2001:0db8:0001:0002:"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_neighbours_share_a_network(address, network):
    assert network_of(address) == network
