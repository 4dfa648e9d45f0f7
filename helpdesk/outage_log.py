"""One line for an outage: its cause when it begins, then at most one line in half a minute that counts the rest."""

import logging
import threading
import time

REPEAT_SECONDS = 30.0

_lock = threading.Lock()
_reported: dict[str, tuple[float, int]] = {}  # what: when it was last written, and how often it occurred since


def report(log: logging.Logger, what: str, cause: str) -> None:
    """Write a warning that ``what`` because of ``cause``, unless one about ``what`` was written a moment ago."""
    now = time.monotonic()
    with _lock:
        written_at, skipped = _reported.get(what, (None, 0))
        if written_at is not None and now - written_at < REPEAT_SECONDS:
            _reported[what] = (written_at, skipped + 1)
            return
        _reported[what] = (now, 0)
    again = f" ({skipped} more times since the last line)" if skipped else ""
    log.warning("%s: %s%s", what, cause, again)


def reset_reports() -> None:
    """Write the next report of everything."""
    with _lock:
        _reported.clear()
