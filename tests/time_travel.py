"""Moves the clock of this process; the product and its stand-ins read the same clock.

``time.monotonic`` stays as it is, so that waiting for a condition with a limit works as ever.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import time_machine

_travel: time_machine.travel | None = None
_traveller: time_machine.Traveller | None = None


def advance(seconds: float) -> None:
    """Move the clock ahead by ``seconds``; it goes on running from there."""
    global _travel, _traveller
    if _travel is None or _traveller is None:
        _travel = time_machine.travel(datetime.now(UTC), tick=True)
        _traveller = _travel.start()
    _traveller.shift(seconds)


@contextmanager
def frozen() -> Iterator[None]:
    """Stop the clock of this process meanwhile, so that nothing falls due because the machine is slow."""
    with time_machine.travel(datetime.now(UTC), tick=False):
        yield


def reset() -> None:
    """Give the real time back."""
    global _travel, _traveller
    if _travel is not None:
        _travel.stop()
    _travel = _traveller = None
