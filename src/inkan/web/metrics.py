"""Counts and durations of requests, in Prometheus' text form.

Labels are the operation's name, the method and the status: never a repository or an account, whose number has no bound.

Source: Prometheus, Exposition formats § Text-based format 0.0.4; docs/adr/0018-what-runs-is-a-short-list.md.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

_SECONDS = (0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0, 600.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_Labels = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Gauge:
    """A number that is what it was set to last."""

    value: float = 0.0

    def set(self, value: float) -> None:
        """Be this from now on."""
        self.value = value


class Counter:
    """A number that only grows; one for each set of its labels' values."""

    def __init__(self, names: tuple[str, ...] = ()) -> None:
        self._names = names
        # without labels there is one from the start: that nothing has happened is said as well
        self._counts: dict[tuple[str, ...], float] = {} if names else {(): 0.0}

    def inc(self, by: float = 1, labels: tuple[str, ...] = ()) -> None:
        """Grow.

        Args:
            by: how much.
            labels: which one of them: a value for each label.
        """
        if len(labels) != len(self._names):
            raise ValueError(f"labels are {self._names}")
        self._counts[labels] = self._counts.get(labels, 0.0) + by

    def samples(self) -> Iterator[tuple[_Labels, float]]:
        """Yield each number with its labels."""
        for values, count in self._counts.items():
            yield tuple(zip(self._names, values, strict=True)), count


@dataclass(slots=True)
class _Durations:
    """How many took how long: one count for each bound, and one for what is over all of them."""

    total: float = 0.0
    counts: list[int] = field(default_factory=lambda: [0] * (len(_SECONDS) + 1))

    def observe(self, seconds: float) -> None:
        self.total += seconds
        self.counts[bisect_left(_SECONDS, seconds)] += 1


class Metrics:
    """The measurements of one server process."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str, int], int] = {}
        self._seconds: dict[str, _Durations] = {}
        self._counters: dict[str, tuple[str, Counter]] = {}
        self._gauges: dict[str, tuple[str, Gauge]] = {}

    def observe(self, operation: str, method: str, status: int, seconds: float) -> None:
        """Take one finished request."""
        key = (operation, method if method in _METHODS else "other", status)
        self._requests[key] = self._requests.get(key, 0) + 1
        durations = self._seconds.get(operation)
        if durations is None:
            durations = self._seconds[operation] = _Durations()
        durations.observe(seconds)

    def counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        """Return a new counter of these measurements; its name ends in `_total`."""
        return self._counters.setdefault(name, (text, Counter(labels)))[1]

    def gauge(self, name: str, text: str) -> Gauge:
        """Return a new gauge of these measurements."""
        return self._gauges.setdefault(name, (text, Gauge()))[1]

    def text(self) -> bytes:
        """Return every measurement in Prometheus' text form."""
        return "".join(f"{line}\n" for line in self._lines()).encode()

    def _lines(self) -> Iterator[str]:
        name = "inkan_http_requests_total"
        yield from _head(name, "counter", "Requests answered.")
        for (operation, method, status), count in self._requests.items():
            labels = (("method", method), ("operation", operation), ("status", str(status)))
            yield _sample(name, labels, count)
        name = "inkan_http_request_seconds"
        yield from _head(name, "histogram", "Time from the request's head to the end of its answer.")  # fmt: skip
        for operation, durations in self._seconds.items():
            yield from _histogram(name, operation, durations)
        for name, (text, counter) in self._counters.items():
            yield from _head(name, "counter", text)
            for own, value in counter.samples():
                yield _sample(name, own, value)
        for name, (text, gauge) in self._gauges.items():
            yield from _head(name, "gauge", text)
            yield _sample(name, (), gauge.value)


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _histogram(name: str, operation: str, durations: _Durations) -> Iterator[str]:
    so_far, own = 0, (("operation", operation),)
    for bound, count in zip((*_SECONDS, "+Inf"), durations.counts, strict=True):
        so_far += count
        yield _sample(f"{name}_bucket", (("le", str(bound)), *own), so_far)
    yield _sample(f"{name}_count", own, so_far)
    yield _sample(f"{name}_sum", own, durations.total)


def _sample(name: str, labels: _Labels, value: float) -> str:
    # names of operations and methods are ours; they are escaped all the same
    shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    return f"{name}{{{shown}}} {float(value)}" if shown else f"{name} {float(value)}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
