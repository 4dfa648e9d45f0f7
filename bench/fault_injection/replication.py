"""Two PostgreSQL servers, each on a host of its own: a primary and its streaming replica, which can be promoted."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg

from bench import postgres_programs
from bench.fault_injection.hosts import Host, Network

PORT = 5432
START_TIMEOUT_SECONDS = 60.0
STANDBY_NAME = "standby"
OPTIONS = ("fsync=off", "max_connections=200", "wal_keep_size=256MB", "max_wal_senders=10", "hot_standby=on")


class Server:
    """One server with its data in ``folder``, from the ``binaries`` of any version."""

    def __init__(self, host: Host, folder: Path, binaries: Path, user: str) -> None:
        self.host, self.data, self.binaries, self.user = host, folder / "data", binaries, user
        self.log = folder / "server.log"
        self.url = f"postgresql://postgres@{host.address}:{PORT}/postgres"
        folder.mkdir(mode=0o755)
        shutil.chown(folder, user)
        self._process: subprocess.Popen | None = None

    def initialize(self) -> None:
        """Make an empty cluster that trusts every host of the network."""
        self._run("initdb", "-D", self.data, "-U", "postgres", "--auth=trust", "--encoding=utf8", "--locale=C.UTF-8")
        with (self.data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all 10.213.0.0/16 trust\nhost replication all 10.213.0.0/16 trust\n")

    def copy_from(self, primary: "Server") -> None:
        """Become a replica of ``primary``."""
        place = f"host={primary.host.address} port={PORT} user=postgres application_name={STANDBY_NAME}"
        self._run("pg_basebackup", "-d", place, "-D", self.data, "-R", "-X", "stream", "-c", "fast")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = [word for option in OPTIONS for word in ("-c", option)]
        command = [self.binaries / "postgres", "-D", self.data, "-k", self.data.parent, "-p", PORT]
        command += ["-c", f"listen_addresses={self.host.address}", *options]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._prefix("--pdeathsig", "INT"), *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            try:
                self.query("SELECT 1")
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def query(self, statement: str) -> object:
        """Execute a statement; returns the first value of the first row, if there is one."""
        with psycopg.connect(self.url, connect_timeout=2, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None

    def configure(self, name: str, value: str) -> None:
        """Set a parameter of the running server."""
        self.query(f"ALTER SYSTEM SET {name} = {value}")
        self.query("SELECT pg_reload_conf()")

    def end(self, number: int = signal.SIGINT) -> None:
        """End the server: in order by SIGINT, at once by SIGQUIT, after which it has to recover."""
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, number)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def _prefix(self, *options: str) -> list[str]:
        return [*self.host.command_prefix, "setpriv", f"--reuid={self.user}", "--clear-groups", *options, "--"]

    def _run(self, name: str, *arguments: object) -> None:
        command = [*self._prefix(), str(self.binaries / name), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/")
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stderr.strip()[-500:]}")


class ReplicatedPostgreSQL:
    """A primary and a replica, named together in one address, of which the client takes the one that writes."""

    kind = "postgresql"

    def __init__(self, folder: Path, is_synchronous: bool = True, binaries: Path | None = None) -> None:
        self.network = Network()
        self.is_synchronous = is_synchronous
        self._folder, self._binaries = folder, binaries or find_binaries()
        self.url = ""

    def start(self) -> None:
        """Make both hosts and servers, unless they run; the replica has caught up when this returns."""
        if self.url:
            return
        self.user = postgres_programs.get_ordinary_user(self._folder, self._folder / "owned")
        if self.user is None:
            raise SystemExit("Failovers are rehearsed as root, for network namespaces.")
        self.network.start()
        servers = [
            Server(self.network.add_host(name), self._folder / name, self._binaries, self.user) for name in ("a", "b")
        ]
        self.primary, self.replica = servers
        self.primary.initialize()
        self.primary.start()
        self.replica.copy_from(self.primary)
        self.replica.start()
        if self.is_synchronous:
            self.primary.configure("synchronous_standby_names", f"'{STANDBY_NAME}'")
        places = ",".join(f"{server.host.address}:{PORT}" for server in servers)
        self.url = f"postgresql://postgres@{places}/postgres?target_session_attrs=read-write"

    def promote(self) -> None:
        """Make the replica the primary; returns once it takes writes."""
        self.replica.query("SELECT pg_promote(true, 30)")
        self.primary, self.replica = self.replica, self.primary

    def is_locked(self) -> bool:
        """No process holds a lock of these servers longer than a transaction."""
        return False

    def stop(self) -> None:
        """End both servers and remove their hosts."""
        for server in (getattr(self, "primary", None), getattr(self, "replica", None)):
            if server is not None:
                server.end(signal.SIGQUIT)
        self.network.stop()


def find_binaries(version: str = "") -> Path:
    """Return the folder of Debian's PostgreSQL ``version``, or the one that the suite takes."""
    return Path(f"/usr/lib/postgresql/{version}/bin") if version else postgres_programs.find_programs()
