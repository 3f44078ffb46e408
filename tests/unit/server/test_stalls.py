"""Who stands still in the middle of something is ended; who moves, or is idle, is not."""

from datetime import timedelta

from inkan import limits
from inkan.server.stalls import StallWatch


class Connection:
    def __init__(self, *counts, doing="receiving"):
        self.counts, self.doing, self.ended = list(counts), doing, None

    def progress(self):
        count = self.counts.pop(0) if len(self.counts) > 1 else self.counts[0]
        return None if count is None else (self.doing, count)

    def end_stalled(self, doing):
        self.ended = doing


def looked_at(*connections, seconds=30):
    watch = StallWatch(timedelta(seconds=10))
    for now in range(seconds):
        watch.look([one for one in connections if not one.ended], float(now))
        yield now


def test_NET_002_who_sends_a_byte_a_second_is_ended_within_the_time():
    slow, good = Connection(*range(40)), Connection(*range(0, 40_000, 200))
    ended = next(now for now in looked_at(slow, good) if slow.ended)
    assert 8 <= ended <= 10
    assert slow.ended == "receiving"
    assert good.ended is None


def test_who_is_slow_but_moves_is_left_alone():
    crawling = Connection(*range(0, 100 * limits.STALL_BYTES, limits.STALL_BYTES // 7))
    list(looked_at(crawling, seconds=200))
    assert crawling.ended is None


def test_NET_003_who_reads_nothing_is_ended_and_who_reads_slowly_is_not():
    stuck = Connection(600_000, doing="sending")
    reading = Connection(*range(600_000, 0, -500), doing="sending")
    list(looked_at(stuck, reading))
    assert stuck.ended == "sending"
    assert reading.ended is None


def test_who_is_idle_between_two_requests_begins_anew():
    paused = Connection(*[5] * 7, *[None] * 2, *[5] * 7, None)
    list(looked_at(paused))
    assert paused.ended is None
