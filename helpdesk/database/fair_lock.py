"""A lock that threads get in the order in which they asked for it."""

import threading
from collections import deque


class FairLock:
    """Held by one thread at a time; `threading.Lock` lets a thread that has just come overtake those that wait."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_held = False

    def acquire(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds; whether the lock is held now."""
        with self._mutex:
            if not self._is_held:
                self._is_held = True
                return True
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(timeout):
            return True
        with self._mutex:
            if turn.is_set():  # it was given in this moment
                return True
            self._waiting.remove(turn)
            return False

    def release(self) -> None:
        """Give the lock to the thread that has waited longest, if any does."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._is_held = False

    def count_waiting(self) -> int:
        """Return how many threads wait for the lock."""
        with self._mutex:
            return len(self._waiting)
