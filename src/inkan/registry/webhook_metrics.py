"""What comes of webhooks, in the metrics: a receiver that is away is seen before its events are given up."""

from dataclasses import dataclass

from inkan.web.metrics import Counter, Gauge, Metrics


@dataclass(frozen=True, slots=True)
class WebhookMetrics:
    """The measurements.

    Attributes:
        messages: sent, by what came of them: `taken` or `failed`.
        given_up: events that were tried too often.
        waiting: events that are still to be told.
    """

    messages: Counter
    given_up: Counter
    waiting: Gauge

    @classmethod
    def within(cls, metrics: Metrics) -> "WebhookMetrics":
        """Return new measurements among those of a server."""
        return cls(
            metrics.counter("inkan_webhook_messages_total", "Messages sent to webhooks.", ("outcome",)),
            metrics.counter("inkan_webhook_events_given_up_total", "Events that a webhook did not take often enough to be told."),
            metrics.gauge("inkan_webhook_events_waiting", "Events that webhooks are still to be told."),
        )  # fmt: skip
