"""A process that has to end accepts nothing more before its server closes the connections it has."""

import subprocess
import sys

from tests import timeouts


def test_nothing_is_accepted_any_more_when_the_server_closes_its_connections():
    """In a process of its own: signals belong to its main thread, where journeys have an event loop."""
    command = [sys.executable, "-m", "tests.web.live.orderly_end"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=timeouts.LIMIT, check=False)
    assert (result.stdout.split(), result.stderr) == (["accepted", "closed"], "")
