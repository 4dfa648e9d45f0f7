"""Creates timestamps and identifiers in Slack's formats: unique, increasing, upper case."""

import itertools
import random
import string
import threading
import time

_ID_CHARACTERS = string.ascii_uppercase + string.digits
_lock = threading.Lock()
_last_timestamp = 0
_counter = itertools.count(1)
_random = random.Random()


def next_timestamp() -> str:
    """A message timestamp, seconds with six decimals, greater than every earlier one of this process.

    Source: docs.slack.dev/messaging/retrieving-messages (ts identifies a message of a channel).
    """
    global _last_timestamp
    with _lock:
        _last_timestamp = max(_last_timestamp + 1, time.time_ns() // 1000)
        return f"{_last_timestamp // 1_000_000}.{_last_timestamp % 1_000_000:06d}"


def reset_timestamps() -> None:
    """Let timestamps follow the clock again, after it was set back."""
    global _last_timestamp
    with _lock:
        _last_timestamp = 0


def create_id(prefix: str) -> str:
    """A fresh identifier such as F0A1B2C3D4E, unique in this process.

    Source: samples of java-slack-sdk, json-logs.
    """
    number, tail = next(_counter), ""
    while number:
        number, digit = divmod(number, 36)
        tail = _ID_CHARACTERS[digit] + tail
    return prefix + "0" + "".join(_random.choices(_ID_CHARACTERS, k=6)) + tail.rjust(4, "A")


def create_block_id() -> str:
    """A block id as Slack invents one when the app gave none.

    Source: docs.slack.dev/reference/block-kit/blocks.
    """
    return "".join(_random.choices(string.ascii_letters + string.digits, k=5))
