"""Processes of ours beside a test, with the settings of the app under test; and waiting for what they do."""

import os
import subprocess
import sys
import time
from pathlib import Path

from helpdesk import config

PATIENCE = 60.0  # seconds for what takes one or two


def start(log: Path, *arguments: str, **environment: object) -> subprocess.Popen:
    """``helpdesk …`` as a process; ``environment`` changes some of the settings. Whoever starts it ends it."""
    ours = {setting.name: _text(getattr(config.current(), setting.name)) for setting in config.ENVIRONMENT_VARIABLES}
    ours |= {name: _text(value) for name, value in environment.items()}
    with log.open("ab") as output:
        command = [sys.executable, "-m", "helpdesk.cli", *arguments]
        return subprocess.Popen(command, env={**os.environ, **ours}, stdout=output, stderr=output)


def until(ready, what: str = "what was to come", pause: float = 0.02) -> None:
    """Wait for ``ready()``; fails naming ``what``."""
    deadline = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(pause)


def _text(value: object) -> str:
    return ("1" if value else "") if isinstance(value, bool) else str(value)
