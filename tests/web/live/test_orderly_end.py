"""A process that has to end answers whoever it accepts, and refuses the others in the time that it still has."""

import subprocess
import sys

from tests import timeouts


def test_nobody_is_cut_off_by_a_process_that_ends():
    """In a process of its own: signals belong to its main thread, where journeys have an event loop."""
    command = [sys.executable, "-m", "tests.web.live.orderly_end"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=timeouts.LIMIT, check=False)
    assert result.stdout.split() == ["answered", "refused", "closed"], result.stderr
