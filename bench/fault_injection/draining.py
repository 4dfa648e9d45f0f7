"""Waits after a run until everything that was accepted has arrived."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Drained:
    """The last ``records``; ``after`` how many seconds nothing was missing, None if something always was.

    ``own_seconds`` is the same by the clock that was given. ``late`` was missing when the promised time was over,
    ``missing`` at the end.
    """

    records: dict
    after: float | None
    late: list[str]
    missing: list[str]
    own_seconds: float | None = None


def wait_until_drained(
    list_missing: Callable[[dict], list[str]],
    records: Callable[[], dict],
    timeout: float,
    lost_after: float,
    quiet: float,
    work: Callable[[list[str]], None] = lambda missing: None,
    clock: Callable[[], float] = time.monotonic,
) -> Drained:
    """Read ``records()`` until nothing is missing, then until nothing has changed for ``quiet`` seconds.

    What is missing after ``timeout`` seconds by ``clock`` is late, and after ``lost_after`` more it is lost.
    """
    started_at, started_by_clock = time.monotonic(), clock()
    drained_after, own_seconds, late = None, None, None
    calls, since = None, started_at
    while True:
        seen, now = records(), time.monotonic()
        missing = list_missing(seen)
        work(missing)
        if not missing and seen["waiting"] == 0 and drained_after is None:
            drained_after, own_seconds = now - started_at, clock() - started_by_clock
        moved = (seen["calls"].get("chat.postMessage"), len(seen["mails"]))
        if moved != calls:
            calls, since = moved, now
        waited = clock() - started_by_clock
        if late is None and (drained_after is not None or waited > timeout):
            late = [] if drained_after is not None else missing
        is_over = waited > timeout + lost_after + quiet
        if is_over or (drained_after is not None and now - since > quiet):
            return Drained(seen, drained_after, late or [], [] if drained_after is not None else missing, own_seconds)
        time.sleep(1)
