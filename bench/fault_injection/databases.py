"""The databases of a run: a SQLite file, or a PostgreSQL server of our own. Each can be put out of order."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from helpdesk.cli import supervisor

START_TIMEOUT_SECONDS = 30.0  # seconds
LOCK_TIMEOUT_SECONDS = 1.5  # seconds that no transaction of ours takes


class SQLite:
    """A file. Its trouble is a lock that somebody else holds."""

    kind = "sqlite"

    def __init__(self, folder: Path):
        self.path = folder / "helpdesk.db"
        self.url = f"sqlite:///{self.path}"
        self._holder: sqlite3.Connection | None = None

    def start(self) -> None:
        """Nothing to start."""

    def lock(self) -> None:
        """Take the write lock and keep it. It is asked for again and again, as the portal asks, or busy writers would never let
        us in."""
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
        """Whether somebody holds the write lock longer than anything of ours takes."""
        looking = sqlite3.connect(self.path, isolation_level=None, timeout=0)
        deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
        try:
            while time.monotonic() < deadline:
                with contextlib.suppress(sqlite3.OperationalError):
                    looking.execute("BEGIN IMMEDIATE")
                    return False
                time.sleep(0.0005)
            return True
        finally:
            looking.close()

    def unlock(self) -> None:
        if self._holder is not None:
            with contextlib.suppress(sqlite3.Error):
                self._holder.execute("ROLLBACK")
            self._holder.close()
            self._holder = None

    def stop(self) -> None:
        self.unlock()


class PostgreSQL:
    """A server on a socket in ``folder``, from the binaries of the pgserver wheel. It runs as an ordinary user even if we do
    not, for it refuses root."""

    kind = "postgresql"

    def __init__(self, folder: Path):
        import pgserver

        self.binaries = Path(pgserver.__file__).parent / "pginstall" / "bin"
        self.folder = folder / "postgresql"
        self.url = f"postgresql://postgres@/postgres?host={self.folder}"
        self.log = folder / "postgresql.log"
        self._user = _get_ordinary_user(folder, self.folder)
        self._server: subprocess.Popen | None = None

    def start(self) -> None:
        """Make the cluster if it is new, start the server, wait until it answers."""
        if not (self.folder / "PG_VERSION").exists():
            command = [self.binaries / "initdb", "-D", self.folder, "-U", "postgres", "--auth=trust", "--encoding=utf8"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=self._user, cwd="/")
        # A killed process loses nothing that fsync would keep; only a power cut would.
        options = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200"]
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
        """Until it answers a query."""
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
        """What ``pg_ctl restart -m immediate`` does: no goodbye to anybody, recovery at the start."""
        self._end(signal.SIGQUIT)
        self.start()

    def is_locked(self) -> bool:
        """Whether somebody sleeps in a transaction, so that whoever wants the same rows has to wait."""
        import psycopg

        asleep = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND now() - state_change > interval '1 second'"
        time.sleep(LOCK_TIMEOUT_SECONDS)
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(self.url, connect_timeout=2) as connection:
            return connection.execute(asleep).fetchone()[0] > 0
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


def _get_ordinary_user(folder: Path, own: Path) -> str | None:
    if os.geteuid() != 0:
        return None
    import shutil

    from pgserver import utils

    utils.ensure_user_exists("pgserver")
    folder.chmod(0o755)
    own.mkdir(mode=0o700)
    shutil.chown(own, "pgserver")
    return "pgserver"
