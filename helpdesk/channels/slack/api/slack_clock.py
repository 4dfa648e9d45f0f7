"""Slack's time, by the Date of its answers: the ts of a message is compared with it and never with our own clock.

Our times are converted with the offset that this process measured last. ``MARGIN`` covers what cannot be known: how far
the clock of another server of ours was off when it wrote a time into the database.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.cookiejar import http2time

from helpdesk import clock

MARGIN = timedelta(hours=1)
MEASURED_FOR_SECONDS = 60.0  # after which an offset is measured again where it decides about a request

_offset = timedelta(0)
_measured_at: float | None = None


def record_answer(headers: Mapping[str, str]) -> None:
    """Measure the offset by the Date among ``headers`` of an answer that came just now."""
    global _offset, _measured_at
    for name, value in headers.items():
        if name.lower() == "date":
            seconds = http2time(value)
            if seconds is not None:
                _offset = datetime.fromtimestamp(seconds, UTC) - clock.now()
                _measured_at = time.monotonic()
            return


def measured_lately() -> bool:
    """Whether the offset was measured a short time ago."""
    return _measured_at is not None and time.monotonic() - _measured_at < MEASURED_FOR_SECONDS


def now() -> datetime:
    """Slack's present time."""
    return clock.now() + _offset


def to_slack_time(when: datetime) -> datetime:
    """Convert a time of ours to Slack's."""
    return when + _offset


def to_our_time(when: datetime) -> datetime:
    """Convert a time of Slack's to ours."""
    return when - _offset
