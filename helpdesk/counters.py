"""The Prometheus counters, one gauge and the histogram that the processes of a machine share (``process_metrics``).

While the disk is full, only what was counted before is counted: the files would have to grow for anything else.
"""

import os
import threading
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from helpdesk import process_metrics

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_lock = threading.Lock()
_counted: set[tuple[object, ...]] = set()  # what the files have a place for, by process: each has files of its own


class Metrics(NamedTuple):
    """All metrics that are counted."""

    requests: "Counter"
    durations: "Histogram"
    deliveries: "Counter"
    streams: "Gauge"


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count a response and its time."""
    method = method if method in METHODS else "other"
    if _may_count(method, route, status):
        metrics = _get_metrics()
        metrics.requests.labels(method, route, status).inc()
        metrics.durations.labels(route).observe(seconds)


def count_delivery(channel: str, result: str) -> None:
    """Count an attempt: ``result`` is sent, temporary, permanent, blocked, unknown or error."""
    if _may_count(channel, result):
        _get_metrics().deliveries.labels(channel, result).inc()


def add_streams(number: int) -> None:
    """Count streams that were opened, or with a negative number closed."""
    if _may_count("streams"):
        _get_metrics().streams.inc(number)


def register_all(registry: "CollectorRegistry") -> None:
    """Add everything above to ``registry``: of all processes of this machine, or of this one alone."""
    from prometheus_client import multiprocess
    from prometheus_client.registry import Collector

    class FilesCollector(Collector):
        def collect(self) -> Any:
            return multiprocess.MultiProcessCollector.merge(process_metrics.list_files(), accumulate=True)

    if process_metrics.is_shared():
        registry.register(FilesCollector())
        return
    for metric in _get_metrics():
        registry.register(metric)


def _may_count(*labels: object) -> bool:
    key = (os.getpid(), *labels)
    if key not in _counted:
        if not process_metrics.has_free_space():
            return False
        _counted.add(key)
    return True


def _get_metrics() -> Metrics:
    with _lock:
        return _make_metrics()


@cache
def _make_metrics() -> Metrics:
    """Make them at the first use: from the import of prometheus_client on, it knows whether they are shared."""
    from prometheus_client import Counter, Gauge, Histogram

    return Metrics(
        Counter("helpdesk_requests", "Answered requests.", ("method", "route", "status"), registry=None),
        Histogram(
            "helpdesk_request_duration_seconds",
            "From request to response.",
            ("route",),
            buckets=BUCKETS,
            registry=None,
        ),
        Counter("helpdesk_deliveries", "Attempts to deliver, by result.", ("channel", "result"), registry=None),
        Gauge("helpdesk_live_streams", "Open live streams.", multiprocess_mode="livesum", registry=None),
    )
