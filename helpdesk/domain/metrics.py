"""Prometheus metrics: health, read from the database at every scrape, and what the processes of a machine counted."""

import platform
from collections.abc import Iterator
from importlib.metadata import version

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from helpdesk import clock, config, counters
from helpdesk.domain.monitoring import health
from helpdesk.domain.outbox import look_up_counts

LABELS = ("destination", "kind")


class HealthCollector(Collector):
    """Gauges of the waiting deliveries of each destination and of each health check, the same in every process."""

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges; the registry calls this within an application context."""
        yield from _destination_gauges()
        yield _look_up_counter()
        yield _build_info()
        for finding in health.run_checks():
            name = f"helpdesk_{finding.name.lower().replace(' ', '_')}"
            yield GaugeMetricFamily(f"{name}_ok", f"1 while this is in order: {finding.name}.", value=float(finding.ok))
            if finding.value is not None:
                yield GaugeMetricFamily(f"{name}_value", f"The number behind it: {finding.name}.", value=finding.value)


def render_metrics() -> bytes:
    """Render all metrics in the text format of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(HealthCollector())
    counters.register_all(registry)
    return generate_latest(registry)


def _look_up_counter() -> CounterMetricFamily:
    text = "Look-ups after an unknown result: found, absent, and late (arrived after it had been repeated)."
    counter = CounterMetricFamily("helpdesk_delivery_look_ups", text, labels=("result",))
    for name, number in look_up_counts.read_counts().items():
        counter.add_metric((name,), number)
    return counter


def _build_info() -> GaugeMetricFamily:
    info = GaugeMetricFamily("helpdesk_build_info", "Always 1.", labels=("version", "python", "database"))
    database = "sqlite" if config.current().is_sqlite else "postgresql"
    info.add_metric((version("helpdesk"), platform.python_version(), database), 1)
    return info


def _destination_gauges() -> list[GaugeMetricFamily]:
    prefix, now = "helpdesk_", clock.now()
    age = GaugeMetricFamily(
        f"{prefix}oldest_undelivered_seconds", "Age of the oldest delivery that has not left.", labels=LABELS
    )
    waiting = GaugeMetricFamily(f"{prefix}deliveries_waiting", "Deliveries on their way.", labels=LABELS)
    failed = GaugeMetricFamily(f"{prefix}deliveries_failed", "Deliveries that need a person.", labels=LABELS)
    for destination in health.list_destinations():
        labels = (destination.label, destination.kind)
        age.add_metric(labels, (now - destination.oldest).total_seconds() if destination.oldest else 0)
        waiting.add_metric(labels, destination.waiting)
        failed.add_metric(labels, destination.failed)
    return [age, waiting, failed]
