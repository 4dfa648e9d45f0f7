"""An outage in the log: one line with its cause, one in half a minute that counts the rest, and one when it is over."""

import logging
import threading
import time
from dataclasses import dataclass

REPEAT_SECONDS = 30.0


@dataclass
class _Outage:
    """What is known of an outage; ``began_at`` is None when it is over, or was never written about."""

    began_at: float | None = None
    written_at: float | None = None
    skipped: int = 0


_lock = threading.Lock()
_outages: dict[str, _Outage] = {}  # by what does not work


def report(log: logging.Logger, what: str, cause: str, during: str = "") -> None:
    """Write a warning that ``what`` because of ``cause``, unless one about ``what`` was written a moment ago.

    ``during`` says what was tried. It does not tell outages apart: whatever needs the same server has the same one.
    """
    now = time.monotonic()
    with _lock:
        outage = _outages.setdefault(what, _Outage())
        if outage.written_at is not None and now - outage.written_at < REPEAT_SECONDS:
            outage.skipped += 1
            return
        skipped, outage.skipped, outage.written_at = outage.skipped, 0, now
        if outage.began_at is None:
            outage.began_at = now
    where = f" ({during})" if during else ""
    again = f" ({skipped} more times since the last line)" if skipped else ""
    log.warning("%s%s: %s%s", what, where, cause, again)


def note_recovery(log: logging.Logger, what: str) -> None:
    """Write that it is over, if a line was written that ``what``. It may be called whenever something works."""
    outage = _outages.get(what)
    if outage is None or outage.began_at is None:
        return
    with _lock:
        if outage.began_at is None:
            return
        seconds, outage.began_at = time.monotonic() - outage.began_at, None
        skipped, outage.skipped = outage.skipped, 0
    again = f" ({skipped} more times since the last line)" if skipped else ""
    log.warning("%s: this is over after %.0f s%s", what, seconds, again)


def reset_reports() -> None:
    """Write the next report of everything."""
    with _lock:
        _outages.clear()
