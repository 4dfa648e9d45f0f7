"""A PgBouncer on this machine, in transaction or session mode, before a server that can change."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from helpdesk.cli import supervisor

PROGRAM = "/usr/sbin/pgbouncer"
START_TIMEOUT_SECONDS = 30.0
CONFIGURATION = """[databases]
postgres = host={host} port={server_port} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 400
ignore_startup_parameters = extra_float_digits
server_check_delay = 5
server_login_retry = 1
unix_socket_dir =
"""


class PgBouncer:
    """``mode`` is transaction or session; ``size`` the most connections to the server."""

    def __init__(self, folder: Path, port: int, mode: str, size: int) -> None:
        self.port, self.mode, self.size = port, mode, size
        self._path, self._log = folder / "pgbouncer.ini", folder / "pgbouncer.log"
        self._process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        options = "?prepare_threshold=none" if self.mode == "transaction" else ""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres{options}"

    def start(self, host: str, server_port: int) -> None:
        """Start it before the server at ``host``; returns once it answers."""
        self.move(host, server_port)
        command = [PROGRAM, *(["-u", "nobody"] if os.getuid() == 0 else []), str(self._path)]
        with self._log.open("ab") as log:
            self._process = supervisor.start_process(command, dict(os.environ), log)
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            try:
                psycopg.connect(self.url.partition("?")[0], connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def move(self, host: str, server_port: int) -> None:
        """Write the configuration for the server at ``host``, and let a running PgBouncer read it."""
        text = CONFIGURATION.format(host=host, server_port=server_port, port=self.port, mode=self.mode, size=self.size)
        self._path.write_text(text)
        self._path.chmod(0o644)
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
