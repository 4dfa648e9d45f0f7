"""Starts processes of the product with the settings of the app under test."""

import os
import subprocess
import sys
from pathlib import Path

from helpdesk import config


def start(
    log: Path, *arguments: str, first: str = "", pass_fds: tuple[int, ...] = (), **environment: object
) -> subprocess.Popen:
    """``helpdesk …`` as a process; ``environment`` changes some of the settings. Whoever starts it ends it.

    ``first`` is Python that the process runs before anything else; ``pass_fds`` are descriptors that it inherits.
    """
    with log.open("ab") as output:
        command = [sys.executable, "-c", f"{first}\nfrom helpdesk.cli import main\nmain()", *arguments]
        return subprocess.Popen(
            command, env=make_environment(**environment), stdout=output, stderr=output, pass_fds=pass_fds
        )


def make_environment(**changes: object) -> dict[str, str]:
    """The environment of a process with the settings of the app under test, some of them changed."""
    ours = {setting.name: _text(getattr(config.current(), setting.name)) for setting in config.ENVIRONMENT_VARIABLES}
    return {**os.environ, **ours, **{name: _text(value) for name, value in changes.items()}}


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return ("1" if value else "") if isinstance(value, bool) else str(value)
