"""Whether this process was asked to end, for a main thread that waits and works in turns."""

import contextlib
import os
import select
import signal
from collections.abc import Iterable


class StopSignal:
    """Whether this process has received one of ``numbers``. Made in the main thread, where Python handles signals.

    The handler only writes to a pipe. ``threading.Event.set`` takes a lock, and the main thread, which the handler
    interrupts, may hold it in ``wait``: it would then wait for itself for ever.
    """

    def __init__(self, numbers: Iterable[int] = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)) -> None:
        self._is_set = False
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)
        for number in numbers:
            signal.signal(number, self._set)

    def _set(self, *_: object) -> None:
        self._is_set = True
        with contextlib.suppress(OSError):
            os.write(self._writing, b".")

    def __bool__(self) -> bool:
        return self._is_set

    def wait(self, seconds: float | None = None) -> bool:
        """Sleep until a signal arrives, ``seconds`` at most. True if one has arrived."""
        select.select([self._reading], [], [], seconds)
        return self._is_set
