"""How fast this machine is just now, for the few tests that promise seconds."""

import time


def stretch() -> float:
    """How many times longer things take just now than on a machine that has nothing else to do; at least once."""
    began, own = time.monotonic(), time.process_time()
    sum(range(5_000_000))
    return max(1.0, (time.monotonic() - began) / (time.process_time() - own))
