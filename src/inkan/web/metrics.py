"""Counts and durations of requests, in Prometheus' text form.

Labels are the operation's name, the method and the status: never a repository or an account, whose number has no bound.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 600)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})


class Metrics:
    """The measurements of one server process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "inkan_http_requests_total",
            "Requests answered.",
            ("operation", "method", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "inkan_http_request_seconds",
            "Time from the request's head to the end of its answer.",
            ("operation",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        # looking a label up costs more than counting
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def observe(self, operation: str, method: str, status: int, seconds: float) -> None:
        """Take one finished request."""
        known = method if method in _METHODS else "other"
        children = self._children.get((operation, known, status))
        if children is None:
            children = (
                self._requests.labels(operation, known, str(status)),
                self._seconds.labels(operation),
            )
            self._children[operation, known, status] = children
        children[0].inc()
        children[1].observe(seconds)

    def counter(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Counter:
        """Return a new counter of these measurements."""
        return Counter(name, text, labels, registry=self.registry)

    def gauge(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
        """Return a new gauge of these measurements."""
        return Gauge(name, text, labels, registry=self.registry)

    def text(self) -> bytes:
        """Return every measurement in Prometheus' text form."""
        return generate_latest(self.registry)
