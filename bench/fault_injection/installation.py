"""Starts one installation as real processes on this machine: Redis, database, web, workers, external services."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import requests

from bench.fault_injection import databases
from bench.fault_injection.replication import ReplicatedPostgreSQL
from bench.fault_injection.small_disk import SmallDisk
from helpdesk import config
from helpdesk.cli import supervisor
from helpdesk.cli.demo import private_redis
from helpdesk.demo import personas

Database = databases.SQLite | databases.PostgreSQL | ReplicatedPostgreSQL
LEASE_SECONDS = 15  # the default is 180, too long for a run
HOLD_OFF_SECONDS = 8  # longer than the latest delayed post of the workspace
WEB_PROCESSES, WORKER_PROCESSES = 2, 2
START_TIMEOUT_SECONDS = 90.0
RUN_TIMEOUT_SECONDS = 600.0  # of a module that runs to its end; a busy machine compares every thread with Slack, too


class Installation:
    """A running installation: ``with Installation(folder, "sqlite") as installation:``; leaving it ends every process.

    ``undo`` names a rule that is disabled in the product's processes (bench.fault_injection.disable_rule). All
    processes must be started by a thread that runs as long as they do.
    """

    def __init__(
        self,
        folder: Path,
        database: "str | Database",
        undo: str = "",
        log_level: str = "WARNING",
        skew: float = 0.0,
        production: bool = False,
        small_disk: bool = False,
    ):
        self.folder = folder
        self.disk = SmallDisk(folder / "disk") if small_disk else None
        (folder / "var").mkdir()
        kinds = {"sqlite": databases.SQLite, "postgresql": databases.PostgreSQL}
        place = self.disk.folder if self.disk else folder
        self.database = kinds[database](place) if isinstance(database, str) else database
        self.more_environment: dict[str, str] = {}  # what a run sets otherwise
        self.undo = undo
        self.log_level = log_level
        self.skew = skew
        self.lease, self.hold_off = (180, 60) if production else (LEASE_SECONDS, HOLD_OFF_SECONDS)
        self.port, self.external_port, self.smtp_port = find_free_ports(3)
        self.portal = f"http://127.0.0.1:{self.port}"
        self.web_nodes = {"web": self.port}  # the port of each; a proxy may be what listens on ``port``
        self.addresses: dict[str, str] = {}  # of web nodes that listen elsewhere than at 127.0.0.1
        self.prefixes: dict[str, list[str]] = {}  # of the commands of web nodes that run on hosts of their own
        self.graceful_seconds = 2
        self.external_url = f"http://127.0.0.1:{self.external_port}"
        self.children: dict[str, subprocess.Popen] = {}
        self.people: dict = {}
        self._commands: list[subprocess.Popen] = []
        self.secret_key = secrets.token_urlsafe(48)

    def __enter__(self) -> "Installation":
        try:
            self.database.start()
            self.start_redis()
            self._start(
                "external_services",
                "bench.fault_injection.external_services",
                str(self.external_port),
                str(self.smtp_port),
                self.portal,
            )
            self.people = json.loads(self.run("bench.fault_injection.database_setup"))
            self.start_web()
            self.start_workers()
            self.wait_for(self.external_url + "/healthz")
            self.wait_for(self.portal + "/healthz")
            return self
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> None:
        """End every process that was started here."""
        for name in (*self.web_nodes, "workers"):
            for pid in self.child_pids(name):
                _send_signal(pid, signal.SIGCONT)
        child_pids = [pid for name in self.children for pid in self.child_pids(name)]
        supervisor.stop_processes(list(self.children.values()), 12)
        for pid in child_pids:
            _send_signal(pid, signal.SIGKILL)
        supervisor.stop_processes(self._commands, 5)
        self.children.clear()
        self.database.stop()
        if self.disk:
            self.disk.unmount()

    def fill_disk(self) -> bool:
        """Leave no space on the small disk of the database; False if there is none."""
        return self.disk.fill() if self.disk else False

    def empty_disk(self) -> None:
        """Free what ``fill_disk`` took."""
        if self.disk:
            self.disk.empty()

    def environment(self) -> dict[str, str]:
        """The environment variables of the processes, without any setting inherited from this process."""
        known = {setting.name for setting in config.ENVIRONMENT_VARIABLES}
        ours = {
            name: value
            for name, value in os.environ.items()
            if name.removesuffix("_FILE") not in known and not name.startswith(("FLASK_", "OAUTHLIB_"))
        }
        return ours | {
            "PYTHONUNBUFFERED": "1",
            "PORT": str(self.port),
            "VAR_DIR": str(self.folder / "var"),  # the product closes it to others, as PostgreSQL's user
            "SECRET_KEY": self.secret_key,
            "DATABASE_URL": self.database.url,
            "PORTAL_BASE_URL": self.portal,
            "REDIS_URL": f"unix://{self.folder}/redis.sock?db=0",
            "SLACK_API_URL": f"{self.external_url}/slack/api/",
            "SLACK_BOT_TOKEN": personas.BOT_TOKEN,
            "SLACK_SIGNING_SECRET": personas.SIGNING_SECRET,
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(self.smtp_port),
            "MAIL_DEFAULT_SENDER": personas.SYSTEM_EMAIL,
            "DELIVERY_HOLD_OFF": str(self.hold_off),
            "DELIVERY_MAIL_HOLD_OFF": str(self.hold_off),
            "DELIVERY_LEASE": str(self.lease),
            "WEB_PROCESSES": str(WEB_PROCESSES),
            "WEB_THREADS": "60",
            "WORKER_PROCESSES": str(WORKER_PROCESSES),
            "LOG_LEVEL": self.log_level,
            **self.more_environment,
        }

    def run(self, module: str) -> str:
        """Run a module of ours to its end; gives what it printed. Raises RuntimeError with its last words."""
        done = subprocess.run(
            [sys.executable, "-m", module],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=RUN_TIMEOUT_SECONDS,
        )
        if done.returncode:
            raise RuntimeError(f"{module} failed: {done.stderr.strip()[-2000:]}")
        return done.stdout

    def start_redis(self) -> None:
        """Start an empty Redis without persistence."""
        socket_path = self.folder / "redis.sock"
        socket_path.unlink(missing_ok=True)
        options = ["--port", "0", "--unixsocket", socket_path, "--save", "", "--appendonly", "no", "--dir", self.folder]
        with (self.folder / "redis.log").open("ab") as log:
            self.children["redis"] = supervisor.start_process(
                [str(part) for part in (private_redis.find_redis_binary(), *options)], dict(os.environ), log
            )
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not _is_reachable(socket_path):
            if time.monotonic() > deadline:
                raise RuntimeError("Redis did not start.")
            time.sleep(0.02)

    def start_web(self) -> None:
        """Start every web node."""
        for name in self.web_nodes:
            self.start_web_node(name)

    def start_web_node(self, name: str) -> None:
        """Start the web node ``name`` at its port."""
        self._start_command(name, "serve", "--bind", self.place(name), "--graceful", str(self.graceful_seconds))

    def place(self, name: str) -> str:
        """Where the web node ``name`` listens."""
        return f"{self.addresses.get(name, '127.0.0.1')}:{self.web_nodes[name]}"

    def start_workers(self) -> None:
        self._start_command("workers", "worker")

    def start_command(self, *arguments: str) -> None:
        """Start a command of the product beside everything else, and leave it to itself."""
        with (self.folder / "commands.log").open("ab") as log:
            command = [sys.executable, "-m", "helpdesk.cli", *arguments]
            self._commands = [each for each in self._commands if each.poll() is None]
            self._commands.append(supervisor.start_process(command, self.environment(), log))

    def kill(self, name: str) -> None:
        """SIGKILL the process ``name`` itself."""
        self.children[name].kill()
        self.children[name].wait()

    def child_pids(self, name: str) -> list[int]:
        """The process ids of the child processes of ``name``."""
        try:
            return [child.pid for child in psutil.Process(self.children[name].pid).children()]
        except (psutil.Error, KeyError):
            return []

    def log(self, name: str) -> str:
        """The log of the process ``name`` so far."""
        path = self.folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def control(self, do: str, **arguments):
        """Call a verb of the Slack workspace's control API. Raises RuntimeError when it reports an error."""
        response = requests.post(f"{self.external_url}/slack/control", json={"do": do, **arguments}, timeout=20).json()
        if not response["ok"]:
            raise RuntimeError(response["error"])
        return response["result"]

    def mailbox(self, **options) -> None:
        """Let the mail server misbehave as ``Mailbox.misbehave`` says."""
        requests.post(f"{self.external_url}/inspection/mailbox", json=options, timeout=20).raise_for_status()

    def read_records(self, what: str = "records") -> dict:
        """The records of the external services, or only the ``"roots"`` of Slack's threads."""
        return requests.get(f"{self.external_url}/inspection/{what}", timeout=60).json()

    def _start_command(self, name: str, *arguments: str) -> None:
        module = ("bench.fault_injection.disable_rule", self.undo) if self.undo else ("helpdesk.cli",)
        self._start(name, *module, *arguments, more=self._shifted_clock())

    def _start(self, name: str, module: str, *arguments: str, more: dict[str, str] | None = None) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            command = [*self.prefixes.get(name, ()), sys.executable, "-m", module, *arguments]
            self.children[name] = supervisor.start_process(command, self.environment() | (more or {}), log)

    def _shifted_clock(self) -> dict[str, str]:
        """The variables by which libfaketime shifts the wall clock of the portal's processes, if it is shifted."""
        if not self.skew:
            return {}
        library = next((path for path in Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1")), None)
        if library is None:
            raise RuntimeError("A shifted clock needs Debian's package libfaketime.")
        return {
            "LD_PRELOAD": str(library),
            "FAKETIME": f"{self.skew:+g}s",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def wait_for(self, url: str) -> None:
        """Return once ``url`` is answered; raises RuntimeError when a process has ended or it takes too long."""
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            try:
                if requests.get(url, timeout=5).status_code < 500:
                    return
            except requests.RequestException:
                pass
            dead = [name for name, child in self.children.items() if child.poll() is not None]
            if dead or time.monotonic() > deadline:
                why = "".join(f"\n{name}: {self.log(name)[-2000:]}" for name in dead)
                raise RuntimeError(f"{url} does not answer.{why}")
            time.sleep(0.1)


def find_free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _is_reachable(socket_path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(str(socket_path))
            return True
        except OSError:
            return False


def _send_signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
