"""Waits after a run until everything that was accepted has arrived."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Drained:
    """The last ``records``; ``after`` how many seconds nothing was missing, None if something always was.

    ``late`` was missing when the promised time was over, ``missing`` at the end.
    """

    records: dict
    after: float | None
    late: list[str]
    missing: list[str]


def wait_until_drained(
    list_missing: Callable[[dict], list[str]],
    records: Callable[[], dict],
    timeout: float,
    lost_after: float,
    quiet: float,
    work: Callable[[list[str]], None] = lambda missing: None,
) -> Drained:
    """Read ``records()`` until nothing is missing, then until nothing has changed for ``quiet`` seconds.

    What is missing after ``timeout`` seconds is late, and after ``lost_after`` more it is lost.
    """
    started_at = time.monotonic()
    drained_after, late = None, None
    calls, since = None, started_at
    while True:
        seen, now = records(), time.monotonic()
        missing = list_missing(seen)
        work(missing)
        if not missing and seen["waiting"] == 0 and drained_after is None:
            drained_after = now - started_at
        moved = (seen["calls"].get("chat.postMessage"), len(seen["mails"]))
        if moved != calls:
            calls, since = moved, now
        if late is None and (drained_after is not None or now - started_at > timeout):
            late = [] if drained_after is not None else missing
        is_over = now - started_at > timeout + lost_after + quiet
        if is_over or (drained_after is not None and now - since > quiet):
            return Drained(seen, drained_after, late or [], [] if drained_after is not None else missing)
        time.sleep(1)
