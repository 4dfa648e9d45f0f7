"""The signal to end arrives at any moment, also between two instructions of the wait for it."""

import subprocess
import sys

from tests import timeouts

SIGNALS = 5000
INTERRUPTED_AT_RANDOM = f"""
import os, signal, threading
from helpdesk.stop_signal import StopSignal

stop_signal = StopSignal((signal.SIGUSR1,))
assert not stop_signal and not stop_signal.wait(0)

def send():
    for _ in range({SIGNALS}):
        os.kill(os.getpid(), signal.SIGUSR1)

sending = threading.Thread(target=send)
sending.start()
while sending.is_alive():
    stop_signal.wait(0.0001)
assert stop_signal and stop_signal.wait() and stop_signal.wait(3600)
"""


def test_a_signal_never_blocks_the_thread_that_waits_for_it():
    command = [sys.executable, "-c", INTERRUPTED_AT_RANDOM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeouts.LIMIT)
    assert done.returncode == 0, done.stderr
