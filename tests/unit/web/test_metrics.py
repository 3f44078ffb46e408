"""The text of the metrics is read by Prometheus' own reader, and says what was observed."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from inkan.web.metrics import Metrics


@pytest.fixture
def metrics():
    return Metrics()


def read(metrics):
    """Return families by name, as a scraper sees them."""
    return {one.name: one for one in text_string_to_metric_families(metrics.text().decode())}


def test_what_was_observed_is_counted_by_operation_method_and_status(metrics):
    for method, status in (("GET", 200), ("GET", 200), ("GET", 404), ("BREW", 405)):
        metrics.observe("pull", method, status, 0.01)
    family = read(metrics)["inkan_http_requests"]
    assert family.type == "counter"
    counts = {(one.labels["method"], one.labels["status"]): one.value for one in family.samples}
    assert counts == {("GET", "200"): 2, ("GET", "404"): 1, ("other", "405"): 1}
    assert {one.labels["operation"] for one in family.samples} == {"pull"}


def test_a_bound_counts_all_that_are_not_over_it(metrics):
    for seconds in (0.0005, 0.001, 0.0011, 0.3, 700):
        metrics.observe("pull", "GET", 200, seconds)
    family = read(metrics)["inkan_http_request_seconds"]
    assert family.type == "histogram"
    buckets = {one.labels["le"]: one.value for one in family.samples if one.name.endswith("_bucket")}  # fmt: skip
    assert buckets == {
        "0.001": 2, "0.005": 3, "0.025": 3, "0.1": 3, "0.5": 4, "2.5": 4, "10.0": 4, "60.0": 4, "600.0": 4, "+Inf": 5,
    }  # fmt: skip
    rest = {one.name.rpartition("_")[2]: one.value for one in family.samples}
    assert rest["count"] == 5
    assert rest["sum"] == pytest.approx(700.3026)


def test_a_gauge_is_what_it_was_set_to_last(metrics):
    gauge = metrics.gauge("inkan_things", "How many.")
    assert read(metrics)["inkan_things"].samples[0].value == 0
    gauge.set(7)
    assert metrics.gauge("inkan_things", "How many.") is gauge
    family = read(metrics)["inkan_things"]
    assert (family.type, family.documentation, family.samples[0].value) == ("gauge", "How many.", 7)


def test_a_counter_grows_by_its_labels(metrics):
    counter = metrics.counter("inkan_messages_total", "Sent.", ("outcome",))
    metrics.counter("inkan_lost_total", "Lost.")
    for outcome in ("taken", "failed", "taken"):
        counter.inc(labels=(outcome,))
    families = read(metrics)
    counts = {one.labels["outcome"]: one.value for one in families["inkan_messages"].samples}
    assert counts == {"taken": 2, "failed": 1}
    assert families["inkan_lost"].samples[0].value == 0
    with pytest.raises(ValueError, match="outcome"):
        counter.inc()


def test_a_label_that_would_end_a_line_does_not(metrics):
    """No operation is called so; a mistake would be one wrong label and no wrong metric."""
    name = 'a"b\\c\nd'
    metrics.observe(name, "GET", 200, 1)
    (sample,) = read(metrics)["inkan_http_requests"].samples
    assert sample.labels["operation"] == name
