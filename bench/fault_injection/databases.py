"""The databases of a run: a SQLite file or a private PostgreSQL server. Each can be made unavailable."""

import contextlib
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from bench import postgres_programs
from helpdesk.cli import supervisor

START_TIMEOUT_SECONDS = 60.0
LOCK_TIMEOUT_SECONDS = 1.5  # longer than any transaction of the product

# A killed process loses nothing that fsync would keep; only a power cut would.
UNSAFE = ("fsync=off",)


class SQLite:
    """A file. It is unavailable while another process holds its lock."""

    kind = "sqlite"

    def __init__(self, folder: Path):
        self.path = folder / "helpdesk.db"
        self.url = f"sqlite:///{self.path}"
        self._holder: sqlite3.Connection | None = None

    def start(self) -> None:
        """Do nothing: SQLite has no server."""

    def lock(self) -> None:
        """Take the write lock and hold it.

        It is tried again and again, as the product does, because busy writers would otherwise never leave a gap.
        """
        self._holder = sqlite3.connect(self.path, isolation_level=None, timeout=0, check_same_thread=False)
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            try:
                self._holder.execute("BEGIN EXCLUSIVE")
                return
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.0005)

    def is_locked(self) -> bool:
        """Whether another process holds the write lock longer than any transaction of the product."""
        probe = sqlite3.connect(self.path, isolation_level=None, timeout=0)
        deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
        try:
            while time.monotonic() < deadline:
                with contextlib.suppress(sqlite3.OperationalError):
                    probe.execute("BEGIN IMMEDIATE")
                    return False
                time.sleep(0.0005)
            return True
        finally:
            probe.close()

    def unlock(self) -> None:
        if self._holder is not None:
            with contextlib.suppress(sqlite3.Error):
                self._holder.execute("ROLLBACK")
            self._holder.close()
            self._holder = None

    def stop(self) -> None:
        self.unlock()


class PostgreSQL:
    """A server on a socket in ``folder``.

    It runs as an ordinary user even if this process is root, because PostgreSQL refuses root.
    """

    kind = "postgresql"

    def __init__(self, folder: Path, options: tuple[str, ...] = UNSAFE):
        self.binaries = postgres_programs.find_programs()
        self.folder = folder / "postgresql"
        self.url = self.get_url("postgres")
        self.log = folder / "postgresql.log"
        self._user = postgres_programs.get_ordinary_user(folder, self.folder)
        self._options = options
        self._server: subprocess.Popen | None = None

    def get_url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    @property
    def pid(self) -> int:
        """The id of the server's first process, whose children the others are."""
        assert self._server is not None
        return self._server.pid

    def start(self) -> None:
        """Make the cluster if it is new, start the server, wait until it answers."""
        if not (self.folder / "PG_VERSION").exists():
            command = [self.binaries / "initdb", "-D", self.folder, "-U", "postgres", "--auth=trust", "--encoding=utf8"]
            command += postgres_programs.get_initdb_options()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=self._user, cwd="/")
        settings = ("listen_addresses=", "max_connections=200", *self._options)
        options = [word for setting in settings for word in ("-c", setting)]
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [self.binaries / "postgres", "-D", self.folder, "-k", self.folder, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._user,
                cwd="/",
                start_new_session=True,
                preexec_fn=lambda: supervisor.die_with_parent(signal.SIGINT),
            )
        self.wait()

    def wait(self) -> None:
        """Wait until the server accepts a connection; raises after START_TIMEOUT_SECONDS."""
        import psycopg

        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def restart_immediately(self) -> None:
        """Do what ``pg_ctl restart -m immediate`` does: connections are cut, and the start recovers."""
        self._end(signal.SIGQUIT)
        self.start()

    def is_locked(self) -> bool:
        """Whether a connection is idle in a transaction, so that others wait for its rows."""
        import psycopg

        idle = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE state = 'idle in transaction' AND now() - state_change > interval '1 second'"
        )
        time.sleep(LOCK_TIMEOUT_SECONDS)
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=2) as connection:
            return connection.execute(idle).fetchone()[0] > 0
        return False

    def stop(self) -> None:
        self._end(signal.SIGINT)

    def _end(self, number: int) -> None:
        if self._server is None:
            return
        if self._server.poll() is None:
            self._server.send_signal(number)
        try:
            self._server.wait(10)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()
        self._server = None
