"""Waits for a condition, with a limit that only a failure reaches."""

import time
from collections.abc import Callable
from typing import TypeVar

LIMIT = 120.0  # seconds; nothing that works takes this long, on however busy a machine

Found = TypeVar("Found")


def wait_for(
    look: Callable[[], Found], what: str = "what was to come", limit: float = LIMIT, pause: float = 0.02
) -> Found:
    """What ``look`` gives as soon as it is true; fails naming ``what`` after ``limit`` seconds."""
    deadline = time.monotonic() + limit
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {limit:.0f} s in vain for {what}"
        time.sleep(pause)
    return found
