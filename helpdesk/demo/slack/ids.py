"""Timestamps and identifiers as Slack makes them: unique, increasing, upper case."""

import itertools
import random
import string
import threading
import time

_LETTERS = string.ascii_uppercase + string.digits
_lock = threading.Lock()
_last = 0
_counter = itertools.count(1)
_random = random.Random()


def timestamp() -> str:
    """A message timestamp, seconds with six decimals, greater than every earlier one of this process."""
    global _last
    with _lock:
        _last = max(_last + 1, time.time_ns() // 1000)
        return f"{_last // 1_000_000}.{_last % 1_000_000:06d}"


def new(prefix: str) -> str:
    """A fresh identifier such as F0A1B2C3D4E, unique in this process."""
    number, tail = next(_counter), ""
    while number:
        number, digit = divmod(number, 36)
        tail = _LETTERS[digit] + tail
    return prefix + "0" + "".join(_random.choices(_LETTERS, k=6)) + tail.rjust(4, "A")


def short() -> str:
    """A block id as Slack invents one when the app gave none."""
    return "".join(_random.choices(string.ascii_letters + string.digits, k=5))
