"""A streaming replica of the suite's PostgreSQL server: a process of its own that can stop replaying, or stop."""

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg

from bench import postgres_programs
from tests import timeouts

SUPERUSER = "postgres"


class ReplicaServer:
    """Copies the server at ``primary_url`` when it is started."""

    def __init__(self, primary_url: str) -> None:
        self._binaries = postgres_programs.find_programs()
        self._primary_url = primary_url
        place = Path(tempfile.mkdtemp(prefix="helpdesk-replica-"))
        self.folder = place / "server"
        self._user = postgres_programs.get_ordinary_user(place, self.folder)
        self.folder.mkdir(exist_ok=True)
        self._process: subprocess.Popen | None = None

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://{SUPERUSER}@/{database}?host={self.folder}"

    def start(self) -> None:
        """Copy the primary, if that has not been done; start, and wait until it answers."""
        data = self.folder / "data"
        if not data.exists():
            self._run("pg_basebackup", "-d", self._primary_url, "-D", data, "-R", "-X", "stream", "-c", "fast")
        with psycopg.connect(self._primary_url) as primary:  # a replica needs as many
            connections = primary.execute("SHOW max_connections").fetchone()[0]
        options = [
            "-c",
            "listen_addresses=",
            "-c",
            f"max_connections={connections}",
            "-c",
            "hot_standby=on",
            "-c",
            "wal_retrieve_retry_interval=100ms",
        ]
        self._process = subprocess.Popen(
            [self._binaries / "postgres", "-D", data, "-k", self.folder, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=self._user,
            cwd="/",
        )
        self._wait_until(lambda: self.execute("SELECT count(*) FROM pg_stat_wal_receiver") == 1)

    def execute(self, statement: str) -> object:
        """Execute a statement; returns its first value."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            return connection.execute(statement).fetchone()[0]

    def pause(self) -> None:
        """Replay nothing any more, but answer."""
        self.execute("SELECT pg_wal_replay_pause()")
        self._wait_until(lambda: self.execute("SELECT pg_get_wal_replay_pause_state()") == "paused")

    def resume(self) -> None:
        """Replay what was received."""
        self.execute("SELECT pg_wal_replay_resume()")

    def catch_up(self) -> None:
        """Wait until everything that the primary has written so far is replayed."""
        with psycopg.connect(self._primary_url, autocommit=True) as primary:
            primary.execute("CHECKPOINT")  # writes what a server without synchronous_commit still holds back
            end = primary.execute("SELECT pg_current_wal_lsn()").fetchone()[0]
        self._wait_until(lambda: self.execute(f"SELECT pg_last_wal_replay_lsn() >= '{end}'"))

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(60)
            self._process = None

    def remove(self) -> None:
        """End it and delete its files."""
        self.stop()
        shutil.rmtree(self.folder.parent, ignore_errors=True)

    def _run(self, name: str, *arguments: object) -> None:
        command = [str(self._binaries / name), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, user=self._user, cwd="/")
        assert done.returncode == 0, done.stderr

    @staticmethod
    def _wait_until(is_met) -> None:
        def is_met_now() -> bool:
            try:
                return is_met()
            except psycopg.OperationalError:
                return False

        timeouts.wait_for(is_met_now, "the replica to come so far")
